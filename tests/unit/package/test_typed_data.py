# SPDX-License-Identifier: Apache-2.0
"""The EIP-712 messages, against a hash written here from the EIP, and against published vectors."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from makegood import typed_data
from makegood.errors import SignatureRefused, UsageError

CHAIN_ID = 31_337
DESK = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
REQUESTER = Account.from_key(keccak(text="requester"))
COMMITMENT = bytes(range(32))
TICKET_ID = bytes(range(32, 64))
DEADLINE = 2**31

# From contracts/SupportDesk.vy, word for word.
OPEN_TICKET = (
    "OpenTicket(address requester,uint256 policy_id,uint256 priority,bytes32 commitment,uint256 deadline)"
)
FOLLOW_UP = "FollowUp(bytes32 ticket_id,bytes32 digest,uint256 nonce,uint256 deadline)"
GRANT_COVERAGE = (
    "GrantCoverage(address holder,uint256 policy_id,uint256 priority,uint256 places,uint256 until,"
    "uint256 deadline)"
)
# From contracts/ArbiterPanel.vy, word for word.
VERDICT = (
    "Verdict(bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
    "uint256 dispute,uint256 epoch,uint256 deadline)"
)
# From contracts/AgentDirectory.vy, word for word.
AGENT_BINDING = (
    "AgentBinding(address agent,uint256 kind,bytes32 did_digest,bytes32 credential_digest,uint256 deadline)"
)
NAME_KEEPER = "NameKeeper(address requester,address keeper,uint256 nonce,uint256 deadline)"
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"

# In the order in which ethers writes a domain's fields.
DOMAIN_FIELDS = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}


def eip712(type_text: str, kinds: list[str], values: list[Any], *, chain_id: int = CHAIN_ID) -> bytes:
    """keccak256(0x1901 | domain separator | struct hash) for fields of one word each."""
    separator = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=DOMAIN), keccak(text="Makegood"), keccak(text="1"), chain_id, DESK],
        )
    )
    struct = keccak(encode(["bytes32", *kinds], [keccak(text=type_text), *values]))
    return keccak(b"\x19\x01" + separator + struct)


def open_ticket(chain_id: int = CHAIN_ID) -> dict[str, Any]:
    return typed_data.open_ticket(
        chain_id,
        DESK,
        requester=REQUESTER.address,
        policy_id=3,
        priority=2,
        commitment=COMMITMENT,
        deadline=DEADLINE,
    )


def test_open_ticket_hashes_as_the_eip_says() -> None:
    expected = eip712(
        OPEN_TICKET,
        ["address", "uint256", "uint256", "bytes32", "uint256"],
        [REQUESTER.address, 3, 2, COMMITMENT, DEADLINE],
    )
    assert typed_data.digest(open_ticket()) == expected


def test_follow_up_hashes_as_the_eip_says() -> None:
    message = typed_data.follow_up(
        CHAIN_ID, DESK, ticket_id=TICKET_ID, digest=COMMITMENT, nonce=7, deadline=DEADLINE
    )
    expected = eip712(
        FOLLOW_UP, ["bytes32", "bytes32", "uint256", "uint256"], [TICKET_ID, COMMITMENT, 7, DEADLINE]
    )
    assert typed_data.digest(message) == expected


def test_grant_coverage_hashes_as_the_eip_says() -> None:
    message = typed_data.grant_coverage(
        CHAIN_ID,
        DESK,
        holder=REQUESTER.address,
        policy_id=1,
        priority=0,
        places=5,
        until=2**40 - 1,
        deadline=DEADLINE,
    )
    expected = eip712(
        GRANT_COVERAGE, ["address", *["uint256"] * 5], [REQUESTER.address, 1, 0, 5, 2**40 - 1, DEADLINE]
    )
    assert typed_data.digest(message) == expected


def test_name_keeper_hashes_as_the_eip_says() -> None:
    keeper = Account.from_key(keccak(text="keeper")).address
    message = typed_data.name_keeper(
        CHAIN_ID, DESK, requester=REQUESTER.address, keeper=keeper, nonce=7, deadline=DEADLINE
    )
    expected = eip712(
        NAME_KEEPER, ["address", "address", "uint256", "uint256"], [REQUESTER.address, keeper, 7, DEADLINE]
    )
    assert typed_data.digest(message) == expected


def test_verdict_hashes_as_the_eip_says() -> None:
    message = typed_data.verdict(
        CHAIN_ID,
        DESK,
        ticket_id=TICKET_ID,
        kind=8,
        outcome=1,
        amount=2**96 - 1,
        evidence_digest=COMMITMENT,
        dispute=7,
        epoch=2,
        deadline=DEADLINE,
    )
    expected = eip712(
        VERDICT,
        ["bytes32", "uint256", "uint256", "uint256", "bytes32", "uint256", "uint256", "uint256"],
        [TICKET_ID, 8, 1, 2**96 - 1, COMMITMENT, 7, 2, DEADLINE],
    )
    assert typed_data.digest(message) == expected


def test_evidence_key_hashes_as_the_eip_says() -> None:
    recipient = "age1" + "q" * 58
    message = typed_data.evidence_key(CHAIN_ID, DESK, arbiter=REQUESTER.address, recipient=recipient)
    # A string is one word: the hash of its bytes.
    values = [REQUESTER.address, keccak(text=recipient)]
    expected = eip712("EvidenceKey(address arbiter,string recipient)", ["address", "bytes32"], values)
    assert typed_data.digest(message) == expected


def agent_binding(did_digest: bytes = COMMITMENT, credential_digest: bytes = TICKET_ID) -> dict[str, Any]:
    return typed_data.agent_binding(
        CHAIN_ID,
        DESK,
        agent=REQUESTER.address,
        kind=2,
        did_digest=did_digest,
        credential_digest=credential_digest,
        deadline=DEADLINE,
    )


def test_agent_binding_hashes_as_the_eip_says() -> None:
    expected = eip712(
        AGENT_BINDING,
        ["address", "uint256", "bytes32", "bytes32", "uint256"],
        [REQUESTER.address, 2, COMMITMENT, TICKET_ID, DEADLINE],
    )
    assert typed_data.digest(agent_binding()) == expected


@pytest.mark.parametrize("name", ["did_digest", "credential_digest"])
def test_a_digest_of_another_length_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"The {name} of a message has 32 bytes, not 33"):
        agent_binding(**{name: bytes(33)})


def test_a_message_for_another_chain_hashes_otherwise() -> None:
    expected = eip712(
        OPEN_TICKET,
        ["address", "uint256", "uint256", "bytes32", "uint256"],
        [REQUESTER.address, 3, 2, COMMITMENT, DEADLINE],
        chain_id=1,
    )
    assert typed_data.digest(open_ticket(1)) == expected != typed_data.digest(open_ticket())


def test_a_message_survives_json() -> None:
    message = open_ticket()
    assert typed_data.digest(json.loads(json.dumps(message))) == typed_data.digest(message)


def test_a_lower_case_address_gives_the_same_message() -> None:
    message = typed_data.open_ticket(
        CHAIN_ID,
        DESK.lower(),
        requester=REQUESTER.address.lower(),
        policy_id=3,
        priority=2,
        commitment=COMMITMENT,
        deadline=DEADLINE,
    )
    assert message == open_ticket()


def test_recover_names_the_signer() -> None:
    signature = REQUESTER.unsafe_sign_hash(typed_data.digest(open_ticket())).signature
    assert typed_data.recover(open_ticket(), bytes(signature)) == REQUESTER.address


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(66), b"\xff" * 65, bytes(64) + b"\x1b"], ids=len)
def test_recover_refuses_what_is_no_signature(signature: bytes) -> None:
    with pytest.raises(SignatureRefused, match="signature"):
        typed_data.recover(open_ticket(), signature)


def test_a_commitment_of_another_length_is_refused() -> None:
    with pytest.raises(UsageError, match="The digest of a message has 32 bytes, not 31"):
        typed_data.follow_up(
            CHAIN_ID, DESK, ticket_id=TICKET_ID, digest=bytes(31), nonce=0, deadline=DEADLINE
        )


def test_the_example_of_the_eip_hashes_and_recovers(shared: Path) -> None:
    case = json.loads((shared / "vectors/eip712/mail-example.json").read_text())
    signature = bytes.fromhex(case["r"][2:].zfill(64) + case["s"][2:].zfill(64)) + bytes([case["v"]])
    assert "0x" + typed_data.digest(case["typedData"]).hex() == case["digest"]
    assert typed_data.recover(case["typedData"], signature) == case["signer"]


def test_published_vectors_hash_as_listed(shared: Path) -> None:
    cases = json.loads((shared / "vectors/eip712/ethers-testcases-60.json").read_text())
    wrong = []
    for case in cases:
        message = {
            "types": {
                "EIP712Domain": [
                    {"name": name, "type": kind}
                    for name, kind in DOMAIN_FIELDS.items()
                    if name in case["domain"]
                ],
                **case["types"],
            },
            "primaryType": case["primaryType"],
            "domain": case["domain"],
            "message": case["data"],
        }
        if "0x" + typed_data.digest(message).hex() != case["digest"]:
            wrong.append(case["name"])
    assert len(cases) == 60
    assert wrong == []
