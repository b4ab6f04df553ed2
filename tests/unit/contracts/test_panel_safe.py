# SPDX-License-Identifier: Apache-2.0
"""A Safe as one of the arbiters: the real contracts, as compiled in `@safe-global/safe-contracts`.

Its owners sign the Safe's own message about the verdict's digest (EIP-712 `SafeMessage`, in the Safe's
domain); their signatures, ascending by owner, are the Safe's (ERC-1271).
"""

import json
from pathlib import Path
from typing import Any

import boa
import messages
import pytest
from boa.contracts.abi.abi_contract import ABIContractFactory
from disputes import (
    REJECTED,
    UPHELD,
    Signed,
    Verdict,
    ascending,
    books,
    contest,
    message_of,
    refused,
    rejected,
    replied,
    report_of,
    seat,
    signed_by,
    upheld,
)
from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from house import ETH, House, chain_id, key_pair

ARTIFACTS = Path(__file__).resolve().parents[3] / "node_modules/@safe-global/safe-contracts/build/artifacts"
NOT_THE_ARBITERS = "panel: signature is not the arbiter's"


def artifact(name: str) -> dict[str, Any]:
    """The compiled contract of that source file, as the package brings it."""
    path = ARTIFACTS / "contracts" / f"{name}.sol" / f"{Path(name).name}.json"
    if not path.is_file():
        pytest.fail(f"The Safe's contracts are missing: run `npm ci` at the project's root ({path.name}).")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def deploy(name: str) -> Any:
    """One of the Safe's contracts; none of these takes constructor arguments."""
    compiled = artifact(name)
    address, _ = boa.env.deploy_code(bytecode=bytes.fromhex(compiled["bytecode"][2:]))
    return ABIContractFactory(Path(name).name, compiled["abi"]).at(address)


def deploy_safe(owners: list[LocalAccount], threshold: int) -> Any:
    """A Safe as the app makes one: a proxy of the singleton, with the compatibility fallback handler."""
    singleton, factory = deploy("Safe"), deploy("proxies/SafeProxyFactory")
    handler = deploy("handler/CompatibilityFallbackHandler")
    setup = singleton.setup.prepare_calldata(
        [owner.address for owner in owners], threshold, ETH, b"", handler.address, ETH, 0, ETH
    )
    proxy = factory.createProxyWithNonce(singleton.address, setup, 1)
    return ABIContractFactory("Safe", artifact("Safe")["abi"]).at(proxy)


def by_owners(safe: Any, digest: bytes, owners: list[LocalAccount]) -> bytes:
    """The owners' signatures over the Safe's message about a digest, in the order that a Safe wants."""
    document = {
        "types": {
            "EIP712Domain": [
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "SafeMessage": [{"name": "message", "type": "bytes"}],
        },
        "primaryType": "SafeMessage",
        "domain": {"chainId": chain_id(), "verifyingContract": str(safe.address)},
        "message": {"message": encode(["bytes32"], [digest])},
    }
    ordered = sorted(owners, key=lambda owner: int(owner.address, 16))
    return b"".join(messages.sign(owner, document) for owner in ordered)


@pytest.fixture
def owners() -> list[LocalAccount]:
    """Two, and both must sign."""
    return [key_pair("first owner"), key_pair("second owner")]


@pytest.fixture
def safe(house: House, owners: list[LocalAccount]) -> Any:
    """The Safe of two owners, one of three arbiters of the house, two of whom decide."""
    made = deploy_safe(owners, 2)
    seats = [str(made.address), *(one.address for one in house.arbiters[:2])]
    seat(house, sorted(seats, key=lambda one: int(one, 16)), 2)
    return made


def signatures(house: House, safe: Any, verdict: Verdict, owners: list[LocalAccount]) -> Signed:
    """The Safe's and one other arbiter's, ascending."""
    digest = messages.digest(message_of(house, verdict))
    other = signed_by(house, verdict, house.arbiters[:1])
    return ascending([*other, (str(safe.address), by_owners(safe, digest, owners))])


def test_the_safe_is_the_one_its_package_says(safe: Any, owners: list[LocalAccount]) -> None:
    assert (safe.VERSION(), safe.getThreshold()) == ("1.4.1", 2)
    assert sorted(safe.getOwners()) == sorted(owner.address for owner in owners)


@pytest.mark.parametrize("outcome", [UPHELD, REJECTED])
def test_a_safe_rules(house: House, safe: Any, owners: list[LocalAccount], outcome: int) -> None:
    dispute = contest(house, replied(house))
    verdict = upheld(dispute) if outcome == UPHELD else rejected(dispute)
    house.panel.submit_verdict(verdict.on_chain(), signatures(house, safe, verdict, owners))
    shown = house.panel.dispute(*dispute.name)
    assert (shown.state, shown.fee_share) == (outcome, 15)
    assert str(safe.address) in shown.fee_open


def test_a_safe_reports(house: House, safe: Any, owners: list[LocalAccount]) -> None:
    verdict = report_of(house, replied(house))
    house.panel.report_breach(verdict.on_chain(), signatures(house, safe, verdict, owners))
    assert books(house).credited == 1_000


def test_a_safe_collects_its_share(house: House, safe: Any, owners: list[LocalAccount]) -> None:
    dispute = contest(house, replied(house))
    verdict = rejected(dispute)
    house.panel.submit_verdict(verdict.on_chain(), signatures(house, safe, verdict, owners))
    assert house.panel.collect_fees(safe.address, [dispute.name]) == 15
    assert boa.env.get_balance(safe.address) == 15


def test_a_safe_of_fifteen_owners_signs_within_1024_bytes(house: House) -> None:
    owners = [key_pair(f"owner {n}") for n in range(15)]
    safe = deploy_safe(owners, 15)
    seat(house, [str(safe.address)], 1)
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    signature = by_owners(safe, messages.digest(message_of(house, verdict)), owners)
    assert len(signature) == 975
    house.panel.submit_verdict(verdict.on_chain(), [(str(safe.address), signature)])
    assert house.panel.dispute(*dispute.name).state == UPHELD


def test_a_safe_with_one_owners_signature_is_refused(
    house: House, safe: Any, owners: list[LocalAccount]
) -> None:
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    for some in (owners[:1], owners[1:], []):
        carried = signatures(house, safe, verdict, some)
        with refused(house, NOT_THE_ARBITERS, dispute.name):
            house.panel.submit_verdict(verdict.on_chain(), carried)


def test_a_safe_with_a_strangers_signature_is_refused(
    house: House, safe: Any, owners: list[LocalAccount]
) -> None:
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    carried = signatures(house, safe, verdict, [owners[0], key_pair("stranger")])
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), carried)


def test_owners_signatures_over_the_verdict_itself_are_not_the_safes(
    house: House, safe: Any, owners: list[LocalAccount]
) -> None:
    """They must sign the Safe's message: as it is, one verdict would count for every Safe that they own."""
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    ordered = sorted(owners, key=lambda owner: int(owner.address, 16))
    raw = b"".join(signature for _, signature in signed_by(house, verdict, ordered))
    carried = ascending([*signed_by(house, verdict, house.arbiters[:1]), (str(safe.address), raw)])
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), carried)


def test_a_safes_signature_on_another_verdict_is_refused(
    house: House, safe: Any, owners: list[LocalAccount]
) -> None:
    dispute = contest(house, replied(house))
    other = dict(signatures(house, safe, rejected(dispute), owners))[str(safe.address)]
    verdict = upheld(dispute)
    carried = ascending([*signed_by(house, verdict, house.arbiters[:1]), (str(safe.address), other)])
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), carried)


def test_another_safe_of_the_same_owners_is_no_arbiter(
    house: House, safe: Any, owners: list[LocalAccount]
) -> None:
    other = deploy_safe(owners, 2)
    assert other.address != safe.address
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    with refused(house, "panel: signer is no arbiter", dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), signatures(house, other, verdict, owners))


def test_an_owner_alone_is_no_arbiter(house: House, safe: Any, owners: list[LocalAccount]) -> None:
    assert safe.isOwner(owners[0].address)
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    carried = ascending(signed_by(house, verdict, [house.arbiters[0], owners[0]]))
    with refused(house, "panel: signer is no arbiter", dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), carried)
