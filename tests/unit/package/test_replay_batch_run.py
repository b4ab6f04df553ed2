# SPDX-License-Identifier: Apache-2.0
"""A small log on the batch lane of the in-process chain: the same breaches; where bonds and reserves go."""

from typing import NamedTuple

import pytest
from web3 import EthereumTesterProvider, Web3

from makegood import policy as policies
from makegood import replay
from makegood.clock import WEEK, Kind
from makegood.desk import Desk
from makegood.errors import LogError, UsageError
from makegood.replay import Batching

POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 1h, resolution: 8h, compensation: {first_reply: "0.5", next_reply: "0.25", resolution: "1"}}
  high: {first_reply: 2h, next_reply: 2h, resolution: 16h, compensation: {first_reply: "0.4", next_reply: "0.2", resolution: "0.8"}}
  normal: {first_reply: 4h, next_reply: 4h, resolution: 32h, compensation: {first_reply: "0.3", next_reply: "0.1", resolution: "0.6"}}
  low: {first_reply: 8h, next_reply: 8h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
bonds: {prove: "0.01"}
"""  # noqa: E501

# A, L: in time, answered in the opening's batch. H: late first reply, late next reply. C: never answered.
# Requesters go by the hash of a ticket's name: 5 has A, 11 C, 4 H, 2 L. The odd ones claim falsely.
LOG = (
    "ticket,event,at,priority\n"
    "A,opened,2030-01-07T08:00:00Z,high\n"
    "H,opened,2030-01-07T08:00:00Z,urgent\n"
    "A,replied,2030-01-07T08:00:00Z,\n"
    "L,opened,2030-01-07T08:00:01Z,low\n"
    "L,solved,2030-01-07T08:09:00Z,\n"
    "C,opened,2030-01-07T08:30:00Z,normal\n"
    "A,solved,2030-01-07T09:00:00Z,\n"
    "H,pending,2030-01-07T09:00:01Z,\n"
    "H,followed_up,2030-01-07T10:00:00Z,\n"
    "H,solved,2030-01-07T11:00:01Z,\n"
    "A,followed_up,2030-01-09T10:00:00Z,\n"
    "A,solved,2030-01-09T11:00:00Z,\n"
)
BREACHED = {
    "A": Kind(0),
    "H": Kind.FIRST_REPLY | Kind.NEXT_REPLY,
    "L": Kind(0),
    "C": Kind.FIRST_REPLY | Kind.RESOLUTION,
}


class Played(NamedTuple):
    """A finished replay."""

    w3: Web3
    result: replay.Result
    told: list[tuple[int, int]]

    @property
    def desk(self) -> Desk:
        """Where it took place."""
        return Desk(self.w3, self.result.desk)


def played(*, false_claims: bool) -> Played:
    w3, told = Web3(EthereumTesterProvider()), list[tuple[int, int]]()
    result = replay.run(
        replay.driver_for(w3),
        replay.parse_log(LOG),
        policies.parse(POLICY),
        batching=Batching(false_claims=false_claims),
        progress=lambda done, total: told.append((done, total)),
    )
    return Played(w3, result, told)


@pytest.fixture(scope="module")
def plain() -> Played:
    return played(false_claims=False)


@pytest.fixture(scope="module")
def false_claims() -> Played:
    return played(false_claims=True)


@pytest.fixture(scope="module", params=["plain", "false_claims"])
def either(request: pytest.FixtureRequest) -> Played:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Played)
    return found


def test_breaches_are_those_of_the_rules(either: Played) -> None:
    assert {ticket.ticket: ticket.breached for ticket in either.result.tickets} == BREACHED
    assert either.result.summary()["compensation"] == "1.65"


def test_bonds_come_back_but_for_those_of_refuted_proofs(plain: Played, false_claims: Played) -> None:
    for run, lost in ((plain, "0"), (false_claims, "0.01")):
        summary = run.result.summary()
        figures = summary["batches"]
        assert (figures["bonds_returned"], figures["bonds_lost"]) == ("0.02", lost)
        assert summary["collected"] == "1.67"


def test_every_step_is_told_once(either: Played) -> None:
    assert either.told == [(done, 16) for done in range(1, 17)]


def test_batches_are_at_multiples_of_ten_minutes(plain: Played) -> None:
    batches = [plain.desk.lane.batch(number) for number in range(1, plain.desk.lane.batch_count() + 1)]
    rows = replay.parse_log(LOG).rows
    assert [batch.anchored_at % 600 for batch in batches] == [0] * len(batches)
    assert (batches[0].anchored_at - rows[0].at) % WEEK == 0
    assert [batch.ends for batch in batches[:2]] == [(1, 2, 2, 2, 3), (0, 0, 0, 1, 2)]


def test_only_what_is_breached_is_proven(plain: Played) -> None:
    proven = [event.arguments["ticket_id"] for event in plain.desk.lane.events(["TicketProven"])]
    breached = [event.arguments["ticket_id"] for event in plain.desk.events(["BreachCompensated"])]
    assert len(proven) == 2
    assert set(proven) == set(breached)


def test_false_claims_are_refuted_and_cost_their_bond(false_claims: Played) -> None:
    ended = list(false_claims.desk.lane.events(["ChallengeEnded"]))
    # A's bond is lost: nothing was breached, and the desk had to show its reply.
    assert [(event.arguments["breached"], event.arguments["returned"]) for event in ended] == [
        (0, False),
        (int(Kind.FIRST_REPLY), True),
        (int(Kind.FIRST_REPLY | Kind.NEXT_REPLY), True),
    ]
    assert {event.arguments["bond"] for event in ended} == {10**16}


def test_after_its_challenge_a_ticket_is_direct(false_claims: Played) -> None:
    names = [event.name for event in false_claims.desk.events(["TicketReplied", "TicketFollowedUp"])]
    assert names == ["TicketFollowedUp", "TicketReplied"]


@pytest.mark.parametrize(("run", "kept"), [("plain", 0), ("false_claims", 10**16)])
def test_nothing_stays_reserved_but_for_proven_tickets(
    run: str, kept: int, request: pytest.FixtureRequest
) -> None:
    books = request.getfixturevalue(run).desk.pool.books()
    # 1.4 + 1.75 + 1.0 went in and 1.65 out; what of H and C is not breached stays until they are closed.
    assert books.funds == 25 * 10**17 + kept
    proven = 11 * 10**17 if run == "plain" else 25 * 10**17
    assert (books.reserved, books.bonded, books.credited) == (proven, 0, 0)


def test_the_summary_has_the_figures_of_the_lane(false_claims: Played) -> None:
    summary = false_claims.result.summary()
    figures = summary["batches"]
    assert summary["lane"] == "batch"
    assert figures["every"] == 600
    assert figures["anchored"] == false_claims.desk.lane.batch_count()
    assert figures["anchoring_gas"] == sum(false_claims.result.gas["anchor_batch"])
    assert figures["anchoring_gas_a_ticket"] == figures["anchoring_gas"] // 4
    assert (figures["proofs"], figures["proofs_refuted"], figures["challenges_ended"]) == (3, 1, 3)
    assert figures["entries_shown"] == len(list(false_claims.desk.lane.events(["EntryShown"]))) == 5


def test_a_log_that_the_desk_would_refuse_stops_it_before_the_first_transaction() -> None:
    w3 = Web3(EthereumTesterProvider())
    text = LOG + "A,followed_up,2030-06-09T08:00:00Z,\n"
    with pytest.raises(LogError, match="contest window is over"):
        replay.run(replay.driver_for(w3), replay.parse_log(text), policies.parse(POLICY), batching=Batching())
    assert w3.eth.block_number == 0


def test_batches_too_far_apart_stop_it_before_the_first_transaction() -> None:
    w3 = Web3(EthereumTesterProvider())
    with pytest.raises(UsageError, match="anchor lag"):
        replay.run(
            replay.driver_for(w3), replay.parse_log(LOG), policies.parse(POLICY), batching=Batching(1_000)
        )
    assert w3.eth.block_number == 0
