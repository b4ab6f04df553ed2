# SPDX-License-Identifier: Apache-2.0
"""PolicyRules: how a policy is packed into a desk's words and read from them, by a contract without state.

Every refusal is asserted where a policy is published, in test_publish_policy.py.
"""

import random
from dataclasses import replace
from typing import Any

import boa
import pytest
from eth_utils.crypto import keccak
from house import DAY, ETH, WEEKDAYS, House, Policy, deploy_house, deployer
from policies import TEN_YEARS, policy_at_all_maxima, random_policy
from vyper.compiler.output import build_abi_output

NOTICE = 30 * DAY


@pytest.fixture
def rules() -> Any:
    return deployer("PolicyRules").deploy()


def words_of(policy: Policy) -> list[int]:
    """By the layout of the design: each field above the ones before it, in bits."""
    return [
        _packed(
            (policy.hours, 168),
            (policy.contest_window, 29),
            (policy.claim_window, 29),
            (policy.ruling_window, 23),
        ),
        _packed((policy.contest_bond, 85), (policy.fee, 85)),
        _packed(
            (policy.incident_cap, 96),
            (policy.incident_bond_share, 14),
            (policy.challenge_window, 20),
            (policy.anchor_lag, 19),
            (policy.prove_bond, 85),
        ),
        *(
            _packed(*((target, 32) for target in targets), (sum(amounts), 96))
            for targets, amounts in zip(policy.targets, policy.compensation, strict=True)
        ),
        *(_packed(*((amount, 85) for amount in amounts)) for amounts in policy.compensation),
    ]


def _packed(*fields: tuple[int, int]) -> int:
    word = shift = 0
    for value, width in fields:
        assert value < 2**width
        word += value * 2**shift
        shift += width
    return word


POLICIES = [
    Policy(),
    replace(Policy(), hours=WEEKDAYS),
    *(random_policy(random.Random(n)) for n in range(20)),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_packed_gives_the_words_of_the_design(rules: Any, policy: Policy) -> None:
    assert rules.packed(policy.on_chain(), NOTICE) == words_of(policy)


@pytest.mark.parametrize("policy", POLICIES)
def test_unpacked_gives_the_policy_back(rules: Any, policy: Policy) -> None:
    assert tuple(rules.unpacked(words_of(policy))) == policy.on_chain()


def test_a_policy_at_all_maxima_fits_into_its_words(rules: Any) -> None:
    policy = policy_at_all_maxima()
    assert rules.packed(policy.on_chain(), TEN_YEARS) == words_of(policy)
    assert tuple(rules.unpacked(words_of(policy))) == policy.on_chain()


def test_unpacked_of_no_policy_is_empty(rules: Any) -> None:
    nothing = [[0] * 3 for _ in range(4)]
    assert tuple(rules.unpacked([0] * 11)) == (0, nothing, nothing, *[0] * 10)


@pytest.mark.parametrize("changed", range(11))
def test_each_word_holds_fields_of_its_own(rules: Any, changed: int) -> None:
    """One other word changes what is read from that word, and nothing that is read from the ten others."""
    words, other = words_of(Policy()), words_of(random_policy(random.Random("other")))[changed]
    read = words_of(Policy(*rules.unpacked([*words[:changed], other, *words[changed + 1 :]])))
    expected = [*words[:changed], other, *words[changed + 1 :]]
    assert other != words[changed]
    assert _without_sums(read) == _without_sums(expected)


def _without_sums(words: list[int]) -> list[int]:
    # The worst case in a targets word follows from the amounts.
    return [word % 2**96 if 3 <= n < 7 else word for n, word in enumerate(words)]


@pytest.mark.parametrize("notice", [3 * DAY, 30 * DAY, 2**256 - 1])
def test_packed_takes_a_contest_window_up_to_the_notice(rules: Any, notice: int) -> None:
    policy = replace(Policy(), contest_window=min(notice, TEN_YEARS))
    assert rules.packed(policy.on_chain(), notice) == words_of(policy)
    if notice < TEN_YEARS:
        with boa.reverts("policy: contest outlasts notice"):
            rules.packed(replace(policy, contest_window=notice + 1).on_chain(), notice)


def test_the_rules_hold_nothing_and_have_no_owner() -> None:
    """All that a caller learns follows from what it asked, and from the time."""
    compiled = deployer("PolicyRules").compiler_data
    instructions = set(map(str, compiled.assembly_runtime))
    assert not instructions & {"SSTORE", "SLOAD", "TSTORE", "CALL", "STATICCALL", "CALLER", "ORIGIN"}
    functions = {item["name"]: item["stateMutability"] for item in build_abi_output(compiled)}
    assert functions == {"packed": "view", "unpacked": "view"}


def test_the_rules_take_no_money(rules: Any) -> None:
    payer = boa.env.generate_address("payer")
    boa.env.set_balance(payer, 1)
    for data in (b"", keccak(text="unpacked(uint256[11])")[:4] + bytes(11 * 32)):
        assert boa.env.execute_code(rules.address, sender=payer, value=1, data=data).is_error
    assert boa.env.get_balance(rules.address) == 0


def test_a_desk_stores_the_words_that_the_rules_pack(house: House) -> None:
    policy = random_policy(random.Random("stored"))
    policy_id = house.publish(policy)
    assert _stored(house, policy_id) == words_of(policy)


def test_desks_of_one_factory_ask_the_same_rules() -> None:
    house = deploy_house()
    made = house.factory.deploy_desk(house.operator, ETH, NOTICE, "Other", [], 0)
    other = deployer("SupportDesk").at(made.desk)
    other.publish_policy(Policy().on_chain(), "", "", b"\0" * 32, sender=house.operator)
    assert other.policy(1) == house.desk.policy(1)


def _stored(house: House, policy_id: int) -> list[int]:
    layout = deployer("SupportDesk").compiler_data.storage_layout["storage_layout"]["policies"]

    def word(name: str, key: int) -> int:
        slot = layout[name]["slot"].to_bytes(32, "big") + key.to_bytes(32, "big")
        return int(boa.env.get_storage(house.desk.address, int.from_bytes(keccak(slot), "big")))

    singles = [word(name, policy_id) for name in ("_terms", "_bonds", "_incidents")]
    of_priorities = [
        word(name, policy_id * 4 + priority) for name in ("_targets", "_amounts") for priority in range(4)
    ]
    return singles + of_priorities
