# SPDX-License-Identifier: Apache-2.0
"""An index of a random history on a real node says what the contracts say, on SQLite and on Postgres."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select

from benchmarks.node import anvil
from checks.index_rows import Rows, differences, differing
from checks.random_desk import RandomDesk
from checks.served import served
from makegood import clock
from makegood.desk import Desk
from makegood.desk.contract import Contract
from makegood.errors import MakegoodError
from makegood.indexer import contracts, dump, queries, schema
from makegood.indexer.audit import audit
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.rows import keys_of
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url

ACTIONS = 400
CHANGES = [
    (table, column)
    for table, columns in {
        "desks": ("policies", "batches", "disputes", "epoch", "operator", "funds", "reserved", "credited",
                  "withdrawal_amount"),
        "books": ("bonded", "debt_incurred"),
        "tickets": ("word", "requester", "status", "breached", "compensated", "paid", "proven",
                    "follow_up_nonce", "open_disputes"),
        "accounts": ("credited",),
        "breaches": ("amount",),
        "disputes": ("state", "epoch", "rules_until", "evidence_digest"),
        "panels": ("threshold", "arbiters"),
        "batches": ("agent", "root", "later", "reserved", "expires_at"),
        "coverages": ("priority", "places", "used", "until"),
        "agents": ("kind", "since", "until", "allowance", "did_digest", "revoked"),
        "channels": ("since", "revoked_at"),
        "keepers": ("keeper", "nonce"),
    }.items()
    for column in columns
]  # fmt: skip
SOME = {
    "tickets": (schema.tickets.c.source == "chain",),
    "panels": (schema.panels.c.epoch == 1,),
    "agents": (schema.agents.c.kind == 1,),
    "breaches": (schema.breaches.c.amount.is_not(None),),
}


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
        desk = RandomDesk(w3, random.Random(1), folder / "leaves", address)
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


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return json.dumps([]) if str(value).startswith("[") else f"0x{'7' * (len(value or '0x') - 2)}"


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
        "KeeperNonceUsed", "Owed", "Equivocated", "AllowanceSet", "CoverageGranted", "PolicyPublished",
    }  # fmt: skip
    assert {row["source"] for row in rows(connection, schema.tickets, told)} == {"chain", "leaves"}


def test_every_row_is_what_the_contracts_answer(connection: Connection, told: Told) -> None:
    """`python -m checks.index_histories` looks at more of them."""
    pairs = list(Rows(connection, told.desk).pairs())
    assert [each for pair in pairs for each in differing(pair)] == []
    assert len(pairs) > 200


def test_a_row_that_is_otherwise_is_found(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is compared: a change of it is noticed."""
    # The chain rests: a view that was asked answers the same again.
    asked = cache(Contract.read)
    monkeypatch.setattr(Contract, "read", lambda *given, **_: asked(*given))
    store = told.stores["sqlite"]
    for table, column in CHANGES:
        values = schema.metadata.tables[table]
        mine = values.c.desk == told.address
        with store.reading() as connection:
            query = select(values).where(mine, *SOME.get(table, ())).order_by(*values.primary_key.columns)
            row = queries.rows(connection, query)[-1]
        key = [values.c[name] == row[name] for name in keys_of(values)]
        with store.writing() as connection:
            connection.execute(values.update().where(*key).values({column: other(row[column])}))
            found = differences(connection, told.desk)
            connection.execute(values.update().where(*key).values({column: row[column]}))
        assert found, f"{table}.{column}"


def test_naming_a_keeper_uses_its_nonce_signed_or_not(connection: Connection, told: Told) -> None:
    found = rows(connection, schema.keepers, told)
    assert found
    named = queries.events_of(connection, schema.events.c.name == "KeeperNamed")
    for row in found:
        mine = [each for each in named if each.arguments["requester"] == row["requester"]]
        assert row["nonce"] == len(mine) == told.desk.directory.keeper_nonce(row["requester"])


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
        options = {"compare_type": True, "version_table": "index_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_whoever_reads_changes_nothing(told: Told, name: str) -> None:
    reader = Store(told.stores[name].url.render_as_string(hide_password=False), read_only=True)
    with reader.reading() as connection:
        assert queries.cursors(connection)
    with pytest.raises(MakegoodError, match=r"read-?only"), reader.writing() as connection:
        connection.execute(schema.chains.update().values(revision=0))
    reader.close()


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


def digest_of(connection: Connection, name: str, argument: str) -> str:
    return str(queries.events_of(connection, schema.events.c.name == name)[-1].arguments[argument])


def test_the_digest_of_a_reply_finds_its_ticket(connection: Connection, told: Told) -> None:
    replies = queries.events_of(connection, schema.events.c.name == "TicketReplied")
    assert replies
    for each in replies:
        found = queries.search(connection, each.arguments["digest"])
        assert [(hit.kind, hit.row["ticket_id"], hit.row["desk"]) for hit in found] == [
            ("ticket", each.arguments["ticket_id"], told.address)
        ]


def test_registrations_are_found_without_reading_all_events(connection: Connection, told: Told) -> None:
    names = ("AgentRegistered", "AgentRevoked")
    events = schema.events.c
    expected = queries.events_of(connection, events.name.in_(names), events.desk == told.address)
    found = queries.registrations(connection, told.desk.chain_id, told.address, newest=500)
    assert [each.row for each in found] == [each.row for each in expected]
    assert len(found) > 3
    if connection.dialect.name == "sqlite":
        query = select(schema.events).where(schema.REGISTRATIONS, events.desk == told.address)
        text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
        assert "events_of_registration" in str(plan)


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
        digest_of(connection, "TicketReplied", "digest"): "ticket",
        digest_of(connection, "EntryShown", "digest"): "ticket",
        digest_of(connection, "Contested", "evidence_digest"): "ticket",
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
