# SPDX-License-Identifier: Apache-2.0
"""Published leaves in an index: fetched with care, checked against the root, counted like direct tickets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import queue_house
from asking import ask
from queue_house import DAY, QueueHouse, digest
from web3 import HTTPProvider, Web3

from checks.served import served
from makegood.batches import Act, Batch, Entry, file_name, prove, write_leaves
from makegood.clock import Priority
from makegood.desk import Shown
from makegood.explorer import Settings, create_app
from makegood.explorer.reading import shown_address
from makegood.indexer import contracts, queries, schema
from makegood.indexer.download import through
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.standing import standing
from makegood.indexer.store import Store, default_url

HOUR = 3_600


@dataclass
class Lane:
    """A desk, a folder of published leaves, an index, and the time that its fetching goes by."""

    house: QueueHouse
    folder: Path
    address: str
    store: Store
    follower: Follower
    time: float = 0.0
    private: bool = True
    gateway: str | None = None
    most: int = 1_000

    def anchor(self, batch: Batch, *, published: bool = True, uri: str | None = None) -> int:
        if published:
            write_leaves(batch, self.folder)
        number = self.house.desk.lane.batch_count() + 1
        address = self.address if uri is None else uri
        self.house.desk.lane.anchor_batch(1, batch.root, batch.counts, address).send(self.house.agent)
        return number

    def opening(self, name: str, at: int) -> Entry:
        commitment = bytes.fromhex(digest(name)[2:])
        ticket = bytes.fromhex(self.house.ticket(name)[2:])
        return Entry(ticket, 0, Act.OPENED, at, self.house.requester.address, commitment)

    def later(self, name: str, sequence: int, act: Act, at: int) -> Entry:
        actor = self.house.requester if act is Act.FOLLOWED_UP else self.house.agent
        ticket = bytes.fromhex(self.house.ticket(name)[2:])
        return Entry(
            ticket, sequence, act, at, actor.address, bytes.fromhex(digest(f"{name} {sequence}")[2:])
        )

    def look(self) -> None:
        """Index what there is, and what is published."""
        chain = self.house.desk.chain_id
        files = LeafFiles(
            self.store,
            chain,
            most=self.most,
            private=self.private,
            gateway=self.gateway,
            clock=lambda: self.time,
        )
        backfill(self.follower, files, lambda _: None)
        self.time += DAY

    def batch(self, number: int) -> dict[str, Any]:
        return self._one(schema.batches, batch=number)

    def file(self, number: int) -> dict[str, Any]:
        return self._one(schema.leaf_files, batch=number)

    def ticket(self, name: str) -> dict[str, Any]:
        return self._one(schema.tickets, ticket_id=self.house.ticket(name))

    def _one(self, table: Any, **key: Any) -> dict[str, Any]:
        with self.store.reading() as connection:
            found = queries.one(connection, table, **key)
        assert found is not None
        return dict(found)

    def attainment(self) -> dict[int, tuple[int, int]]:
        """By kind: kept, broken."""
        found: dict[int, tuple[int, int]] = {}
        desk = self.house.desk
        with self.store.reading() as connection:
            now = self.house.now
            where = desk.chain_id, desk.address.lower()
            for each in queries.attainment(connection, *where, since_day=0, now=now):
                kept, broken = found.get(each.kind, (0, 0))
                found[each.kind] = kept + each.kept, broken + each.breached
        return found


@pytest.fixture
def lane(anvil_url: str, tmp_path: Path) -> Iterator[Lane]:
    house = queue_house.build(Web3(HTTPProvider(anvil_url)))
    store = Store(default_url(tmp_path / "index"))
    node = Node(anvil_url)
    contracts.follow(store, node, [], [house.desk.address])
    with served(tmp_path / "leaves") as address:
        yield Lane(house, tmp_path / "leaves", address, store, Follower(store, node))
    store.close()


def batch_of(*openings: Entry, later: tuple[Entry, ...] = ()) -> Batch:
    return Batch.of([(each, Priority.URGENT) for each in openings], later)


def test_tickets_of_both_lanes_are_counted_alike(lane: Lane) -> None:
    """The same story told twice: once directly, once in a batch."""
    house = lane.house
    start = house.now
    direct = {}
    for name in ("kept", "late", "silent"):
        commitment = bytes.fromhex(digest(f"direct {name}")[2:])
        call = house.desk.open_ticket_for(house.requester.address, 1, 0, commitment)
        direct[name] = bytes(call.send(house.agent).event("TicketOpened")["ticket_id"])
    lane.look()
    alone = lane.attainment()
    openings = [lane.opening(name, start) for name in ("kept", "late", "silent")]
    house.desk.reply(direct["kept"], 4, b"\1" * 32).send(house.agent)
    lane.anchor(batch_of(*openings, later=(lane.later("kept", 1, Act.SOLVED, house.now),)))
    house.w3.provider.make_request("evm_increaseTime", [2 * HOUR])  # type: ignore[arg-type]
    house.desk.reply(direct["late"], 4, b"\2" * 32).send(house.agent)
    lane.anchor(batch_of(later=(lane.later("late", 1, Act.SOLVED, house.now),)))
    house.w3.provider.make_request("evm_increaseTime", [9 * HOUR])  # type: ignore[arg-type]
    house.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    lane.look()
    assert alone == {}
    # Each lane: two first replies in time or not at all, one late; of three resolutions one is missed.
    assert lane.attainment() == {1: (2, 4), 4: (4, 2)}
    for name, ticket in direct.items():
        row = lane.ticket(name)
        with lane.store.reading() as connection:
            other = queries.one(connection, schema.tickets, ticket_id="0x" + ticket.hex())
            policy = queries.policy_of(connection, row["chain"], row["desk"], 1)
        assert other is not None
        assert policy is not None
        assert (row["status"], row["replied"]) == (other["status"], other["replied"])
        ours, theirs = standing(row, policy, house.now), standing(other, policy, house.now)
        assert (ours.breached, ours.amount, ours.turn) == (theirs.breached, theirs.amount, theirs.turn)
        assert (ours.way, theirs.way) in {("prove", "claim"), (None, None)}


def test_a_batch_says_whether_its_leaves_are_there_and_right(lane: Lane) -> None:
    at = lane.house.now
    there = lane.anchor(batch_of(lane.opening("there", at)))
    nowhere = lane.anchor(batch_of(lane.opening("nowhere", at)), published=False)
    silent = lane.anchor(batch_of(lane.opening("silent", at)), published=False, uri="")
    false = batch_of(lane.opening("false", at))
    wrong = lane.anchor(false, published=False)
    (lane.folder / file_name(false.root)).write_bytes(batch_of(lane.opening("other", at)).leaves)
    lane.look()
    assert [lane.batch(each)["leaves"] for each in (there, nowhere, silent, wrong)] == [
        "published", "missing", "missing", "wrong",
    ]  # fmt: skip
    assert "answers 404" in lane.file(nowhere)["reason"]
    assert "names no http" in lane.file(silent)["reason"]
    with lane.store.reading() as connection:
        tickets = [row["ticket_id"] for row in queries.rows(connection, schema.tickets.select())]
    assert tickets == [lane.house.ticket("there")]


def test_leaves_that_come_later_are_found(lane: Lane) -> None:
    batch = batch_of(lane.opening("later", lane.house.now))
    number = lane.anchor(batch, published=False)
    lane.look()
    assert lane.batch(number)["leaves"] == "missing"
    write_leaves(batch, lane.folder)
    lane.time = lane.file(number)["next_at"] - 1
    lane.look()
    assert lane.batch(number)["leaves"] == "missing"
    lane.look()
    assert lane.batch(number)["leaves"] == "published"
    assert lane.ticket("later")["source"] == "leaves"


def test_a_ticket_s_page_tells_all_that_is_written_of_it(lane: Lane) -> None:
    house, name = lane.house, "told"
    lane.anchor(batch_of(lane.opening("other", house.now), lane.opening(name, house.now)))
    solved = lane.later(name, 1, Act.SOLVED, house.now)
    strange = replace(solved, sequence=7, act=99, at=2**255)
    leaves = (solved, lane.later("other", 1, Act.REPLIED, house.now), strange)
    lane.anchor(Batch(b"".join(each.encoded() for each in leaves), (0, 0, 0, 0, 3)))
    lane.look()
    app = create_app(lane.store, Settings(rate=0, stale_after=0))
    place = f"{house.desk.chain_id}/{house.ticket(name)}"
    view = json.loads(ask(app, f"/api/v1/ticket/{place}").text)["view"]
    told = [each["told"] for each in view["timeline"]]
    assert [each.split(", of ")[0] for each in told] == [
        "Written in batch 1: opened",
        "Written in batch 2: solved",
        "Written in batch 2: something that no ticket has",
    ]
    assert shown_address(house.requester.address) in told[0]
    for code, says in (("en", "Written in "), ("zh", " 记载")):
        page = ask(app, f"/{code}/ticket/{place}")
        assert (page.status, page.text.count(says)) == (200, 3)
    assert f"0x{solved.encoded().hex()}" in page.text


def test_once_proven_only_the_chain_counts(lane: Lane) -> None:
    house = lane.house
    opening = lane.opening("proven", house.now)
    batch = batch_of(opening, later=(lane.later("proven", 1, Act.REPLIED, house.now),))
    number = lane.anchor(batch)
    lane.look()
    row = lane.ticket("proven")
    assert (row["source"], row["status"], row["replied"], row["leaf_index"]) == ("leaves", 2, True, 0)
    found = prove(batch, number, 0)
    bond = house.desk.policy(1).prove_bond
    house.desk.lane.prove_ticket(
        number, found.index, found.path, opening.actor, opening.digest, opening.at, value=bond
    ).send(house.requester)
    lane.look()
    row = lane.ticket("proven")
    assert (row["source"], row["status"], row["replied"], row["challenged"]) == ("chain", 1, False, True)
    with lane.store.reading() as connection:
        promises = queries.rows(connection, schema.promises.select())
        tallies = queries.rows(connection, schema.tallies.select())
    assert [each["state"] for each in promises] == ["running", "running"]
    assert [(each["status"], each["tickets"]) for each in tallies] == [(1, 1)]


def test_the_contest_window_begins_where_the_challenge_ends(lane: Lane) -> None:
    """The batch's solution may be older than that: nobody can be sure that the requester saw it."""
    house, chain = lane.house, lane.house.desk
    opening, solved = lane.opening("solved", house.now), lane.later("solved", 1, Act.SOLVED, house.now)
    batch = batch_of(opening, later=(solved,))
    number = lane.anchor(batch)
    policy = chain.policy(1)
    first, second = prove(batch, number, 0), prove(batch, number, 1)
    chain.lane.prove_ticket(
        number, 0, first.path, opening.actor, opening.digest, opening.at, value=policy.prove_bond
    ).send(house.requester)
    shown = Shown(solved.act, solved.at, solved.actor, solved.digest, number, 1, second.path)
    chain.lane.prove_entries(opening.ticket_id, 1, [shown]).send(house.stranger)
    lane.look()
    row = lane.ticket("solved")
    until = row["challenge_until"]
    assert (row["challenged"], row["solved_at"]) == (True, solved.at)
    before = standing(row, policy, house.now)
    house.w3.provider.make_request("evm_setNextBlockTimestamp", [until + HOUR])  # type: ignore[arg-type]
    chain.lane.end_challenge(opening.ticket_id).send(house.stranger)
    lane.look()
    row, state = lane.ticket("solved"), chain.ticket(opening.ticket_id)
    assert int(row["word"], 16) == chain.ticket_word(opening.ticket_id)
    assert row["solved_at"] == state.solved_at == until
    assert (row["challenged"], row["challenge_ended_at"]) == (False, until + HOUR)
    assert standing(row, policy, until + HOUR).contest_until == before.contest_until
    assert before.contest_until == until + policy.contest_window


def test_a_gateway_has_what_ipfs_addresses_name(lane: Lane) -> None:
    """The gateway is the reader's own: it may be in this machine's networks."""
    lane.private = False
    lane.gateway = lane.address.removesuffix("/")
    there = batch_of(lane.opening("there", lane.house.now))
    write_leaves(there, lane.folder / "ipfs" / "bafyfolder" / "leaves")
    number = lane.anchor(there, published=False, uri="ipfs://bafyfolder/leaves")
    climbing = lane.anchor(batch_of(lane.opening("climbing", lane.house.now)), uri="ipfs://bafyfolder/../../")
    lane.look()
    assert lane.batch(number)["leaves"] == "published"
    assert lane.ticket("there")["source"] == "leaves"
    assert lane.batch(climbing)["leaves"] == "missing"
    assert "names no http" in lane.file(climbing)["reason"]


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("ipfs://bafy", "http://gateway/ipfs/bafy"),
        ("ipfs://bafy/a/b-c.d/", "http://gateway/ipfs/bafy/a/b-c.d"),
        ("ipfs://bafy/../x", None),
        ("ipfs://bafy/./x", None),
        ("ipfs://bafy/%2e%2e/x", None),
        ("ipfs://bafy?x=1", None),
        ("ipfs://@evil.example/x", None),
        ("ipfs://", None),
        ("https://bafy", None),
    ],
)
def test_an_ipfs_address_leads_nowhere_but_to_its_content(address: str, asked: str | None) -> None:
    assert through("http://gateway/", address) == asked


def test_addresses_of_ones_own_network_are_not_asked(lane: Lane) -> None:
    lane.private = False
    number = lane.anchor(batch_of(lane.opening("private", lane.house.now)))
    lane.look()
    assert lane.batch(number)["leaves"] == "missing"
    assert "not on the public internet" in lane.file(number)["reason"]


def test_too_many_leaves_are_not_fetched(lane: Lane) -> None:
    lane.most = 2
    at = lane.house.now
    number = lane.anchor(batch_of(*(lane.opening(str(each), at) for each in range(3))))
    lane.look()
    assert lane.batch(number)["leaves"] == "missing"
    assert "more than the 2 that are fetched" in lane.file(number)["reason"]


def test_what_a_desk_anchors_without_right_is_no_ticket(lane: Lane) -> None:
    """An opening of somebody else's id, and a reply of nobody's agent."""
    house = lane.house
    at = house.now
    stolen = Entry(b"\7" * 32, 0, Act.OPENED, at, house.requester.address, b"\1" * 32)
    honest = lane.opening("honest", at)
    ticket = bytes.fromhex(house.ticket("honest")[2:])
    stranger = Entry(ticket, 1, Act.SOLVED, at, house.stranger.address, b"\2" * 32)
    lane.anchor(batch_of(stolen, honest, later=(stranger,)))
    lane.look()
    with lane.store.reading() as connection:
        rows = queries.rows(connection, schema.tickets.select())
    assert [(row["ticket_id"], row["status"]) for row in rows] == [(house.ticket("honest"), 1)]
