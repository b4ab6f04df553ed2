# SPDX-License-Identifier: Apache-2.0
"""A keeper from a settings file: its node, its databases, its account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from web3 import HTTPProvider, Web3

from makegood import settings as files
from makegood.batches.store import Store
from makegood.database import Database
from makegood.desk import Desk, KeySigner
from makegood.desk.contract import connect
from makegood.errors import MakegoodError, NotFound
from makegood.indexer.queries import cursors
from makegood.indexer.store import Store as Index
from makegood.keeper.key import account_of
from makegood.keeper.running import Keeper
from makegood.keeper.settings import Settings
from makegood.keeper.world import World
from makegood.sending import Lane, Outbox

_TIMEOUTS = (5.0, 20.0)  # seconds to connect, and for an answer


@contextmanager
def opened(given: files.Settings) -> Iterator[Keeper]:
    """The keeper that the settings describe. Raises MakegoodError for what is missing, in one sentence."""
    mine = Settings.from_table(given.section("keeper"), given.path.parent)
    account = account_of(mine.key, mine.password)
    w3 = node_at(given.chain.rpc)
    connect(w3, given.chain.chain_id)
    desk = Desk(w3, given.chain.desk)
    index = Index(given.index, read_only=True)
    database = Database(given.database)
    try:
        _check(index)
        outbox = Outbox(database, given.chain.chain_id, account.address)
        with store_of(given, database, mine) as store:
            world = World(desk, KeySigner(account), outbox, store, index, mine)
            yield Keeper(world, Lane(outbox, w3, account, mine.fees, at_once=mine.at_once))
    finally:
        database.close()
        index.close()


def store_of(given: files.Settings, database: Database, mine: Settings) -> Store:
    """The batches' store in the services' database."""
    chain = str(given.chain.chain_id)
    return Store.shared(database, chain=chain, desk=given.chain.desk, folder=mine.anchor.folder)


def node_at(rpc: str) -> Web3:
    """A node; a question that gets no answer is asked again in the next round only."""
    return Web3(HTTPProvider(rpc, request_kwargs={"timeout": _TIMEOUTS}, exception_retry_configuration=None))


def _check(index: Index) -> None:
    try:
        with index.reading() as connection:
            cursors(connection)
    except MakegoodError as error:
        raise NotFound(
            "There is no index at the address of [index] url.", hint="Make one first: `makegood index run`."
        ) from error
