# SPDX-License-Identifier: Apache-2.0
"""While a contract is at work and somebody is called, it answers no second call.

At another time each of these calls is refused for a reason of its own. What a lock stops is stopped before
any reason is looked for, and says nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import boa
import disputes
import pytest
from batches import REPLIED, Batches
from eth_abi import decode
from house import DAY, ETH, FAR, FIRST_REPLY, URGENT, ZERO_DIGEST, House, deploy_house, five_arbiters, travel

NOBODY = ETH
UNKNOWN = b"\x0a" * 32
ERROR = bytes.fromhex("08c379a0")

# Acts for whoever tells it to, and asks one question when it is paid.
CURIOUS = """
# pragma version 0.4.3
# pragma evm-version cancun

_target: address
_question: Bytes[4096]
asked: public(uint256)
answer: public(Bytes[256])

@external
def ask_when_paid(target: address, question: Bytes[4096]):
    self._target = target
    self._question = question

@payable
@external
def execute(target: address, data: Bytes[4096]):
    raw_call(target, data, value=msg.value)

@payable
@external
def __default__():
    done: bool = False
    if self._target != empty(address):
        done, self.answer = raw_call(self._target, self._question, max_outsize=256, revert_on_failure=False)
        assert not done
        self.asked += 1
"""


@cache
def curious() -> Any:
    """Deploys one."""
    return boa.loads_partial(CURIOUS)


class Scene:
    """A desk in ETH, one of whose requesters is a contract that asks when it is paid."""

    def __init__(self) -> None:
        self.house: House = deploy_house(arbiters=five_arbiters()[:1], threshold=1)
        self.asker = curious().deploy()
        self.house.desk.grant_coverage(self.asker.address, 1, URGENT, 9, FAR, sender=self.house.operator)

    def act(self, function: Any, *arguments: Any, value: int = 0) -> None:
        """The asker does something by itself."""
        boa.env.set_balance(self.house.stranger, value)
        data = function.prepare_calldata(*arguments)
        self.asker.execute(function.contract.address, data, value=value, sender=self.house.stranger)

    def answer_while(self, pays: Callable[["Scene"], None], function: Any, arguments: list[Any]) -> bytes:
        """What it is told in the middle of a payment."""
        question = function.prepare_calldata(*arguments)
        self.asker.ask_when_paid(function.contract.address, question)
        pays(self)
        assert self.asker.asked() == 1
        return bytes(self.asker.answer())

    def answer_otherwise(self, function: Any, arguments: list[Any]) -> str:
        """What it is told at another time."""
        self.asker.ask_when_paid(function.contract.address, function.prepare_calldata(*arguments))
        paid = boa.env.execute_code(self.asker.address, sender=self.house.stranger)
        assert not paid.is_error
        answer = bytes(self.asker.answer())
        assert answer.startswith(ERROR)
        return str(decode(["string"], answer[4:])[0])


def by_verdict(scene: Scene) -> None:
    """The panel works, and has the pool pay the asker."""
    house = scene.house
    ticket_id = disputes.replied(house, requester=scene.asker.address)
    amount, evidence = disputes.COMPENSATION[FIRST_REPLY], house.digest()
    scene.act(house.panel.contest, ticket_id, FIRST_REPLY, amount, evidence, value=disputes.BOND)
    contested = disputes.Dispute(1, ticket_id, FIRST_REPLY, amount, evidence, 1, disputes.BOND)
    disputes.submit(house, disputes.upheld(contested), 1, collect=True)


def by_ended_challenge(scene: Scene) -> None:
    """The lane works, and has the pool pay the asker."""
    batches = Batches(scene.house)
    ticket = batches.opened(requester=scene.asker.address)
    scene.act(scene.house.lane.prove_ticket, *batches.proof_of(ticket), value=scene.house.policy.prove_bond)
    batches.end(ticket, claim=True, collect=True)


def by_collect(scene: Scene) -> None:
    """The pool pays the asker."""
    ticket_id = scene.house.open_for(scene.asker.address)
    travel(DAY)
    scene.house.desk.claim(ticket_id)
    scene.house.pool.collect(scene.asker.address)


Question = Callable[[House], tuple[Any, list[Any]]]

REPORT = disputes.Verdict(UNKNOWN, FIRST_REPLY, 1, 1_000, UNKNOWN, 0, 1)
ENTRY = (REPLIED, 1, NOBODY, UNKNOWN, 1, 0, [])

PANEL: dict[str, tuple[Question, str]] = {
    "contest": (
        lambda house: (house.panel.contest, [UNKNOWN, FIRST_REPLY, 1_000, ZERO_DIGEST]),
        "panel: evidence digest is zero",
    ),
    "submit_verdict": (
        lambda house: (house.panel.submit_verdict, [REPORT.on_chain(), []]),
        "panel: dispute unknown",
    ),
    "report_breach": (
        lambda house: (house.panel.report_breach, [REPORT.on_chain(), []]),
        "panel: too few signatures",
    ),
    "rule_by_default": (
        lambda house: (house.panel.rule_by_default, [UNKNOWN, FIRST_REPLY]),
        "panel: dispute unknown",
    ),
    "collect_fees": (
        lambda house: (house.panel.collect_fees, [house.stranger, []]),
        "panel: no fee to collect",
    ),
}

LANE: dict[str, tuple[Question, str]] = {
    "anchor_batch": (
        lambda house: (house.lane.anchor_batch, [1, ZERO_DIGEST, [1, 0, 0, 0, 0], "", False]),
        "lane: root is zero",
    ),
    "prove_ticket": (
        lambda house: (house.lane.prove_ticket, [9, 0, [], house.stranger, UNKNOWN, 1]),
        "lane: batch unknown",
    ),
    "prove_entries": (
        lambda house: (house.lane.prove_entries, [UNKNOWN, 1, []]),
        "lane: ticket is not challenged",
    ),
    "end_challenge": (
        lambda house: (house.lane.end_challenge, [UNKNOWN, False, False]),
        "lane: ticket is not challenged",
    ),
    "prove_equivocation": (
        lambda house: (house.lane.prove_equivocation, [UNKNOWN, 1, ENTRY, ENTRY]),
        "lane: ticket was not proven",
    ),
    "release_batch": (lambda house: (house.lane.release_batch, [9]), "lane: batch unknown"),
}

POOL: dict[str, tuple[Question, str]] = {
    "pay": (
        lambda house: (house.pool.pay, [house.stranger, 1, True, False]),
        "pool: caller is not the desk",
    ),
    "take_bond": (
        lambda house: (house.pool.take_bond, [house.stranger, 1]),
        "pool: caller is not panel or lane",
    ),
    "settle": (
        lambda house: (house.pool.settle, [house.stranger, 0, 0, 0, 0, False]),
        "pool: caller is not panel or lane",
    ),
    "withdraw": (
        lambda house: (house.pool.withdraw, [1, house.stranger]),
        "pool: caller is not the operator",
    ),
    "fund": (lambda house: (house.pool.fund, [0]), "pool: amount is zero"),
    "collect": (lambda house: (house.pool.collect, [house.stranger]), "pool: nothing to collect"),
}

LOCKS = {
    f"{name} {function}": (pays, question, reason)
    for name, pays, questions in (
        ("panel", by_verdict, PANEL),
        ("lane", by_ended_challenge, LANE),
        ("pool", by_collect, POOL),
    )
    for function, (question, reason) in questions.items()
}


@pytest.mark.parametrize(("pays", "question", "reason"), LOCKS.values(), ids=LOCKS.keys())
def test_a_contract_at_work_gives_no_answer(
    pays: Callable[[Scene], None], question: Question, reason: str
) -> None:
    scene = Scene()
    function, arguments = question(scene.house)
    assert scene.answer_while(pays, function, arguments) == b""
    assert scene.answer_otherwise(function, arguments) == reason
