# SPDX-License-Identifier: Apache-2.0
"""The client of the panel, on the in-process chain."""

from collections.abc import Callable

import pytest
from case_house import EVIDENCE, MILLI, CaseHouse
from eth_account import Account

from makegood.clock import Kind
from makegood.desk import (
    MAX_ARBITERS,
    Dispute,
    DisputeState,
    Proposal,
    Ruling,
    Seats,
    majority,
    seated,
)
from makegood.disputes import collect
from makegood.errors import ChainRevert, NotFound, UsageError

DAY = 86_400


def rule(house: CaseHouse, ticket_id: bytes, outcome: Ruling, collect_too: bool = False) -> None:
    case = house.case(ticket_id)
    verdict = house.verdict(case, outcome)
    quorum = collect(house.w3, case, house.sources(verdict), house.now)
    house.desk.panel.submit_verdict(verdict, quorum.signatures, collect_too).send(house.stranger)


def refused(attempt: Callable[[], object], reason: str) -> bool:
    with pytest.raises(ChainRevert) as refusal:
        attempt()
    assert refusal.value.reason == reason
    return True


def test_contesting_gives_the_disputes_number_and_holds_the_bond(house: CaseHouse) -> None:
    ticket_id = house.open()
    call = house.desk.panel.contest(ticket_id, Kind.RESOLUTION, 5 * MILLI, EVIDENCE, 4 * MILLI)
    assert call.simulate(house.requester.address) == 1
    outcome = call.send(house.requester)
    assert [event.name for event in outcome.events] == ["TicketContested", "Bonded", "Contested"]
    assert house.desk.panel.dispute(ticket_id, Kind.RESOLUTION) == Dispute(
        number=1,
        state=DisputeState.OPEN,
        epoch=1,
        rules_until=outcome.at + 5 * DAY,
        amount=0,
        reserved=0,
        evidence_digest=EVIDENCE,
        bond=4 * MILLI,
        fee_share=0,
        fee_open=(),
    )
    assert house.desk.pool.books().bonded == 4 * MILLI
    assert house.desk.panel.dispute_count() == 1
    assert house.desk.panel.has_open_dispute(ticket_id)
    assert house.desk.ticket(ticket_id).disputed


def test_what_nobody_contested_is_no_dispute(house: CaseHouse) -> None:
    ticket_id = house.open()
    dispute = house.desk.panel.dispute(ticket_id, Kind.RESOLUTION)
    assert (dispute.number, dispute.state) == (0, DisputeState.NONE)
    assert not house.desk.panel.has_open_dispute(ticket_id)


def test_an_incident_shows_what_it_asks_and_what_is_set_aside(house: CaseHouse) -> None:
    house.fund(25 * MILLI)
    ticket_id = house.open()
    house.contest(ticket_id, Kind.INCIDENT, 20 * MILLI)
    dispute = house.desk.panel.dispute(ticket_id, Kind.INCIDENT)
    assert (dispute.amount, dispute.reserved, dispute.bond) == (20 * MILLI, 15 * MILLI, 6 * MILLI)


def test_an_upheld_verdict_is_paid_at_once_with_collect(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open()
    house.contest(ticket_id)
    before = house.desk.pool.balance_of(house.requester.address)
    rule(house, ticket_id, Ruling.UPHELD, collect_too=True)
    assert house.desk.pool.balance_of(house.requester.address) - before == 9 * MILLI


def test_signers_collect_their_shares_once(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id)
    rule(house, ticket_id, Ruling.REJECTED)
    panel, arbiter = house.desk.panel, house.arbiters[0].address
    assert panel.dispute(ticket_id, Kind.RESOLUTION).fee_open == tuple(
        one.address for one in house.arbiters[:3]
    )
    call = panel.collect_fees(arbiter, [(ticket_id, Kind.RESOLUTION)])
    assert call.simulate(house.stranger.address) == MILLI
    call.send(house.stranger)
    assert house.desk.pool.balance_of(arbiter) == MILLI
    assert refused(lambda: call.simulate(house.stranger.address), "panel: no fee to collect")


def test_silence_decides_for_the_requester_after_the_window(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open()
    house.contest(ticket_id)
    call = house.desk.panel.rule_by_default(ticket_id, Kind.RESOLUTION)
    assert refused(lambda: call.simulate(house.stranger.address), "panel: ruling window still runs")
    house.wait(5 * DAY + 60)
    call.send(house.stranger)
    assert house.desk.panel.dispute(ticket_id, Kind.RESOLUTION).state is DisputeState.DEFAULTED
    assert house.desk.pool.collectable(house.requester.address) == 9 * MILLI


def test_a_panel_is_proposed_and_adopted_after_the_notice(house: CaseHouse) -> None:
    panel = house.desk.panel
    others = [Account.create().address for _ in range(4)]
    outcome = panel.propose_panel(others).send(house.operator)
    usable = outcome.at + 30 * DAY
    assert panel.proposal() == Proposal(2, usable, usable + 7 * DAY)
    assert refused(lambda: panel.adopt_panel().simulate(house.operator.address), "panel: notice still runs")
    house.wait(30 * DAY + 60)
    panel.adopt_panel().send(house.operator)
    assert panel.epoch() == 2
    assert panel.seats(2) == Seats(tuple(seated(others)), 3)
    assert panel.proposal() == Proposal(0, 0, 0)
    assert panel.seats(1).arbiters == tuple(one.address for one in house.arbiters)


def test_a_proposal_is_cancelled(house: CaseHouse) -> None:
    panel = house.desk.panel
    panel.propose_panel([house.stranger.address]).send(house.operator)
    panel.cancel_panel().send(house.operator)
    assert panel.proposal().epoch == 0


def test_a_panel_that_never_was_is_not_found(house: CaseHouse) -> None:
    with pytest.raises(NotFound, match="no panel of epoch 9"):
        house.desk.panel.seats(9)


def test_the_panels_timeline_has_events_that_name_the_ticket_anywhere(house: CaseHouse) -> None:
    house.fund()
    ticket_id, other = house.open(), house.open()
    house.contest(other)
    house.contest(ticket_id)
    rule(house, ticket_id, Ruling.UPHELD)
    case = house.case(ticket_id, Kind.FIRST_REPLY)
    verdict = case.file().verdict(Ruling.UPHELD, evidence_digest=EVIDENCE)
    quorum = collect(house.w3, case, house.sources(verdict), house.now)
    reported = house.desk.panel.report_breach(verdict, quorum.signatures).send(house.stranger)
    timeline = house.desk.panel.timeline(ticket_id, span=2)
    assert [event.name for event in timeline] == ["Contested", "DisputeRuled", "BreachReported"]
    assert timeline[-1].at == reported.at


def test_events_of_the_panel_come_from_all_blocks(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id)
    names = [event.name for event in house.desk.panel.events(["PanelAdopted", "Contested"], span=3)]
    assert names == ["PanelAdopted", "Contested"]


# ---------------------------------------------------------------- who can be a panel


def test_arbiters_are_put_in_order_and_checksummed() -> None:
    two = ("0x" + "bb" * 20, "0x" + "0a" * 20)
    assert [int(one, 16) for one in seated(two)] == sorted(int(one, 16) for one in two)


@pytest.mark.parametrize(
    ("arbiters", "saying"),
    [
        (["0x12"], "can be no arbiter"),
        (["0x" + "00" * 20], "can be no arbiter"),
        (["0x" + "bb" * 20, "0x" + "BB" * 20], "among the arbiters twice"),
        ([f"0x{n:040x}" for n in range(1, MAX_ARBITERS + 2)], "at most 15 arbiters, not 16"),
    ],
)
def test_what_can_be_no_panel_is_refused(arbiters: list[str], saying: str) -> None:
    with pytest.raises(UsageError, match=saying):
        seated(arbiters)


@pytest.mark.parametrize(("count", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (15, 8)])
def test_a_majority_is_the_least_more_than_half(count: int, needed: int) -> None:
    assert majority(count) == needed
