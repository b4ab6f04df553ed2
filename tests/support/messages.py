# SPDX-License-Identifier: Apache-2.0
"""EIP-712 messages of desk and directory, written out by hand, and signatures over them by eth-account."""

from copy import deepcopy
from typing import Any

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from house import House, typed_data, typed_data_for

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

OPEN_TICKET = [
    ("requester", "address"),
    ("policy_id", "uint256"),
    ("priority", "uint256"),
    ("commitment", "bytes32"),
    ("deadline", "uint256"),
]
FOLLOW_UP = [("ticket_id", "bytes32"), ("digest", "bytes32"), ("nonce", "uint256"), ("deadline", "uint256")]
GRANT_COVERAGE = [
    ("holder", "address"),
    ("policy_id", "uint256"),
    ("priority", "uint256"),
    ("places", "uint256"),
    ("until", "uint256"),
    ("deadline", "uint256"),
]
NAME_KEEPER = [
    ("requester", "address"),
    ("keeper", "address"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
]

Message = dict[str, Any]


def open_ticket(house: House, **fields: Any) -> Message:
    """What a requester signs so that anyone can open the ticket."""
    return typed_data(house, "OpenTicket", OPEN_TICKET, fields)


def follow_up(house: House, **fields: Any) -> Message:
    """What a requester signs so that anyone can follow up."""
    return typed_data(house, "FollowUp", FOLLOW_UP, fields)


def grant_coverage(house: House, **fields: Any) -> Message:
    """What the operator signs as a voucher."""
    return typed_data(house, "GrantCoverage", GRANT_COVERAGE, fields)


def name_keeper(house: House, **fields: Any) -> Message:
    """What a requester signs so that another can prove its batch tickets."""
    return typed_data_for(house.directory, "NameKeeper", NAME_KEEPER, fields)


def in_domain(message: Message, **changes: Any) -> Message:
    """The same message for another domain."""
    other = deepcopy(message)
    other["domain"].update(changes)
    return other


def sign(account: LocalAccount, message: Message) -> bytes:
    """65 bytes: r, s, v."""
    return bytes(account.sign_typed_data(full_message=message).signature)


def digest(message: Message) -> bytes:
    """What is signed: keccak256 of 0x19 01, domain separator and struct hash."""
    encoded = encode_typed_data(full_message=message)
    return keccak(b"\x19\x01" + encoded.header + encoded.body)


def with_high_s(signature: bytes) -> bytes:
    """The second encoding of the same signature: s becomes order - s, v flips."""
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
