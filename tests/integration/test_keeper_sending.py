# SPDX-License-Identifier: Apache-2.0
"""Transactions of an account on a real node that loses, drops, reorganises and refuses: each is done once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from eth_account import Account
from web3 import HTTPProvider, Web3

from benchmarks.node import anvil, ask
from makegood.database import Database
from makegood.errors import MakegoodError, NodeUnreachable
from makegood.sending import FeeRules, Lane, Outbox, Worked
from makegood.sending.fees import PLENTY, market
from makegood.sending.outbox import FINAL, MINED, REFUSED, REVERTED, SIGNED, TRIES, WAITING, Intent, Signed

COIN = 10**18
GWEI = 10**9


class Crash(BaseException):
    """Nothing catches it."""


@dataclass
class Office:
    """An account with an outbox, and payees that nobody else pays."""

    w3: Web3
    folder: Path
    url: str = ""
    key: Any = field(default_factory=Account.create)
    now: float = 1_800_000_000.0
    rules: FeeRules = field(default_factory=lambda: FeeRules(stuck_after=30))

    def __post_init__(self) -> None:
        self.fund(10 * COIN)
        self.outbox = self.open()

    def fund(self, amount: int) -> None:
        ask(self.w3, "anvil_setBalance", self.key.address, hex(amount))

    def open(self) -> Outbox:
        database = Database(self.url or f"sqlite:///{self.folder / 'office.sqlite'}")
        return Outbox(database, self.w3.eth.chain_id, self.key.address, clock=lambda: self.now)

    def lane(self, outbox: Outbox | None = None, w3: Web3 | None = None, **given: Any) -> Lane:
        given = {"depth": 1, **given}
        return Lane(outbox or self.outbox, w3 or self.w3, self.key, self.rules, **given)

    def payee(self, number: int) -> str:
        return Web3.to_checksum_address(f"0x{int(self.key.address, 16) % 2**120:032x}{number:08x}")

    def pay(self, number: int, outbox: Outbox | None = None) -> Intent:
        return (outbox or self.outbox).put_raw(f"pay:{number}", "pay", self.payee(number), b"", 1)

    def has(self, number: int) -> int:
        return self.w3.eth.get_balance(Web3.to_checksum_address(self.payee(number)))

    def intent(self, key: str) -> Intent:
        found = self.outbox.find(key)
        assert found is not None
        return found

    def only(self, key: str = "pay:1") -> Signed:
        (signed,) = self.outbox.signed_of(self.intent(key))
        return signed

    def settle(self, rounds: int = 6) -> None:
        for _ in range(rounds):
            self.lane().work()
            ask(self.w3, "evm_mine")


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    with anvil("--slots-in-an-epoch", "2") as w3:
        yield w3


@pytest.fixture
def office(node: Web3, tmp_path: Path) -> Iterator[Office]:
    yield Office(node, tmp_path)
    ask(node, "evm_setIntervalMining", 0)
    ask(node, "evm_setAutomine", True)
    ask(node, "evm_mine")


@pytest.fixture
def pool(office: Office) -> Office:
    """Nothing is mined until it is asked for."""
    ask(office.w3, "evm_setAutomine", False)
    return office


def test_what_is_put_twice_is_done_once(office: Office) -> None:
    first, again = office.pay(1), office.pay(1)
    assert first.id == again.id
    assert office.lane().work().sent == 1
    assert office.lane().work().mined == 1
    assert office.pay(1).state == MINED
    assert office.lane().work() == Worked()
    assert office.has(1) == 1


def test_it_is_final_once_its_block_is(office: Office) -> None:
    office.pay(1)
    office.settle(8)
    assert office.intent("pay:1").state == FINAL


def test_it_is_kept_before_it_is_sent(office: Office) -> None:
    office.pay(1)
    with pytest.raises(Crash):
        office.lane(step=crash_after("signed")).work()
    assert office.intent("pay:1").state == SIGNED
    assert office.has(1) == 0
    kept = office.only()
    office.settle(2)
    assert office.has(1) == 1
    assert office.intent("pay:1").done_by == kept.hash


def test_a_crash_after_any_step_loses_nothing_and_pays_nothing_twice(office: Office) -> None:
    for lasts in range(1, 40):
        seen: list[str] = []

        def step(name: str, lasts: int = lasts, seen: list[str] = seen) -> None:
            seen.append(name)
            if len(seen) == lasts:
                raise Crash

        for number in range(3):
            office.pay(3 * lasts + number)
        try:
            for _ in range(4):
                office.lane(step=step).work()
        except Crash:
            continue
        break
    assert lasts > 5
    office.settle()
    assert {office.has(number) for number in range(3, 3 * lasts + 3)} == {1}


def test_two_processes_on_one_account_never_share_a_nonce(office: Office) -> None:
    first, second = office.open(), office.open()
    errors: list[BaseException] = []

    def run(outbox: Outbox) -> None:
        w3 = Web3(HTTPProvider(str(office.w3.provider.endpoint_uri)))  # type: ignore[attr-defined]
        try:
            for number in range(12):
                office.pay(number, outbox)
                office.lane(outbox, w3).work()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    office.settle(3)
    assert [office.has(number) for number in range(12)] == [1] * 12
    assert office.w3.eth.get_transaction_count(office.key.address) == 12


def test_a_lane_that_another_has_does_nothing(office: Office) -> None:
    office.pay(1)
    name = f"lane {office.outbox.chain} {office.outbox.account}"
    with office.open().database.lock(name) as mine:
        assert mine
        assert office.lane().work() == Worked(mine=False)
    assert office.lane().work().sent == 1


def test_a_stuck_one_is_replaced_by_a_better_offer_with_its_nonce(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    first = pool.only()
    assert pool.lane().work().replaced == 0
    pool.now += 31
    assert pool.lane().work().replaced == 1
    better, before = pool.outbox.signed_of(pool.intent("pay:1"))
    assert before.hash == first.hash
    assert better.nonce == first.nonce
    assert better.most * 8 >= first.most * 9
    assert better.tip * 8 >= first.tip * 9
    ask(pool.w3, "evm_mine")
    assert pool.lane().work().mined == 1
    assert pool.has(1) == 1
    assert pool.intent("pay:1").done_by == better.hash


def test_what_was_offered_first_may_be_mined_after_all(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    first = pool.only()
    pool.now += 31
    real = pool.w3.provider.make_request

    def loses(method: Any, parameters: Any) -> Any:
        if method == "eth_sendRawTransaction":
            raise requests.ConnectionError
        return real(method, parameters)

    deaf = Web3(Provider(pool.w3, loses))
    with pytest.raises(NodeUnreachable):
        pool.lane(w3=deaf).work()
    ask(pool.w3, "evm_mine")
    pool.lane().work()
    assert pool.intent("pay:1").done_by == first.hash
    assert pool.has(1) == 1


def test_a_base_fee_that_jumps_is_followed(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    base = pool.only().most * 3
    ask(pool.w3, "anvil_setNextBlockBaseFeePerGas", hex(base))
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 0
    pool.now += 31
    assert pool.lane().work().replaced == 1
    assert pool.outbox.signed_of(pool.intent("pay:1"))[0].most > base
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 1


def test_a_chain_that_stands_still_is_not_bid_against(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    for _ in range(60):
        pool.now += 31
        pool.lane().work()
    newest = pool.outbox.signed_of(pool.intent("pay:1"))[0]
    asked = market(pool.w3)
    assert newest.most <= PLENTY * asked.most * 2
    assert newest.tip <= PLENTY * asked.tip * 2
    ask(pool.w3, "evm_mine")
    assert pool.lane().work().mined == 1


def test_what_the_account_cannot_pay_replaces_nothing(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    intent, first = pool.intent("pay:1"), pool.only()
    assert intent.gas is not None
    pool.fund(intent.gas * first.most + 1)
    pool.now += 31
    done = pool.lane().work()
    assert (done.short, done.replaced) == (True, 0)
    # A node that has forgotten it takes it again.
    ask(pool.w3, "anvil_dropTransaction", first.hash)
    assert pool.lane().work().sent == 1
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 1


def test_a_price_above_the_bound_waits(office: Office) -> None:
    ask(office.w3, "anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
    ask(office.w3, "evm_mine")
    office.rules = FeeRules(most=20 * GWEI, stuck_after=30)
    office.pay(1)
    done = office.lane().work()
    assert (done.dear, done.sent) == (True, 0)
    assert office.intent("pay:1").state == WAITING
    ask(office.w3, "anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    ask(office.w3, "evm_mine")
    assert office.lane().work().sent == 1


def test_a_dropped_one_is_sent_again_as_it_was(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    kept = pool.only()
    ask(pool.w3, "anvil_dropTransaction", kept.hash)
    assert pool.lane().work().sent == 1
    assert pool.only() == kept
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 1


def test_an_answer_lost_after_broadcast_is_no_second_payment(office: Office) -> None:
    real = office.w3.provider.make_request

    def loses(method: Any, parameters: Any) -> Any:
        answer = real(method, parameters)
        if method == "eth_sendRawTransaction":
            raise requests.ConnectionError
        return answer

    office.pay(1)
    with pytest.raises(NodeUnreachable):
        office.lane(w3=Web3(Provider(office.w3, loses))).work()
    assert office.only().sent_at is None
    assert office.lane().work().mined == 1
    assert office.has(1) == 1


def test_what_a_reorganisation_takes_is_sent_again_as_it_was(office: Office) -> None:
    before = ask(office.w3, "evm_snapshot")
    office.pay(1)
    office.lane().work()
    office.lane().work()
    kept = office.only()
    ask(office.w3, "evm_revert", before)
    ask(office.w3, "evm_mine")
    ask(office.w3, "evm_mine")
    assert office.has(1) == 0
    done = office.lane().work()
    assert (done.taken_back, done.sent) == (1, 1)
    assert office.only().raw == kept.raw
    assert office.lane().work().mined == 1
    assert office.has(1) == 1


def test_a_nonce_that_something_else_used_is_given_up(pool: Office) -> None:
    pool.pay(1)
    with pytest.raises(Crash):
        pool.lane(step=crash_after("signed")).work()
    other(pool, nonce=pool.only().nonce)
    ask(pool.w3, "evm_mine")
    pool.lane().work()
    assert pool.intent("pay:1").state == SIGNED
    ask(pool.w3, "evm_mine")
    pool.lane().work()
    ask(pool.w3, "evm_mine")
    pool.lane().work()
    assert pool.intent("pay:1").state == MINED
    assert pool.has(1) == 1


def test_another_program_s_nonce_in_the_pool_is_left_alone(pool: Office) -> None:
    other(pool, nonce=0)
    pool.pay(1)
    pool.lane().work()
    assert pool.only().nonce == 1


def test_a_gap_is_filled(pool: Office) -> None:
    gone = other(pool, nonce=0)
    pool.pay(1)
    pool.lane().work()
    ask(pool.w3, "anvil_dropTransaction", gone)
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 0
    pool.lane().work()
    pool.lane().work()
    ask(pool.w3, "evm_mine")
    assert pool.has(1) == 1
    assert pool.intent("fill:0").what == "fill nonce 0"


def test_without_money_for_gas_it_waits(office: Office) -> None:
    office.fund(1_000)
    office.pay(1)
    done = office.lane().work()
    assert (done.short, done.sent) == (True, 0)
    assert "too little" in str(office.intent("pay:1").reason)
    office.fund(COIN)
    assert office.lane().work().sent == 1
    assert office.has(1) == 1


def test_what_the_chain_refuses_costs_nothing_and_is_tried_later(office: Office) -> None:
    fussy = office.payee(99)
    ask(office.w3, "anvil_setCode", fussy, "0x60006000fd")
    put = lambda: office.outbox.put_raw("call", "call", fussy, b"", 0)  # noqa: E731
    put()
    assert office.lane().work().refused == 1
    assert put().state == REFUSED
    assert office.lane().work() == Worked()
    ask(office.w3, "anvil_setCode", fussy, "0x00")
    office.now += 31
    assert put().state == WAITING
    assert office.lane().work().sent == 1
    assert office.w3.eth.get_transaction_count(office.key.address) == 1


def test_what_reverts_in_its_block_is_told_and_not_repeated_at_once(pool: Office) -> None:
    target = pool.payee(99)
    ask(pool.w3, "anvil_setCode", target, "0x00")
    put = lambda: pool.outbox.put_raw("call", "call", target, b"", 0)  # noqa: E731
    for failures in range(1, 5):
        put()
        pool.lane().work()
        ask(pool.w3, "anvil_setCode", target, "0x60006000fd")
        ask(pool.w3, "evm_mine")
        assert pool.lane().work().reverted == 1
        ask(pool.w3, "anvil_setCode", target, "0x00")
        found = put()
        assert (found.state, found.failures) == (REVERTED, failures)
        pool.now += 3_601
    assert put().state == REVERTED  # given up for good
    assert pool.w3.eth.get_transaction_count(pool.key.address) == 4


def test_what_was_refused_often_is_not_given_up_when_it_reverts_once(pool: Office) -> None:
    target = pool.payee(99)
    put = lambda: pool.outbox.put_raw("call", "call", target, b"", 0)  # noqa: E731
    ask(pool.w3, "anvil_setCode", target, "0x60006000fd")
    for _ in range(TRIES + 1):
        put()
        assert pool.lane().work().refused == 1
        pool.now += 3_601
    ask(pool.w3, "anvil_setCode", target, "0x00")
    put()
    pool.lane().work()
    ask(pool.w3, "anvil_setCode", target, "0x60006000fd")
    ask(pool.w3, "evm_mine")
    assert pool.lane().work().reverted == 1
    pool.now += 61
    assert put().state == WAITING


def test_a_node_of_another_chain_is_not_believed(office: Office) -> None:
    office.pay(1)
    office.lane().work()
    with anvil("--chain-id", "5") as other, pytest.raises(MakegoodError, match="not on chain 31337"):
        office.lane(w3=other).work()
    assert office.lane().work().mined == 1
    assert office.has(1) == 1


def test_a_clock_that_is_set_back_stops_nothing(pool: Office) -> None:
    pool.pay(1)
    pool.lane().work()
    pool.now -= 86_400
    pool.lane().work()
    pool.now += 31
    assert pool.lane().work().replaced == 1


def test_a_node_that_is_down_changes_nothing(office: Office) -> None:
    office.pay(1)
    with pytest.raises(MakegoodError):
        office.lane(w3=Web3(HTTPProvider("http://127.0.0.1:9"))).work()
    assert office.lane().work().sent == 1


# ---------------------------------------------------------------- helpers


class Provider(HTTPProvider):
    """Answers through a function."""

    def __init__(self, w3: Web3, answers: Callable[[Any, Any], Any]) -> None:
        super().__init__(str(w3.provider.endpoint_uri))  # type: ignore[attr-defined]
        self._answers = answers

    def make_request(self, method: Any, params: Any) -> Any:
        return self._answers(method, params)


def crash_after(step: str) -> Callable[[str], None]:
    def crash(name: str) -> None:
        if name == step:
            raise Crash

    return crash


def other(office: Office, nonce: int) -> str:
    """A transaction of the account that another program sends."""
    signed = office.key.sign_transaction(
        {
            "chainId": office.w3.eth.chain_id,
            "nonce": nonce,
            "to": office.payee(500),
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": GWEI,
        }
    )
    return Web3.to_hex(office.w3.eth.send_raw_transaction(signed.raw_transaction))
