# SPDX-License-Identifier: Apache-2.0
"""A keeper on a real node: what it does for a desk and its requesters, and that nobody is paid twice."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import keeper_house
import postgres
import pytest
import queue_house
from keeper_house import KeeperHouse
from queue_house import COIN, DAY, QueueHouse
from web3 import Web3

from benchmarks.node import ask
from makegood import policy as policies
from makegood import typed_data
from makegood.clock import Kind, Priority, Status
from makegood.database import Database
from makegood.indexer import schema
from makegood.keeper.duties.prove import Prove
from makegood.keeper.settings import WarnSettings
from makegood.receipts import read
from makegood.sending.outbox import MINED, REVERTED, SIGNED

HOUR = 3_600
URGENT = (3, 2, 5)  # thousandths, as the policy of the house says


class Crash(BaseException):
    """Nothing catches it."""


@pytest.fixture
def place(house: QueueHouse, tmp_path: Path) -> Iterator[KeeperHouse]:
    with keeper_house.kept(house, tmp_path) as made:
        yield made


def direct(place: KeeperHouse, name: str = "direct", priority: Priority = Priority.URGENT) -> bytes:
    """A ticket that the agent opens on the direct lane."""
    house = place.house
    commitment = bytes.fromhex(queue_house.digest(name)[2:])
    call = house.desk.open_ticket_for(house.requester.address, 1, priority, commitment)
    return bytes(call.send(house.agent).event("TicketOpened")["ticket_id"])


# ---------------------------------------------------------------- anchoring


def test_what_waits_is_anchored_once_it_is_old_enough(place: KeeperHouse) -> None:
    place.take(place.house.opened("one"), place.house.later("replied", "one"))
    place.rounds(2)
    assert place.events("lane", "BatchAnchored") == []
    place.pass_time(300)
    place.rounds(4)
    (event,) = place.events("lane", "BatchAnchored")
    assert tuple(event["counts"]) == (0, 0, 1, 0, 1)
    receipt = read(place.folder / "receipts" / f"{place.house.ticket('one')}.json")
    assert receipt.inclusion is not None
    assert receipt.inclusion.root == bytes(event["root"])
    assert [path.name for path in (place.folder / "published").iterdir()] == [
        f"{bytes(event['root']).hex()}.leaves"
    ]


def test_batches_that_another_agent_left_behind_take_no_place(place: KeeperHouse) -> None:
    for number in range(4):
        place.keeper.world.store.add(place.house.requester.address, 1, 0, number)
    place.take(place.house.opened("one"))
    place.pass_time(300)
    place.rounds(4)
    assert len(place.events("lane", "BatchAnchored")) == 1


def test_an_account_that_is_no_agent_anchors_nothing(place: KeeperHouse) -> None:
    place.keeper = place.started(keeper_house.key(4))
    place.take(place.house.opened("one"))
    place.pass_time(300)
    place.rounds(1, well=False)
    assert "is no agent" in place.keeper.health.failing["anchor"]
    assert place.keeper.world.store.batches() == ()


def test_two_keepers_of_one_store_anchor_each_event_once(place: KeeperHouse) -> None:
    other = place.started()
    for number in range(4):
        place.take(place.house.opened(f"ticket {number}"))
        place.pass_time(300)
        for keeper in (place.keeper, other, place.keeper):
            place.look()
            assert keeper.round()
    place.rounds(2)
    events = place.events("lane", "BatchAnchored")
    assert sum(sum(event["counts"]) for event in events) == 4
    assert len({bytes(event["root"]) for event in events}) == len(events)


def test_a_batch_that_a_reorganisation_takes_is_anchored_again(place: KeeperHouse) -> None:
    place.take(place.house.opened("one"))
    place.pass_time(300)
    before = ask(place.house.w3, "evm_snapshot")
    place.rounds(3)
    (first,) = place.events("lane", "BatchAnchored")
    ask(place.house.w3, "evm_revert", before)
    ask(place.house.w3, "evm_mine")
    ask(place.house.w3, "evm_mine")
    ask(place.house.w3, "evm_mine")
    place.rounds(3, well=False)
    (again,) = place.events("lane", "BatchAnchored")
    assert again["root"] == first["root"]


# ---------------------------------------------------------------- challenges


def prove_by_hand(place: KeeperHouse, name: str) -> None:
    house = place.house
    receipt = read(place.folder / "receipts" / f"{house.ticket(name)}.json")
    found = receipt.inclusion
    assert found is not None
    place.pass_time(1)  # what was anchored in the second of a proof answers nothing
    house.desk.lane.prove_ticket(
        found.batch,
        found.index,
        found.path,
        receipt.requester,
        receipt.commitment,
        receipt.opened_at,
        value=house.desk.policy(1).prove_bond,
    ).send(house.requester)


def test_a_false_claim_is_answered_with_what_was_anchored(place: KeeperHouse) -> None:
    name = "one"
    place.anchored(
        place.house.opened(name, "urgent"),
        place.house.later("replied", name),
        place.house.later("solved", name),
    )
    prove_by_hand(place, name)
    assert place.house.desk.ticket(place.ticket(name)).status is Status.OPEN
    place.rounds(3)
    assert [event["sequence"] for event in place.events("lane", "EntryShown")] == [1, 2]
    assert place.house.desk.ticket(place.ticket(name)).status is Status.SOLVED
    place.pass_time(DAY + 1)
    place.rounds(3)
    (ended,) = place.events("lane", "ChallengeEnded")
    assert not ended["returned"]
    assert place.compensated() == []


def test_entries_are_shown_once_each_in_calls_one_after_the_other(place: KeeperHouse) -> None:
    name, house = "long", place.house
    later = [
        event for _ in range(10) for event in (house.later("replied", name), house.later("followed_up", name))
    ]
    for number, event in enumerate(later):
        event["id"] = f"event {number}"
    place.anchored(house.opened(name, "low"), *later)
    prove_by_hand(place, name)
    place.rounds(5)
    assert [event["sequence"] for event in place.events("lane", "EntryShown")] == list(range(1, 21))


def test_an_unanswered_batch_ticket_is_proven_claimed_and_paid(place: KeeperHouse) -> None:
    house, name = place.house, "silent"
    house.desk.directory.name_keeper(place.account.address).send(house.requester)
    before = house.w3.eth.get_balance(Web3.to_checksum_address(house.requester.address))
    place.anchored(house.opened(name, "urgent"))
    place.pass_time(9 * HOUR)
    place.rounds(3)
    assert len(place.events("lane", "TicketProven")) == 1
    place.pass_time(DAY + 1)
    place.rounds(5)
    kinds = int(Kind.FIRST_REPLY | Kind.RESOLUTION)
    amount = (URGENT[0] + URGENT[2]) * COIN // 1_000
    assert place.compensated() == [(place.ticket(name), kinds, amount)]
    after = house.w3.eth.get_balance(Web3.to_checksum_address(house.requester.address))
    assert after - before == amount
    place.rounds(3)
    assert len(place.compensated()) == 1


def test_an_answer_in_time_that_is_anchored_later_is_not_challenged(place: KeeperHouse) -> None:
    house, name = place.house, "answered in its last minute"
    house.desk.directory.name_keeper(place.account.address).send(house.requester)
    place.anchored(house.opened(name, "urgent"))
    place.pass_time(HOUR - 480)
    place.take(house.later("solved", name))
    place.pass_time(240)
    place.rounds(3)
    assert len(place.events("lane", "BatchAnchored")) == 1  # overdue by all that is on the chain
    place.pass_time(300)
    place.rounds(4)
    assert len(place.events("lane", "BatchAnchored")) == 2
    place.pass_time(9 * HOUR)
    place.rounds(4)
    assert place.events("lane", "TicketProven") == []


def test_a_bond_is_risked_only_when_it_would_soon_be_too_late(place: KeeperHouse) -> None:
    house, name = place.house, "silent"
    place.anchored(house.opened(name, "urgent"))
    place.rounds(2)
    duty, tickets = Prove(place.keeper.world), schema.tickets
    with place.keeper.world.seen() as seen:
        (row,) = seen.rows(tickets, tickets.c.ticket_id == house.ticket(name))
    due, lag, until = row["reply_due"], house.desk.policy(1).anchor_lag, row["provable_until"]
    certain = due + lag + 60
    worth = [now for now in (due + 1, certain, certain + 1, until) if duty.is_worth_it(row, now, now)]
    assert worth == [certain + 1, until]
    # Leaves that nobody has seen keep it back, until the last two hours.
    assert [duty.is_worth_it(row, now, certain) for now in (until - 7_201, until - 7_200)] == [False, True]


def test_a_proof_s_bond_is_put_down_and_comes_back(place: KeeperHouse) -> None:
    house, name = place.house, "silent"
    text = queue_house.POLICY + 'bonds: {contest: "0.01", prove: "0.002"}\n'
    house.desk.publish_policy(policies.parse(text).to_chain(), "With bonds").send(house.operator)
    house.desk.directory.name_keeper(place.account.address).send(house.requester)
    place.take(house.opened(name, "urgent"), policy=3)
    place.pass_time(300)
    place.rounds(3)
    place.pass_time(9 * HOUR)
    place.rounds(3)
    assert [event["bond"] for event in place.events("lane", "TicketProven")] == [2 * COIN // 1_000]
    place.pass_time(DAY + 1)
    place.rounds(5)
    (ended,) = place.events("lane", "ChallengeEnded")
    assert (ended["prover"], ended["bond"], ended["returned"]) == (
        place.account.address,
        2 * COIN // 1_000,
        True,
    )
    assert len(place.compensated()) == 1


def signed_naming(place: KeeperHouse, **changes: object) -> dict[str, object]:
    """As `ape run name_keeper --sign` writes it."""
    house, directory = place.house, place.house.desk.directory
    fields = {"keeper": place.account.address, "nonce": 0, "deadline": 2**32 - 1}
    message = typed_data.name_keeper(
        house.desk.chain_id, directory.address, requester=house.requester.address, **fields
    )
    return {
        "chain_id": house.desk.chain_id,
        "desk": house.desk.address,
        "signer": house.requester.address,
        "signature": "0x" + house.requester.sign_typed(message).hex(),
        "directory": directory.address,
        "type": "makegood/signed-keeper/1",
        **fields,
        **changes,
    }


def test_a_signed_naming_is_sent_once_a_ticket_is_breached(place: KeeperHouse) -> None:
    folder = place.folder / "namings"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(signed_naming(place)), "utf-8")
    (folder / "2.json").write_text("[", "utf-8")
    (folder / "3.json").write_text(json.dumps(signed_naming(place, desk="0x" + "1" * 40)), "utf-8")
    place.anchored(place.house.opened("silent", "urgent"))
    named = place.house.desk.directory
    assert list(named.events(("KeeperNamed",))) == []
    place.pass_time(9 * HOUR)
    place.rounds(4)
    assert len(list(named.events(("KeeperNamed",)))) == 1
    assert len(place.events("lane", "TicketProven")) == 1


def test_a_stranger_s_batch_ticket_is_not_proven(place: KeeperHouse) -> None:
    place.anchored(place.house.opened("silent", "urgent"))
    place.pass_time(9 * HOUR)
    place.rounds(2)
    assert place.events("lane", "TicketProven") == []


# ---------------------------------------------------------------- claims


def test_a_late_ticket_is_claimed_and_collected_kind_by_kind(place: KeeperHouse) -> None:
    ticket = direct(place)
    place.rounds(2)
    assert place.compensated() == []
    place.pass_time(HOUR + 1)
    place.rounds(4)
    place.pass_time(8 * HOUR)
    place.rounds(4)
    assert [(each[0], each[1]) for each in place.compensated()] == [
        (ticket, int(Kind.FIRST_REPLY)),
        (ticket, int(Kind.RESOLUTION)),
    ]
    assert sum(place.paid()) == (URGENT[0] + URGENT[2]) * COIN // 1_000


def test_two_keepers_on_different_accounts_pay_once(place: KeeperHouse) -> None:
    direct(place)
    other = place.started(keeper_house.key(4), Database(f"sqlite:///{place.folder / 'other.sqlite'}"))
    other.world.settings = place.keeper.world.settings
    place.pass_time(HOUR + 1)
    place.look()
    # Both have simulated, signed and kept theirs before either is sent.
    for keeper in (place.keeper, other):
        keeper._lane._step = crash_after("signed")
        with pytest.raises(Crash):
            keeper.round()
        keeper._lane._step = lambda _: None
        assert [each.state for each in keeper.world.outbox.beginning("claim:")] == [SIGNED]
    ask(place.house.w3, "evm_setAutomine", False)
    for keeper in (place.keeper, other):
        keeper._lane.work()
    ask(place.house.w3, "evm_setAutomine", True)
    ask(place.house.w3, "evm_mine")
    for _ in range(3):
        for keeper in (place.keeper, other):
            place.look()
            keeper.round()
    states = sorted(
        keeper.world.outbox.beginning("claim:", (MINED, REVERTED, "final"))[0].state
        for keeper in (place.keeper, other)
    )
    assert states in ([MINED, REVERTED], ["final", REVERTED])
    assert len(place.compensated()) == 1
    assert sum(place.paid()) == URGENT[0] * COIN // 1_000


def test_a_claim_that_a_reorganisation_takes_is_made_again(place: KeeperHouse) -> None:
    direct(place)
    place.pass_time(HOUR + 1)
    before = ask(place.house.w3, "evm_snapshot")
    place.rounds(4)
    assert len(place.compensated()) == 1
    ask(place.house.w3, "evm_revert", before)
    for _ in range(6):
        ask(place.house.w3, "evm_mine")
    assert place.compensated() == []
    place.rounds(4, well=False)
    assert len(place.compensated()) == 1
    assert sum(place.paid()) == URGENT[0] * COIN // 1_000


# ---------------------------------------------------------------- what is over


def test_a_node_that_is_down_is_waited_for(place: KeeperHouse) -> None:
    direct(place)
    place.pass_time(HOUR + 1)
    place.look()
    w3 = place.house.w3
    real = w3.provider.endpoint_uri  # type: ignore[attr-defined]
    w3.provider.endpoint_uri = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    try:
        assert not place.keeper.round()
        assert "no usable answer" in place.keeper.health.failing["chain"]
    finally:
        w3.provider.endpoint_uri = real  # type: ignore[attr-defined]
    place.rounds(4)
    assert len(place.compensated()) == 1


def test_a_solved_ticket_is_closed_once_it_cannot_be_contested(place: KeeperHouse) -> None:
    ticket = direct(place)
    place.house.desk.reply(ticket, Status.SOLVED, b"\1" * 32).send(place.house.agent)
    place.rounds(2)
    assert place.house.desk.ticket(ticket).status is Status.SOLVED
    place.pass_time(7 * DAY + 1)
    place.rounds(2)
    assert place.house.desk.ticket(ticket).status is Status.CLOSED


def test_an_expired_batch_is_released_once(place: KeeperHouse) -> None:
    place.anchored(place.house.opened("one", "urgent"))
    assert place.house.desk.lane.batch(1).reserved > 0
    place.pass_time(40 * DAY)
    place.rounds(4)
    assert place.house.desk.lane.batch(1).reserved == 0
    assert len(place.events("lane", "BatchReleased")) == 1


def test_all_of_it_on_postgres(house: QueueHouse, tmp_path: Path) -> None:
    warn = WarnSettings((HOUR // 2,), file=tmp_path / "warnings.jsonl")
    with (
        postgres.server() as server,
        keeper_house.kept(house, tmp_path, server.fresh(), server.fresh(), warn=warn) as place,
    ):
        house.desk.directory.name_keeper(place.account.address).send(house.requester)
        solved = direct(place, "solved")
        late = direct(place, "late")
        house.desk.reply(solved, Status.SOLVED, b"\1" * 32).send(house.agent)
        place.anchored(house.opened("silent", "urgent"))
        place.pass_time(40 * 60)
        place.rounds(2)
        assert len((tmp_path / "warnings.jsonl").read_text().splitlines()) == 2
        place.pass_time(9 * HOUR)
        place.rounds(4)
        place.pass_time(DAY + 1)
        place.rounds(5)
        place.pass_time(40 * DAY)
        place.rounds(4)
        assert {each[0] for each in place.compensated()} == {late, place.ticket("silent")}
        assert sum(place.paid()) == 2 * (URGENT[0] + URGENT[2]) * COIN // 1_000
        assert house.desk.ticket(solved).status is Status.CLOSED
        assert place.keeper.health.failing == {}


def test_a_keeper_waits_for_an_index_that_is_behind(place: KeeperHouse) -> None:
    direct(place)
    place.pass_time(HOUR + 1)
    place.rounds(1)
    # Here it learns that its claim is mined, in a block that the index does not have.
    assert place.keeper.round()
    assert place.keeper.round()
    assert "index" in place.keeper.health.failing["claim"]


def crash_after(step: str) -> Callable[[str], None]:
    def crash(name: str) -> None:
        if name == step:
            raise Crash

    return crash
