# SPDX-License-Identifier: Apache-2.0
"""A case as it is read from the chain, and what its ends do to the money, against what the chain does."""

import pytest
from case_house import EVIDENCE, MILLI, CaseHouse

from makegood.clock import Kind, Status
from makegood.desk import Ruling
from makegood.disputes import Effect, collect, disputes_of, open_disputes, read_case, reportable
from makegood.errors import NotFound, UsageError

DAY = 86_400
ENDS = ("upheld", "rejected", "silence")


def end(house: CaseHouse, ticket_id: bytes, kind: Kind, how: str, worth: int | None = None) -> None:
    """Ends the dispute on chain."""
    if how == "silence":
        house.wait(5 * DAY + 60)
        house.desk.panel.rule_by_default(ticket_id, kind).send(house.stranger)
        return
    case = house.case(ticket_id, kind)
    verdict = house.verdict(case, Ruling[how.upper()], worth if how == "upheld" else None)
    quorum = collect(house.w3, case, house.sources(verdict), house.now)
    house.desk.panel.submit_verdict(verdict, quorum.signatures).send(house.stranger)


def foretold(house: CaseHouse, ticket_id: bytes, kind: Kind, how: str, worth: int | None = None) -> Effect:
    return house.case(ticket_id, kind).effect(
        upheld=how != "rejected", worth=worth, signers=0 if how == "silence" else None
    )


def money(house: CaseHouse) -> tuple[int, int, int]:
    """What the requester can or will get, and the operator's free funds and debt."""
    pool = house.desk.pool
    mine = pool.collectable(house.requester.address) + pool.owed(house.requester.address)
    books = pool.books()
    return mine, books.free, books.debt


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("kind", [Kind.FIRST_REPLY, Kind.RESOLUTION])
@pytest.mark.parametrize("funds", [0, 11, 100])
def test_a_clock_kinds_end_does_what_was_foretold(house: CaseHouse, kind: Kind, how: str, funds: int) -> None:
    if funds:
        house.fund(funds * MILLI)
    ticket_id = house.open(Status.PENDING)
    house.contest(ticket_id, kind)
    told, before = foretold(house, ticket_id, kind, how), money(house)
    end(house, ticket_id, kind, how)
    after = money(house)
    assert before[1:] == (told.free_before, told.debt_before)
    assert after == (before[0] + told.requester, told.free_after, told.debt_after)
    assert house.desk.pool.owed(house.requester.address) == told.debt


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("funds", [0, 25, 300])
@pytest.mark.parametrize("worth", [20 * MILLI, 7 * MILLI])
def test_an_incidents_end_does_what_was_foretold(house: CaseHouse, how: str, funds: int, worth: int) -> None:
    if funds:
        house.fund(funds * MILLI)
    ticket_id = house.open(Status.PENDING)
    house.contest(ticket_id, Kind.INCIDENT, 20 * MILLI)
    asked = worth if how == "upheld" else None
    told, before = foretold(house, ticket_id, Kind.INCIDENT, how, asked), money(house)
    end(house, ticket_id, Kind.INCIDENT, how, asked)
    after = money(house)
    assert after == (before[0] + told.requester, told.free_after, told.debt_after)
    assert house.desk.pool.owed(house.requester.address) == told.debt


def test_the_signers_shares_are_what_was_foretold(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open()
    house.contest(ticket_id)
    told = foretold(house, ticket_id, Kind.RESOLUTION, "rejected")
    end(house, ticket_id, Kind.RESOLUTION, "rejected")
    assert (told.fee_share, told.signers) == (MILLI, 3)
    assert house.desk.panel.dispute(ticket_id, Kind.RESOLUTION).fee_share == MILLI


def test_what_the_clock_has_paid_meanwhile_is_not_foretold_again(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open(Status.HOLD)
    house.contest(ticket_id)
    house.wait(8 * 3_600 + 60)
    house.desk.claim(ticket_id).send(house.stranger)
    told, before = foretold(house, ticket_id, Kind.RESOLUTION, "upheld"), money(house)
    end(house, ticket_id, Kind.RESOLUTION, "upheld")
    assert (told.compensation, told.bond_back) == (0, 4 * MILLI)
    assert money(house)[0] == before[0] + 4 * MILLI


def test_older_debt_comes_before_a_winners_bond(house: CaseHouse) -> None:
    unbacked = house.open(Status.HOLD)
    house.wait(8 * 3_600 + 60)
    house.desk.claim(unbacked).send(house.stranger)
    ticket_id = house.open(Status.PENDING)
    house.contest(ticket_id, Kind.FIRST_REPLY)
    told = foretold(house, ticket_id, Kind.FIRST_REPLY, "rejected")
    end(house, ticket_id, Kind.FIRST_REPLY, "rejected")
    assert (told.debt_before, told.debt_after, told.free_after) == (5 * MILLI, 4 * MILLI, 0)
    assert house.desk.pool.books().debt == 4 * MILLI


# ---------------------------------------------------------------- what is read


def test_a_case_has_what_is_asked_who_decides_and_until_when(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id)
    contested_at = house.now
    case = house.case(ticket_id)
    assert case.dispute is not None
    assert (case.asked, case.dispute.bond, case.policy.fee) == (5 * MILLI, 4 * MILLI, 3 * MILLI)
    assert (case.epoch, case.seats.threshold) == (1, 3)
    assert case.seats.arbiters == tuple(one.address for one in house.arbiters)
    assert case.deadline == contested_at + 5 * DAY
    assert case.is_open


def test_the_history_has_the_desks_and_the_panels_events_in_order(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open()
    other = house.open()
    house.contest(other)
    house.contest(ticket_id)
    end(house, ticket_id, Kind.RESOLUTION, "upheld")
    case = house.case(ticket_id)
    assert [event.name for event in case.history] == [
        "TicketOpened",
        "TicketReplied",
        "TicketContested",
        "Contested",
        "BreachRecorded",
        "BreachUpheld",
        "BreachCompensated",
        "DisputeRuled",
    ]
    assert case.contested is not None
    assert case.contested["evidence_digest"] == EVIDENCE
    assert case.ruled is not None
    assert case.ruled["amount"] == 5 * MILLI


def test_a_case_without_a_dispute_is_a_report_by_todays_panel(house: CaseHouse) -> None:
    ticket_id = house.open()
    case = house.case(ticket_id)
    reportable(case)
    file = case.file()
    assert (file.dispute, file.evidence_digest, file.epoch) == (0, None, 1)
    assert (file.deadline + 1) % DAY == 0
    assert file.deadline >= house.now + 5 * DAY


def test_a_report_does_what_was_foretold(house: CaseHouse) -> None:
    house.fund()
    ticket_id = house.open()
    case = house.case(ticket_id)
    told, before = case.effect(upheld=True, signers=0), money(house)
    verdict = case.file().verdict(Ruling.UPHELD, evidence_digest=EVIDENCE)
    quorum = collect(house.w3, case, house.sources(verdict), house.now)
    house.desk.panel.report_breach(verdict, quorum.signatures).send(house.stranger)
    assert money(house) == (before[0] + 5 * MILLI, told.free_after, told.debt_after)
    assert told.requester == 5 * MILLI


def test_only_open_disputes_are_listed(house: CaseHouse) -> None:
    ruled, waits = house.open(), house.open()
    house.contest(ruled)
    house.contest(waits)
    end(house, ruled, Kind.RESOLUTION, "rejected")
    assert [event["ticket_id"] for event in open_disputes(house.desk)] == [waits]
    assert [dispute.number for dispute in disputes_of(house.desk, ruled).values()] == [1]


def test_a_ruled_dispute_has_nothing_to_sign(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id)
    end(house, ticket_id, Kind.RESOLUTION, "rejected")
    with pytest.raises(UsageError, match="was ruled before"):
        house.case(ticket_id).file()


def test_an_unknown_ticket_has_no_case(house: CaseHouse) -> None:
    with pytest.raises(NotFound, match="has no ticket"):
        read_case(house.desk, bytes(32), Kind.RESOLUTION, house.now)


# ---------------------------------------------------------------- what cannot be reported


def test_a_contested_kind_cannot_be_reported(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id)
    with pytest.raises(UsageError, match="was contested: dispute 1"):
        reportable(house.case(ticket_id))


def test_an_incident_cannot_be_reported(house: CaseHouse) -> None:
    with pytest.raises(UsageError, match="An incident cannot be reported"):
        reportable(house.case(house.open(), Kind.INCIDENT))


def test_a_closed_ticket_cannot_be_reported(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id).send(house.requester)
    with pytest.raises(UsageError, match="takes no report any more"):
        reportable(house.case(ticket_id))


def test_a_ticket_whose_contest_window_is_over_cannot_be_reported(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.wait(7 * DAY + 60)
    with pytest.raises(UsageError, match="takes no report any more"):
        reportable(house.case(ticket_id))


def test_a_compensated_kind_cannot_be_reported(house: CaseHouse) -> None:
    ticket_id = house.open(Status.HOLD)
    house.wait(8 * 3_600 + 60)
    house.desk.claim(ticket_id).send(house.stranger)
    with pytest.raises(UsageError, match="was compensated already"):
        reportable(house.case(ticket_id))
