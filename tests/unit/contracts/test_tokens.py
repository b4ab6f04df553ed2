# SPDX-License-Identifier: Apache-2.0
"""A whole desk over every odd token: each is handled, or refused with a reason at deployment or funding, and
in no case is anybody else's compensation touched.

The story is always the same. Two requesters and a victim have a backed ticket each, and all three go
unanswered. The token turns nasty, the breaches are claimed, and then everybody collects, the victim last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boa
import disputes
import pytest
from disputes import BOND, FEE
from house import DAY, FIRST_REPLY, URGENT, House, deploy_house, deployer, travel

# What an urgent ticket of house.Policy pays for a late first reply, and the most that it can cost.
COMPENSATION = 1_000
WORST_CASE = 5_500
FUNDS = 3 * WORST_CASE


def make(name: str, *arguments: Any) -> Any:
    return deployer(f"mocks/{name}").deploy(*arguments)


@dataclass
class Story:
    """A desk over the token, up to the breaches."""

    token: Any
    funds: int = FUNDS
    people: list[str] = field(init=False)
    tickets: list[bytes] = field(init=False)
    house: House = field(init=False)

    def __post_init__(self) -> None:
        self.house = deploy_house(asset=self.token, funds=0)
        self.fund(self.funds)
        self.people = [boa.env.generate_address(role) for role in ("requester", "another", "victim")]
        self.tickets = [self.house.open_for(person) for person in self.people]
        travel(self.house.policy.targets[URGENT][0] + 1)

    @property
    def victim(self) -> str:
        return self.people[2]

    def fund(self, amount: int) -> None:
        self.token.mint(self.house.operator, 2 * amount)
        self.token.approve(self.house.pool.address, 2 * amount, sender=self.house.operator)
        self.house.pool.fund(amount, sender=self.house.operator)

    def claim(self) -> None:
        for ticket in self.tickets:
            assert self.house.desk.claim(ticket) == COMPENSATION

    def collect(self, person: str) -> int:
        return int(self.house.pool.collect(person, sender=self.house.stranger))

    def books(self) -> tuple[int, ...]:
        return tuple(self.house.pool.books())

    def held(self) -> int:
        return int(self.token.balanceOf(self.house.pool.address))

    def assert_everything_is_covered(self) -> None:
        funds, reserved, credited, bonded, debt, free = self.books()
        assert self.held() >= funds == reserved + credited + bonded + free
        assert debt == 0


WELL_BEHAVED: dict[str, Callable[[], Any]] = {
    "2 decimals": lambda: make("PlainToken", 2),
    "6 decimals": lambda: make("PlainToken", 6),
    "24 decimals": lambda: make("PlainToken", 24),
    "no return value": lambda: make("NoReturnToken"),
    "false on failure": lambda: make("FalseOnFailureToken"),
    "false on success": lambda: make("FalseOnSuccessToken"),
    "reverts on zero": lambda: make("RevertsOnZeroToken"),
    "calls both parties": lambda: make("ReentrantToken"),
    "blocklist": lambda: make("BlocklistToken"),
    "pausable": lambda: make("PausableToken"),
    "returns a megabyte": lambda: make("ReturnsMegabyteToken"),
    "burns gas, not yet": lambda: make("BurnsGasToken"),
    "true on failure, not yet": lambda: make("TrueOnFailureToken"),
    "rebasing, not yet": lambda: make("RebasingToken"),
    "confiscating, not yet": lambda: make("ConfiscatingToken"),
    "balanceOf works yet": lambda: make("BrokenBalanceToken", False),
    "no fee yet": lambda: make("FeeOnTransferToken", 0),
}


@pytest.mark.parametrize("token", WELL_BEHAVED.values(), ids=WELL_BEHAVED.keys())
def test_everybody_is_paid_in_full(token: Callable[[], Any]) -> None:
    story = Story(token())
    story.claim()
    for person in story.people:
        assert story.collect(person) == COMPENSATION
        assert story.token.balanceOf(person) == COMPENSATION
    assert story.books() == (FUNDS - 3_000, FUNDS - 3_000, 0, 0, 0, 0)
    story.assert_everything_is_covered()


@pytest.mark.parametrize("token", WELL_BEHAVED.values(), ids=WELL_BEHAVED.keys())
def test_free_funds_can_be_withdrawn_after_notice(token: Callable[[], Any]) -> None:
    story = Story(token())
    house = story.house
    story.fund(700)
    house.pool.announce_withdrawal(700, sender=house.operator)
    travel(30 * DAY)
    house.pool.withdraw(700, house.stranger, sender=house.operator)
    assert story.token.balanceOf(house.stranger) == 700
    assert story.books() == (FUNDS, FUNDS, 0, 0, 0, 0)


# ---------------------------------------------------------------- refused at deployment


@pytest.mark.parametrize(
    "asset",
    [
        pytest.param(lambda: boa.env.generate_address("nobody"), id="no code"),
        pytest.param(lambda: make("RevertsOnReceive").address, id="no token"),
        pytest.param(lambda: make("ReentersOnReceive").address, id="writes when asked"),
        pytest.param(lambda: make("BrokenBalanceToken", True).address, id="balanceOf reverts"),
    ],
)
def test_refused_at_deployment(asset: Callable[[], str]) -> None:
    factory = deploy_house().factory
    count = factory.desk_count()
    operator = boa.env.generate_address("operator")
    with boa.reverts("pool: asset is no token"):
        factory.deploy_desk(operator, asset(), 30 * DAY, "Odd", [], 0, sender=operator)
    assert factory.desk_count() == count


@pytest.mark.parametrize("number", range(1, 11))
def test_precompiles_are_no_tokens(number: int) -> None:
    house = deploy_house()
    with boa.reverts("pool: asset is no token"):
        house.factory.deploy_desk(
            house.operator, f"0x{number:040x}", 30 * DAY, "Odd", [], 0, sender=house.operator
        )
    assert house.factory.desk_count() == 1


# ---------------------------------------------------------------- refused at funding


def paused(token: Any, _house: House) -> None:
    token.set_paused(True)


def pool_blocked(token: Any, house: House) -> None:
    token.set_blocked(house.pool.address, True)


def funder_blocked(token: Any, house: House) -> None:
    token.set_blocked(house.operator, True)


def burning(token: Any, _house: House) -> None:
    token.set_burning(True)


def switched_off(token: Any, _house: House) -> None:
    token.switch_off()


def everything_kept(token: Any, _house: House) -> None:
    token.set_fee(10_000)


def not_approved(token: Any, house: House) -> None:
    token.approve(house.pool.address, 0, sender=house.operator)


@pytest.mark.parametrize(
    ("name", "arguments", "turn_nasty"),
    [
        ("PausableToken", (), paused),
        ("BlocklistToken", (), pool_blocked),
        ("BlocklistToken", (), funder_blocked),
        ("BurnsGasToken", (), burning),
        ("TrueOnFailureToken", (), switched_off),
        ("FeeOnTransferToken", (0,), everything_kept),
        ("FalseOnFailureToken", (), not_approved),
        ("NoReturnToken", (), not_approved),
    ],
)
def test_refused_at_funding(
    name: str, arguments: tuple[Any, ...], turn_nasty: Callable[[Any, House], None]
) -> None:
    token = make(name, *arguments)
    house = deploy_house(asset=token, funds=0)
    token.mint(house.operator, FUNDS)
    token.approve(house.pool.address, FUNDS, sender=house.operator)
    turn_nasty(token, house)
    with boa.reverts("pool: asset did not come in"):
        house.pool.fund(FUNDS, sender=house.operator)
    assert token.balanceOf(house.operator) == FUNDS
    assert tuple(house.pool.books()) == (0, 0, 0, 0, 0, 0)


# ---------------------------------------------------------------- tokens that keep something


def test_fee_on_transfer_counts_what_arrives_and_costs_only_the_recipient() -> None:
    # With a fee of 10 % the pool needs more to hold the same reserves.
    story = Story(make("FeeOnTransferToken", 1_000), funds=20_000)
    assert story.books() == (18_000, FUNDS, 0, 0, 0, 1_500)
    story.claim()
    for person in story.people:
        assert story.collect(person) == COMPENSATION
        assert story.token.balanceOf(person) == COMPENSATION - 100
    story.assert_everything_is_covered()


def test_fee_switched_on_later_costs_only_the_recipient() -> None:
    story = Story(make("FeeOnTransferToken", 0))
    story.token.set_fee(500)
    story.claim()
    for person in story.people:
        assert story.collect(person) == COMPENSATION
        assert story.token.balanceOf(person) == COMPENSATION - 50
    assert story.books() == (FUNDS - 3_000, FUNDS - 3_000, 0, 0, 0, 0)
    story.assert_everything_is_covered()


def test_what_is_transferred_short_stays_the_beneficiarys() -> None:
    story = Story(make("TransfersLessToken"), funds=2 * FUNDS)
    story.claim()
    for person in story.people[:2]:
        assert story.collect(person) == COMPENSATION // 2
    while story.house.pool.collectable(story.victim):
        story.collect(story.victim)
        story.assert_everything_is_covered()
    assert story.token.balanceOf(story.victim) == COMPENSATION
    assert story.house.pool.collectable(story.people[0]) == COMPENSATION // 2


def test_taking_more_than_asked_is_refused_and_takes_nobodys_money() -> None:
    story = Story(make("TakesMoreToken"))
    story.claim()
    for person in story.people:
        with boa.reverts("pool: asset took too much"):
            story.collect(person)
        assert story.house.pool.collectable(person) == COMPENSATION
    assert story.held() == FUNDS
    story.assert_everything_is_covered()


def test_taking_more_than_asked_stops_no_claim() -> None:
    story = Story(make("TakesMoreToken"))
    with boa.reverts("pool: asset took too much"):
        story.house.desk.claim(story.tickets[0], True)
    assert story.house.desk.ticket(story.tickets[0]).compensated == 0
    story.claim()
    assert story.books() == (FUNDS, FUNDS - 3_000, 3_000, 0, 0, 0)


# ---------------------------------------------------------------- tokens that stop


def test_a_blocked_requester_hurts_only_itself() -> None:
    story = Story(make("BlocklistToken"))
    blocked = story.people[0]
    story.token.set_blocked(blocked, True)
    story.claim()
    with boa.reverts("pool: asset did not go out"):
        story.collect(blocked)
    for person in story.people[1:]:
        assert story.collect(person) == COMPENSATION
    assert story.house.pool.collectable(blocked) == COMPENSATION
    story.assert_everything_is_covered()


def test_a_requester_collects_once_it_is_no_longer_blocked() -> None:
    story = Story(make("BlocklistToken"))
    story.token.set_blocked(story.people[0], True)
    story.claim()
    story.token.set_blocked(story.people[0], False)
    assert story.collect(story.people[0]) == COMPENSATION


STOPPING: dict[str, tuple[str, Callable[[Any, House], None], Callable[[Any, House], None]]] = {
    "blocks the pool": (
        "BlocklistToken",
        pool_blocked,
        lambda token, house: token.set_blocked(house.pool.address, False),
    ),
    "paused": ("PausableToken", paused, lambda token, _: token.set_paused(False)),
    "burns gas": ("BurnsGasToken", burning, lambda token, _: token.set_burning(False)),
}


@pytest.mark.parametrize(("name", "stop", "go_on"), STOPPING.values(), ids=STOPPING.keys())
def test_a_token_that_stops_delays_payment_and_loses_nothing(
    name: str, stop: Callable[[Any, House], None], go_on: Callable[[Any, House], None]
) -> None:
    story = Story(make(name))
    stop(story.token, story.house)
    story.claim()
    for person in story.people:
        with boa.reverts("pool: asset did not go out"):
            story.collect(person)
    assert story.books() == (FUNDS, FUNDS - 3_000, 3_000, 0, 0, 0)
    go_on(story.token, story.house)
    for person in story.people:
        assert story.collect(person) == COMPENSATION
    story.assert_everything_is_covered()


def test_a_token_that_says_true_and_moves_nothing_is_not_believed() -> None:
    story = Story(make("TrueOnFailureToken"))
    story.token.switch_off()
    story.claim()
    with boa.reverts("pool: asset did not go out"):
        story.collect(story.victim)
    assert story.house.pool.collectable(story.victim) == COMPENSATION


def test_a_balance_that_reverts_delays_payment_and_loses_nothing() -> None:
    story = Story(make("BrokenBalanceToken", False))
    story.token.set_broken(True)
    story.claim()
    with boa.reverts():
        story.collect(story.victim)
    assert story.books() == (FUNDS, FUNDS - 3_000, 3_000, 0, 0, 0)
    story.token.set_broken(False)
    for person in story.people:
        assert story.collect(person) == COMPENSATION


def test_a_token_whose_code_is_gone_loses_nothing_in_the_books() -> None:
    story = Story(make("PlainToken", 18))
    code = boa.env.get_code(story.token.address)
    boa.env.set_code(story.token.address, b"")
    story.claim()
    with boa.reverts():
        story.collect(story.victim)
    with boa.reverts():
        story.house.pool.sync()
    assert story.books() == (FUNDS, FUNDS - 3_000, 3_000, 0, 0, 0)
    boa.env.set_code(story.token.address, code)
    assert story.collect(story.victim) == COMPENSATION


NASTY: dict[str, tuple[str, tuple[Any, ...], Callable[[Any, House], None]]] = {
    "blocks the pool": ("BlocklistToken", (), pool_blocked),
    "paused": ("PausableToken", (), paused),
    "burns gas": ("BurnsGasToken", (), burning),
    "balanceOf reverts": ("BrokenBalanceToken", (False,), lambda token, _: token.set_broken(True)),
    "balance gone": (
        "ConfiscatingToken",
        (),
        lambda token, house: token.confiscate(house.pool.address, FUNDS),
    ),
    "code gone": ("PlainToken", (18,), lambda token, _: boa.env.set_code(token.address, b"")),
}


@pytest.mark.parametrize(("name", "arguments", "turn_nasty"), NASTY.values(), ids=NASTY.keys())
def test_a_broken_token_stops_no_opening_reply_breach_or_closing(
    name: str, arguments: tuple[Any, ...], turn_nasty: Callable[[Any, House], None]
) -> None:
    # Promise 4.
    story = Story(make(name, *arguments))
    house, desk = story.house, story.house.desk
    turn_nasty(story.token, house)
    opened = house.open()
    house.reply(opened)
    house.follow_up(opened)
    house.reply(story.tickets[0])
    story.claim()
    desk.close(opened, sender=house.requester)
    desk.close(story.tickets[2], sender=story.victim)
    assert desk.ticket(story.tickets[0]).breached == FIRST_REPLY
    assert house.pool.books().credited == 3_000


# ---------------------------------------------------------------- balances that move by themselves


def test_rebasing_up_is_free_money_once_synced() -> None:
    story = Story(make("RebasingToken"))
    story.token.rebase(2 * 10**18)
    story.house.pool.sync()
    assert story.books() == (2 * FUNDS, FUNDS, 0, 0, 0, FUNDS)
    story.claim()
    for person in story.people:
        assert story.collect(person) == COMPENSATION
    story.assert_everything_is_covered()


def test_rebasing_up_unsynced_pays_everybody() -> None:
    story = Story(make("RebasingToken"))
    story.token.rebase(3 * 10**18)
    story.claim()
    for person in story.people:
        # Three units a share: a third of a unit is not moved, and stays credited.
        sent = story.collect(person)
        assert COMPENSATION - 3 < sent <= COMPENSATION
        assert story.house.pool.collectable(person) == COMPENSATION - sent
    story.assert_everything_is_covered()


def shrink_by_rebase(story: Story) -> None:
    story.token.rebase(10**17)


def shrink_by_confiscation(story: Story) -> None:
    story.token.confiscate(story.house.pool.address, FUNDS - FUNDS // 10)


SHRINKING: dict[str, tuple[str, Callable[[Story], None]]] = {
    "rebasing down": ("RebasingToken", shrink_by_rebase),
    "balance gone": ("ConfiscatingToken", shrink_by_confiscation),
}


@pytest.mark.parametrize(("name", "shrink"), SHRINKING.values(), ids=SHRINKING.keys())
def test_a_loss_is_what_the_books_say(name: str, shrink: Callable[[Story], None]) -> None:
    story = Story(make(name))
    story.claim()
    shrink(story)
    story.house.pool.sync()
    assert story.books() == (FUNDS // 10, FUNDS - 3_000, 3_000, 0, 0, 0)


@pytest.mark.parametrize(("name", "shrink"), SHRINKING.values(), ids=SHRINKING.keys())
def test_a_loss_pays_out_what_is_left_and_keeps_the_rest_credited(
    name: str, shrink: Callable[[Story], None]
) -> None:
    story = Story(make(name))
    story.claim()
    shrink(story)
    assert [story.collect(person) for person in story.people[:2]] == [1_000, 650]
    assert story.held() == 0
    with boa.reverts("pool: funds are gone"):
        story.collect(story.victim)
    assert story.books() == (0, FUNDS - 3_000, 1_350, 0, 0, 0)


@pytest.mark.parametrize(("name", "shrink"), SHRINKING.values(), ids=SHRINKING.keys())
def test_a_loss_lets_the_operator_withdraw_nothing(name: str, shrink: Callable[[Story], None]) -> None:
    story = Story(make(name))
    house = story.house
    story.fund(900)
    house.pool.announce_withdrawal(900, sender=house.operator)
    shrink(story)
    travel(30 * DAY)
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(1, house.operator, sender=house.operator)
    assert story.held() > 0


@pytest.mark.parametrize(("name", "shrink"), SHRINKING.values(), ids=SHRINKING.keys())
def test_after_a_loss_new_tickets_are_not_backed(name: str, shrink: Callable[[Story], None]) -> None:
    story = Story(make(name))
    story.fund(WORST_CASE)
    shrink(story)
    story.house.pool.sync()
    assert story.house.desk.ticket(story.house.open()).backed is False


def test_after_a_loss_new_money_pays_the_victim_in_full() -> None:
    story = Story(make("ConfiscatingToken"))
    story.claim()
    shrink_by_confiscation(story)
    for person in story.people[:2]:
        story.collect(person)
    story.fund(FUNDS)
    assert story.collect(story.victim) == COMPENSATION
    assert story.collect(story.people[1]) == 350
    assert story.books() == (FUNDS - 1_350, FUNDS - 3_000, 0, 0, 0, 1_650)


# ---------------------------------------------------------------- recipients


@pytest.mark.parametrize("name", ["RevertsOnReceive", "BurnsGasOnReceive"])
def test_an_eth_recipient_that_refuses_hurts_only_itself(name: str) -> None:
    house = deploy_house(funds=3 * WORST_CASE)
    recipient, victim = make(name).address, boa.env.generate_address("victim")
    tickets = [house.open_for(recipient), house.open_for(victim)]
    travel(house.policy.targets[URGENT][0] + 1)
    with boa.reverts("pool: asset did not go out"):
        house.desk.claim(tickets[0], True)
    assert house.desk.claim_many(tickets) == 0b11
    with boa.reverts("pool: asset did not go out"):
        house.pool.collect(recipient)
    assert house.pool.collect(victim) == COMPENSATION
    assert house.pool.collectable(recipient) == COMPENSATION
    house.desk.close(tickets[1], sender=victim)
    assert tuple(house.pool.books()) == (15_500, WORST_CASE - COMPENSATION, COMPENSATION, 0, 0, 10_000)


def test_an_eth_recipient_that_returns_a_megabyte_is_paid_by_a_claim() -> None:
    house = deploy_house(funds=3 * WORST_CASE)
    recipient = make("ReturnsMegabyteOnReceive").address
    ticket = house.open_for(recipient)
    travel(house.policy.targets[URGENT][0] + 1)
    house.desk.claim(ticket, True)
    assert boa.env.get_balance(recipient) == COMPENSATION


# ---------------------------------------------------------------- bonds and fees


def contested(token: Any, funds: int = FUNDS) -> tuple[House, disputes.Dispute]:
    """A desk over the token, on which a requester contests a reply."""
    house = deploy_house(asset=token, funds=funds)
    return house, disputes.contest(house, disputes.replied(house))


@pytest.mark.parametrize("token", WELL_BEHAVED.values(), ids=WELL_BEHAVED.keys())
def test_a_winner_gets_its_bond_back_and_each_signer_its_fee(token: Callable[[], Any]) -> None:
    house, dispute = contested(token())
    assert house.panel.dispute(*dispute.name).bond == BOND
    assert house.asset.balanceOf(house.pool.address) == FUNDS + BOND
    disputes.submit(house, disputes.upheld(dispute), collect=True)
    assert house.asset.balanceOf(house.requester) == COMPENSATION + BOND
    for arbiter in house.arbiters[:3]:
        house.panel.collect_fees(arbiter.address, [dispute.name])
        assert house.asset.balanceOf(arbiter.address) == FEE // 3
    reserved = WORST_CASE - COMPENSATION
    # What the bond does not pay back, the fee, comes from free funds.
    assert disputes.books(house, dispute) == (
        *(FUNDS - COMPENSATION - FEE, reserved, 0, 0, 0),
        FUNDS - COMPENSATION - FEE - reserved,
    )


@pytest.mark.parametrize("token", WELL_BEHAVED.values(), ids=WELL_BEHAVED.keys())
def test_a_loser_leaves_its_bond_beyond_the_fee(token: Callable[[], Any]) -> None:
    house, dispute = contested(token())
    disputes.submit(house, disputes.rejected(dispute), collect=True)
    assert house.asset.balanceOf(house.requester) == 0
    books = disputes.books(house, dispute)
    assert (books.funds, books.bonded, books.free) == (FUNDS + BOND, FEE, FUNDS + BOND - FEE - WORST_CASE)


def requester_blocked(token: Any, house: House) -> None:
    token.set_blocked(house.requester, True)


def bond_not_approved(token: Any, house: House) -> None:
    token.approve(house.pool.address, 0, sender=house.requester)


@pytest.mark.parametrize(
    ("name", "arguments", "turn_nasty"),
    [
        ("PausableToken", (), paused),
        ("BlocklistToken", (), pool_blocked),
        ("BlocklistToken", (), requester_blocked),
        ("BurnsGasToken", (), burning),
        ("TrueOnFailureToken", (), switched_off),
        ("FeeOnTransferToken", (0,), everything_kept),
        ("FalseOnFailureToken", (), bond_not_approved),
        ("NoReturnToken", (), bond_not_approved),
    ],
)
def test_a_contest_whose_bond_does_not_come_in_is_refused(
    name: str, arguments: tuple[Any, ...], turn_nasty: Callable[[Any, House], None]
) -> None:
    house = deploy_house(asset=make(name, *arguments), funds=FUNDS)
    ticket_id = disputes.replied(house)
    disputes.give(house, house.requester, BOND)
    turn_nasty(house.asset, house)
    with disputes.refused(house, "pool: asset did not come in", (ticket_id, FIRST_REPLY)):
        house.panel.contest(ticket_id, FIRST_REPLY, COMPENSATION, b"\1" * 32, sender=house.requester)
    assert house.asset.balanceOf(house.requester) == BOND


@pytest.mark.parametrize(
    ("basis_points", "came_in", "share"),
    # The fee is at most what came in, and each of three signers gets a third of it.
    [(1_000, 45, 10), (5_000, 25, 8), (9_600, 2, 0)],
)
def test_a_bond_is_what_came_in_of_it(basis_points: int, came_in: int, share: int) -> None:
    house, dispute = contested(make("FeeOnTransferToken", basis_points), funds=10**6)
    assert house.panel.dispute(*dispute.name).bond == came_in == house.pool.books().bonded
    disputes.submit(house, disputes.upheld(dispute))
    assert house.panel.dispute(*dispute.name).fee_share == share
    assert house.pool.collectable(house.requester) == COMPENSATION + came_in
    assert disputes.books(house, dispute).bonded == 3 * share


@pytest.mark.parametrize(("name", "arguments", "turn_nasty"), NASTY.values(), ids=NASTY.keys())
@pytest.mark.parametrize("ruling", ["upheld", "rejected", "default"])
def test_a_broken_token_stops_no_ruling(
    name: str, arguments: tuple[Any, ...], turn_nasty: Callable[[Any, House], None], ruling: str
) -> None:
    house, dispute = contested(make(name, *arguments))
    turn_nasty(house.asset, house)
    if ruling == "default":
        disputes.wait_for_default(house)
        house.panel.rule_by_default(*dispute.name)
    else:
        disputes.submit(house, getattr(disputes, ruling)(dispute))
    won = {"upheld": COMPENSATION + BOND, "rejected": 0, "default": COMPENSATION + BOND}[ruling]
    assert house.pool.books().credited == won
    assert house.pool.books().bonded == (0 if ruling == "default" else FEE)


def test_a_blocked_arbiter_hurts_only_itself() -> None:
    house, dispute = contested(make("BlocklistToken"))
    blocked, *others = (arbiter.address for arbiter in house.arbiters[:3])
    house.asset.set_blocked(blocked, True)
    disputes.submit(house, disputes.rejected(dispute))
    with disputes.refused(house, "pool: asset did not go out", dispute.name):
        house.panel.collect_fees(blocked, [dispute.name])
    for arbiter in others:
        house.panel.collect_fees(arbiter, [dispute.name])
        assert house.asset.balanceOf(arbiter) == FEE // 3
    assert list(house.panel.dispute(*dispute.name).fee_open) == [blocked]
