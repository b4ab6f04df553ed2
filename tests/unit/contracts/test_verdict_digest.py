# SPDX-License-Identifier: Apache-2.0
"""A verdict's digest is the same in package and contract, and by two other implementations of EIP-712."""

import random
from typing import Any

import boa
import messages
import pytest
from disputes import Verdict, message_of
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from house import House, chain_id

from makegood import typed_data

SEEDS = range(40)
EDGES = (0, 1, 2**32, 2**255, 2**256 - 1)

# Written out here once more, so that no definition under test makes it.
VERDICT_TYPE = (
    b"Verdict(bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
    b"uint256 dispute,uint256 epoch,uint256 deadline)"
)
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
WORDS = ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32", "uint256", "uint256", "uint256"]


def random_verdict(seed: int) -> Verdict:
    """Any verdict, of edges and of what lies between."""
    source = random.Random(seed)

    def number() -> int:
        return source.choice([*EDGES, source.randrange(2**256), source.randrange(10)])

    return Verdict(
        ticket_id=source.randbytes(32),
        kind=number(),
        outcome=number(),
        amount=number(),
        evidence_digest=source.randbytes(32),
        dispute=number(),
        epoch=number(),
        deadline=number(),
    )


def by_hand(verdict: Verdict, chain: int, panel: str) -> bytes:
    """EIP-712 from its text: keccak256(0x19 01, domain separator, struct hash)."""
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(DOMAIN_TYPE), keccak(b"Makegood"), keccak(b"1"), chain, panel],
        )
    )
    struct = keccak(encode(WORDS, [keccak(VERDICT_TYPE), *verdict.on_chain()]))
    return keccak(b"\x19\x01" + domain + struct)


def by_package(verdict: Verdict, chain: int, panel: str) -> bytes:
    """What the package signs."""
    fields: dict[str, Any] = vars(verdict)
    return typed_data.digest(typed_data.verdict(chain, panel, **fields))


def test_digests_of_random_verdicts_agree(house: House) -> None:
    chain, panel = chain_id(), str(house.panel.address)
    for seed in SEEDS:
        verdict = random_verdict(seed)
        expected = by_hand(verdict, chain, panel)
        assert house.panel.verdict_digest(verdict.on_chain()) == expected, f"contract, seed {seed}"
        assert by_package(verdict, chain, panel) == expected, f"package, seed {seed}"
        assert messages.digest(message_of(house, verdict)) == expected, f"eth-account, seed {seed}"


@pytest.mark.parametrize("chain", [1, 10, 61, 31_337, 2**63 - 1])
def test_digests_agree_on_any_chain(house: House, chain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boa.env.evm.patch, "chain_id", chain)
    verdict, panel = random_verdict(0), str(house.panel.address)
    expected = by_hand(verdict, chain, panel)
    assert house.panel.verdict_digest(verdict.on_chain()) == expected
    assert by_package(verdict, chain, panel) == expected
    assert messages.digest(message_of(house, verdict)) == expected


@pytest.mark.parametrize("field", range(8))
def test_every_field_is_in_the_digest(house: House, field: int) -> None:
    values = list(random_verdict(1).on_chain())
    before = house.panel.verdict_digest(tuple(values))
    values[field] = keccak(values[field]) if isinstance(values[field], bytes) else values[field] ^ 1
    assert house.panel.verdict_digest(tuple(values)) != before


def test_the_package_and_the_test_write_the_same_document(house: House) -> None:
    """As wallets get it, but for bytes32, which the package writes as hex."""
    verdict = random_verdict(2)
    fields: dict[str, Any] = vars(verdict)
    document = typed_data.verdict(chain_id(), str(house.panel.address), **fields)
    expected = message_of(house, verdict)
    assert document["types"] == expected["types"]
    assert document["domain"] == expected["domain"]
    assert document["primaryType"] == expected["primaryType"]
    as_hex = {k: "0x" + v.hex() if isinstance(v, bytes) else v for k, v in expected["message"].items()}
    assert document["message"] == as_hex
