# SPDX-License-Identifier: Apache-2.0
"""Every EIP-712 message of the system, once.

A message is a full typed-data dict as wallets take it (eth_signTypedData_v4): JSON types, bytes32 as 0x hex.
"""

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from makegood.errors import SignatureRefused, UsageError

DOMAIN_NAME = "Makegood"
DOMAIN_VERSION = "1"

_DOMAIN = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
_OPEN_TICKET = (
    ("requester", "address"),
    ("policy_id", "uint256"),
    ("priority", "uint256"),
    ("commitment", "bytes32"),
    ("deadline", "uint256"),
)
_FOLLOW_UP = (("ticket_id", "bytes32"), ("digest", "bytes32"), ("nonce", "uint256"), ("deadline", "uint256"))
_GRANT_COVERAGE = (
    ("holder", "address"),
    ("policy_id", "uint256"),
    ("priority", "uint256"),
    ("places", "uint256"),
    ("until", "uint256"),
    ("deadline", "uint256"),
)
_VERDICT = (
    ("ticket_id", "bytes32"),
    ("kind", "uint256"),
    ("outcome", "uint256"),
    ("amount", "uint256"),
    ("evidence_digest", "bytes32"),
    ("dispute", "uint256"),
    ("epoch", "uint256"),
    ("deadline", "uint256"),
)
_EVIDENCE_KEY = (("arbiter", "address"), ("recipient", "string"))
_AGENT_BINDING = (
    ("agent", "address"),
    ("kind", "uint256"),
    ("did_digest", "bytes32"),
    ("credential_digest", "bytes32"),
    ("deadline", "uint256"),
)
_NAME_KEEPER = (
    ("requester", "address"),
    ("keeper", "address"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
)


def domain(chain_id: int, contract: str) -> dict[str, Any]:
    """The domain of one contract, a desk, panel or directory: its signatures count nowhere else."""
    return {
        "name": DOMAIN_NAME,
        "version": DOMAIN_VERSION,
        "chainId": chain_id,
        "verifyingContract": to_checksum_address(contract),
    }


def open_ticket(
    chain_id: int,
    desk: str,
    *,
    requester: str,
    policy_id: int,
    priority: int,
    commitment: bytes,
    deadline: int,
) -> dict[str, Any]:
    """What a requester signs so that anyone can open the ticket for them until `deadline` (Unix seconds)."""
    return _message(
        chain_id,
        desk,
        "OpenTicket",
        _OPEN_TICKET,
        requester=to_checksum_address(requester),
        policy_id=policy_id,
        priority=priority,
        commitment=_bytes32("commitment", commitment),
        deadline=deadline,
    )


def follow_up(
    chain_id: int, desk: str, *, ticket_id: bytes, digest: bytes, nonce: int, deadline: int
) -> dict[str, Any]:
    """What a requester signs so that anyone can follow up for them; `nonce` is the ticket's next one."""
    return _message(
        chain_id,
        desk,
        "FollowUp",
        _FOLLOW_UP,
        ticket_id=_bytes32("ticket_id", ticket_id),
        digest=_bytes32("digest", digest),
        nonce=nonce,
        deadline=deadline,
    )


def grant_coverage(
    chain_id: int,
    desk: str,
    *,
    holder: str,
    policy_id: int,
    priority: int,
    places: int,
    until: int,
    deadline: int,
) -> dict[str, Any]:
    """What the operator signs so that anyone can redeem the holder's coverage until `deadline`."""
    return _message(
        chain_id,
        desk,
        "GrantCoverage",
        _GRANT_COVERAGE,
        holder=to_checksum_address(holder),
        policy_id=policy_id,
        priority=priority,
        places=places,
        until=until,
        deadline=deadline,
    )


def name_keeper(
    chain_id: int, directory: str, *, requester: str, keeper: str, nonce: int, deadline: int
) -> dict[str, Any]:
    """What a requester signs so that a keeper can prove its batch tickets; `nonce` is its next one."""
    return _message(
        chain_id,
        directory,
        "NameKeeper",
        _NAME_KEEPER,
        requester=to_checksum_address(requester),
        keeper=to_checksum_address(keeper),
        nonce=nonce,
        deadline=deadline,
    )


def verdict(
    chain_id: int,
    panel: str,
    *,
    ticket_id: bytes,
    kind: int,
    outcome: int,
    amount: int,
    evidence_digest: bytes,
    dispute: int,
    epoch: int,
    deadline: int,
) -> dict[str, Any]:
    """What an arbiter signs: how one dispute of a panel ends, or with dispute 0 a breach that it reports.

    `kind` is a bit of `Kind`, `outcome` 1 upheld or 2 rejected, `amount` in the asset's smallest units (0
    where rejected), `deadline` Unix seconds.
    """
    return _message(
        chain_id,
        panel,
        "Verdict",
        _VERDICT,
        ticket_id=_bytes32("ticket_id", ticket_id),
        kind=kind,
        outcome=outcome,
        amount=amount,
        evidence_digest=_bytes32("evidence_digest", evidence_digest),
        dispute=dispute,
        epoch=epoch,
        deadline=deadline,
    )


def evidence_key(chain_id: int, panel: str, *, arbiter: str, recipient: str) -> dict[str, Any]:
    """What an arbiter signs so that evidence is sealed to its age recipient (`age1…`)."""
    return _message(
        chain_id,
        panel,
        "EvidenceKey",
        _EVIDENCE_KEY,
        arbiter=to_checksum_address(arbiter),
        recipient=recipient,
    )


def agent_binding(
    chain_id: int,
    directory: str,
    *,
    agent: str,
    kind: int,
    did_digest: bytes,
    credential_digest: bytes,
    deadline: int,
) -> dict[str, Any]:
    """What an agent's address signs so that the operator can appoint it until `deadline` (Unix seconds).

    `kind` is 1 human or 2 bot. The digests are SHA-256, of the DID's UTF-8 bytes and of the VC-JWT by which
    the DID names the address.
    """
    return _message(
        chain_id,
        directory,
        "AgentBinding",
        _AGENT_BINDING,
        agent=to_checksum_address(agent),
        kind=kind,
        did_digest=_bytes32("did_digest", did_digest),
        credential_digest=_bytes32("credential_digest", credential_digest),
        deadline=deadline,
    )


def signable(message: Mapping[str, Any]) -> SignableMessage:
    """The message as eth-account, and Ape's accounts, sign it."""
    return encode_typed_data(full_message=dict(message))


def digest(message: Mapping[str, Any]) -> bytes:
    """The 32 bytes that are signed: keccak256(0x19 01 | domain separator | struct hash), EIP-712."""
    encoded = signable(message)
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)


def recover(message: Mapping[str, Any], signature: bytes) -> str:
    """The address whose key signed the message; checksummed.

    Raises SignatureRefused where the bytes are no ECDSA signature. Knows nothing of ERC-1271.
    """
    if len(signature) != 65:
        raise SignatureRefused(
            f"An ECDSA signature has 65 bytes, not {len(signature)}.", hint="Sign the message again."
        )
    try:
        return str(Account.recover_message(signable(message), signature=signature))
    except Exception as error:  # eth-account and eth-keys share no base class
        raise SignatureRefused(
            f"The signature is not valid: {error}.", hint="Sign the message again."
        ) from error


def _message(
    chain_id: int, contract: str, primary: str, fields: tuple[tuple[str, str], ...], **message: object
) -> dict[str, Any]:
    return {
        "types": {"EIP712Domain": _types(_DOMAIN), primary: _types(fields)},
        "primaryType": primary,
        "domain": domain(chain_id, contract),
        "message": message,
    }


def _types(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]


def _bytes32(name: str, value: bytes) -> str:
    if len(value) != 32:
        raise UsageError(f"The {name} of a message has 32 bytes, not {len(value)}.")
    return "0x" + value.hex()
