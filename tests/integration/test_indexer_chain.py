# SPDX-License-Identifier: Apache-2.0
"""An index of a random history on a real node says what the contracts say, on SQLite and on Postgres."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select

from benchmarks.node import anvil
from checks.random_desk import RandomDesk
from checks.reorganisations import served
from makegood import clock
from makegood.clock import Kind, TicketState
from makegood.desk import Desk
from makegood.errors import MakegoodError
from makegood.indexer import contracts, dump, queries, schema
from makegood.indexer.audit import audit
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.standing import money, standing
from makegood.indexer.store import Store, default_url

ACTIONS = 280
NOBODY = "0x" + "00" * 20


@dataclass
class Told:
    """A history, its indexes by database, and a connection to one of them."""

    random: RandomDesk
    stores: dict[str, Store]

    @property
    def url(self) -> str:
        return str(self.random.w3.provider.endpoint_uri)  # type: ignore[attr-defined]

    @property
    def desk(self) -> Desk:
        return self.random.desk

    @property
    def address(self) -> str:
        return self.desk.address.lower()

    def follower(self, store: Store) -> Follower:
        node = Node(self.url)
        contracts.follow(store, node, [self.random.factory.address], [])
        return Follower(store, node)

    def index(self, store: Store) -> None:
        files = LeafFiles(store, self.desk.chain_id, private=True)
        backfill(self.follower(store), files, lambda _: None)
        while files.look():
            pass


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="module")
def told(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("index")
    with anvil() as w3, served(folder / "leaves") as address:
        desk = RandomDesk(w3, random.Random(11), folder / "leaves", address)
        desk.act(ACTIONS)
        stores = {"sqlite": Store(default_url(folder)), "postgres": Store(postgres_server.fresh())}
        made = Told(desk, stores)
        for store in stores.values():
            made.index(store)
        yield made
        for store in stores.values():
            store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest, told: Told) -> Iterator[Connection]:
    with told.stores[request.param].reading() as connection:
        yield connection


def rows(connection: Connection, table: Any, told: Told) -> list[dict[str, Any]]:
    return queries.rows(connection, select(table).where(table.c.desk == told.address))


def on_chain(connection: Connection, told: Told) -> list[dict[str, Any]]:
    return [row for row in rows(connection, schema.tickets, told) if row["source"] == "chain"]


# ---------------------------------------------------------------- what the contracts say


def test_the_history_reaches_every_part(connection: Connection, told: Told) -> None:
    """Without this the tests below could pass by seeing nothing."""
    found = {row["name"] for row in queries.rows(connection, select(schema.events.c.name).distinct())}
    assert found >= {
        "TicketOpened", "TicketReplied", "BotReplied",
        "TicketFollowedUp", "BreachRecorded", "BreachCompensated",
        "TicketContested", "TicketMoved", "TicketClosed", "BatchAnchored", "TicketProven", "EntryShown",
        "ChallengeEnded", "Contested", "DisputeRuled", "DeskDeployed", "PanelAdopted", "Reserved", "Released",
        "Credited", "Collected", "Bonded", "Unbonded", "Funded", "ChannelPublished", "KeeperNamed",
    }  # fmt: skip
    assert {row["source"] for row in rows(connection, schema.tickets, told)} == {"chain", "leaves"}


def test_tickets_are_as_the_desk_has_them(connection: Connection, told: Told) -> None:
    found = on_chain(connection, told)
    assert len(found) > 20
    for row in found:
        word = told.desk.ticket_word(bytes.fromhex(row["ticket_id"][2:]))
        assert int(row["word"], 16) == word
        state = TicketState.unpack(word)
        assert (row["requester"], row["status"], row["priority"], row["policy_id"]) == (
            state.requester.lower(), state.status, state.priority, state.policy_id,
        )  # fmt: skip
        assert (row["reply_due"], row["solved_at"]) == (state.reply_due, state.solved_at)
        assert (row["resolution_due"], row["resolution_remaining"]) == (
            state.resolution_due,
            state.resolution_remaining if state.status in (3, 4) else None,
        )
        assert (row["breached"], row["compensated"], row["backed"]) == (
            state.breached,
            state.compensated,
            state.backed,
        )
        assert (row["replied"], row["disputed"], row["proven"]) == (
            state.replied,
            state.disputed,
            state.proven,
        )


def test_what_can_be_claimed_is_what_the_desk_would_pay(connection: Connection, told: Told) -> None:
    # A view is asked at the time of the newest block.
    now = told.random.now()
    claimable = 0
    for row in on_chain(connection, told):
        policy = queries.policy_of(connection, row["chain"], row["desk"], row["policy_id"])
        assert policy is not None
        found = standing(row, policy, now)
        expected = told.desk.claimable(bytes.fromhex(row["ticket_id"][2:]))
        wanted = (
            (expected.kinds, expected.amount) if not row["challenged"] else (found.claimable, found.amount)
        )
        assert (found.claimable, found.amount) == wanted
        claimable += bool(found.claimable)
    assert claimable > 0


def test_breaches_are_recorded_once_and_paid_as_counted(connection: Connection, told: Told) -> None:
    by_ticket: dict[str, int] = {}
    paid: dict[str, int] = {}
    for row in rows(connection, schema.breaches, told):
        by_ticket[row["ticket_id"]] = by_ticket.get(row["ticket_id"], 0) | row["kind"]
        paid[row["ticket_id"]] = paid.get(row["ticket_id"], 0) + (row["amount"] or 0)
    assert any(by_ticket.values())
    for row in on_chain(connection, told):
        assert by_ticket.get(row["ticket_id"], 0) == row["breached"]
        assert paid.get(row["ticket_id"], 0) == row["paid"]


def test_books_and_accounts_are_the_pools(connection: Connection, told: Told) -> None:
    row = queries.one(connection, schema.desks, desk=told.address)
    assert row is not None
    found, books = money(row), told.desk.pool.books()
    assert (found.funds, found.reserved, found.credited) == (books.funds, books.reserved, books.credited)
    assert (found.bonded, found.debt, found.free) == (books.bonded, books.debt, books.free)
    people = (told.random.one, told.random.other, told.random.anyone)
    for person in people:
        account = queries.collectable(connection, row["chain"], told.address, person.address.lower())
        assert account.now == told.desk.pool.collectable(person.address)
    newest = queries.first(
        connection,
        select(schema.books)
        .where(schema.books.c.desk == told.address)
        .order_by(schema.books.c.block_number.desc()),
    )
    assert newest is not None
    assert money(newest) == found


def test_people_and_policies_are_as_on_chain(connection: Connection, told: Told) -> None:
    for row in rows(connection, schema.coverages, told):
        found = told.desk.coverage(row["holder"], row["policy_id"])
        assert (row["priority"], row["places"], row["used"], row["until"]) == (
            found.priority, found.places, found.used, found.until,
        )  # fmt: skip
    for row in rows(connection, schema.agents, told):
        assert row["allowance"] == told.desk.allowance(row["agent"])
        if row["kind"]:
            agent = told.desk.directory.agent(row["agent"])
            assert (row["kind"], row["since"], row["until"]) == (agent.kind, agent.since, agent.until)
    policies = rows(connection, schema.policies, told)
    assert len(policies) == told.desk.policy_count()
    for row in policies:
        assert queries.policy_of(connection, row["chain"], row["desk"], row["policy_id"]) == told.desk.policy(
            row["policy_id"]
        )
    desk = queries.one(connection, schema.desks, desk=told.address)
    assert desk is not None
    assert (desk["operator"], desk["name"]) == (told.random.operator.address.lower(), "First")
    assert (desk["asset_symbol"], desk["asset_decimals"]) == ("ETH", 18)


def test_disputes_and_panels_are_the_panels(connection: Connection, told: Told) -> None:
    found = rows(connection, schema.disputes, told)
    assert len(found) == told.desk.panel.dispute_count() > 0
    for row in found:
        dispute = told.desk.panel.dispute(bytes.fromhex(row["ticket_id"][2:]), Kind(row["kind"]))
        assert (row["dispute"], row["state"], row["epoch"]) == (dispute.number, dispute.state, dispute.epoch)
        assert row["rules_until"] == dispute.rules_until
    panel = queries.one(connection, schema.panels, desk=told.address, epoch=1)
    assert panel is not None
    assert json.loads(panel["arbiters"]) == [told.random.anyone.address.lower()]


def test_batches_and_proofs_are_the_lanes(connection: Connection, told: Told) -> None:
    found = rows(connection, schema.batches, told)
    assert len(found) == told.desk.lane.batch_count() > 0
    for row in found:
        batch = told.desk.lane.batch(row["batch"])
        assert (row["agent"], row["root"], row["reserved"]) == (
            batch.agent.lower(), "0x" + batch.root.hex(), batch.reserved,
        )  # fmt: skip
        assert (row["anchored_at"], row["expires_at"]) == (batch.anchored_at, batch.expires_at)
    for row in on_chain(connection, told):
        proof = told.desk.lane.proof(bytes.fromhex(row["ticket_id"][2:]))
        if proof is None:
            assert row["proven_at"] is None
            continue
        assert (row["proven_at"], row["batch"], row["prover"]) == (
            proof.proven_at,
            proof.batch,
            proof.prover.lower(),
        )
        assert (row["proof_sequence"], row["proof_answered"]) == (proof.sequence, proof.answered)


# ---------------------------------------------------------------- what is counted


def test_counts_are_those_of_the_rows(connection: Connection, told: Told) -> None:
    statuses: dict[tuple[int, ...], int] = {}
    for row in rows(connection, schema.tickets, told):
        key = row["lane"], row["priority"], row["status"]
        statuses[key] = statuses.get(key, 0) + 1
    tallies = rows(connection, schema.tallies, told)
    assert {(row["lane"], row["priority"], row["status"]): row["tickets"] for row in tallies} == statuses
    desk = queries.one(connection, schema.desks, desk=told.address)
    assert desk is not None
    assert desk["tickets"] == sum(statuses.values())
    settled = {"kept": 0, "breached": 0}
    for row in rows(connection, schema.promises, told):
        if row["state"] in settled:
            settled[row["state"]] += 1
    counted = rows(connection, schema.attainment, told)
    assert {name: sum(row[name] for row in counted) for name in settled} == settled
    assert min(settled.values()) > 0


def test_unproven_batch_tickets_stand_as_their_leaves_say(connection: Connection, told: Told) -> None:
    found = [row for row in rows(connection, schema.tickets, told) if row["source"] == "leaves"]
    assert found
    for row in found:
        batch = queries.one(connection, schema.batches, desk=told.address, batch=row["batch"])
        assert batch is not None
        leaves = queries.batch_of(connection, batch)
        assert leaves is not None
        opening = leaves.entry(row["leaf_index"])
        priority = leaves.priority(row["leaf_index"])
        assert (row["requester"], row["opened_at"], row["priority"]) == (
            opening.actor.lower(),
            opening.at,
            priority,
        )
        policy = told.desk.policy(batch["policy_id"])
        assert row["first_reply_due"] == clock.due(
            policy.hours, opening.at, policy.targets[row["priority"]][0]
        )
        with pytest.raises(MakegoodError):
            told.desk.ticket(opening.ticket_id)


# ---------------------------------------------------------------- the index itself


def test_both_databases_hold_the_same_bytes(told: Told) -> None:
    found = []
    for store in told.stores.values():
        with store.reading() as connection:
            found.append(list(dump.lines(connection, told.desk.chain_id)))
    assert found[0] == found[1]
    assert len(found[0]) > 500


def test_models_and_migrations_agree_on_postgres(told: Told) -> None:
    with told.stores["postgres"].engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_audit_finds_a_row_that_is_not_the_chains(told: Told, name: str) -> None:
    store, node = told.stores[name], Node(told.url)
    assert audit(store, node).agrees
    event = schema.events
    with store.writing() as connection:
        first = connection.execute(
            select(event.c.id, event.c.data).where(event.c.name == "Reserved").limit(1)
        ).one()
        connection.execute(event.update().where(event.c.id == first.id).values(data=b"\1" * 32))
    try:
        found = audit(store, node)
        assert not found.agrees
        assert found.differing == ()
    finally:
        with store.writing() as connection:
            connection.execute(event.update().where(event.c.id == first.id).values(data=first.data))
    assert audit(store, node).agrees


def test_search_says_what_it_recognised(connection: Connection, told: Told) -> None:
    ticket = on_chain(connection, told)[0]
    kinds = {
        ticket["ticket_id"]: "ticket",
        ticket["commitment"].upper().replace("0X", "0x"): "ticket",
        ticket["opened_transaction"]: "transaction",
        told.desk.address: "desk",
        told.desk.pool.address: "desk",
        told.random.agent.address: "agent",
        told.random.one.address: "requester",
        rows(connection, schema.channels, told)[0]["channel"]: "channel",
        rows(connection, schema.batches, told)[0]["root"]: "batch",
    }
    for text, kind in kinds.items():
        found = queries.search(connection, f" {text} ")
        assert kind in {hit.kind for hit in found}, text
    assert queries.search(connection, "nothing of ours") == []
    assert queries.search(connection, "0x" + "00" * 32) == []


def test_a_timeline_is_the_tickets_events_with_their_arguments(connection: Connection, told: Told) -> None:
    ticket = max(on_chain(connection, told), key=lambda row: row["changed_block"] - row["opened_block"])
    found = queries.timeline(connection, ticket)
    expected = told.desk.timeline(bytes.fromhex(ticket["ticket_id"][2:]))
    desk = [each for each in found if each.row["contract"] == "desk"]
    assert [each.name for each in desk] == [each.name for each in expected]
    for one, other in zip(desk, expected, strict=True):
        assert (one.row["time"], one.row["block_number"]) == (other.at, other.block_number)
        assert one.arguments["ticket_id"] == "0x" + other["ticket_id"].hex()
    assert found[0].finality in ("seen", "safe", "final")


def test_finality_is_the_nodes(connection: Connection, told: Told) -> None:
    cursor = queries.cursors(connection)[0]
    eth = told.random.w3.eth
    assert cursor.head_number == eth.block_number
    assert cursor.final_number == eth.get_block("finalized")["number"] > 0
    assert cursor.safe_number == eth.get_block("safe")["number"]
    column = queries.finality_column(schema.events.c.chain, schema.events.c.block_number)
    for number, sure in connection.execute(select(schema.events.c.block_number, column)):
        assert sure == queries.finality(cursor, number)
    assert {queries.finality(cursor, number) for number in range(cursor.head_number + 1)} == {
        "final",
        "safe",
        "seen",
    }
