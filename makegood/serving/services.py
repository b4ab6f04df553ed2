# SPDX-License-Identifier: Apache-2.0
"""The services, each as one process: what its settings must be, and how it runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from threading import Event
from typing import TYPE_CHECKING

from makegood.errors import MakegoodError, NodeUnreachable, UsageError
from makegood.logs import fields
from makegood.rpc import connected
from makegood.serving import ALWAYS, SERVICES
from makegood.serving.ending import stopping
from makegood.settings import Settings

if TYPE_CHECKING:
    from makegood.bridge.settings import Settings as BridgeSettings
    from makegood.keeper.running import Keeper

log = logging.getLogger(__name__)

Say = Callable[[str], None]
INSTALL = "Install Makegood with its extras explorer, bridge and keeper, as docs/operations/deploy.md says."

_DATABASE = ("sqlalchemy", "alembic")
_WEB = (*_DATABASE, "jinja2", "starlette", "uvicorn")
_NEEDS = {"index": _DATABASE, "explorer": (*_WEB, "babel"), "bridge": _WEB, "keeper": (*_DATABASE, "apprise")}

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0  # seconds between two looks at what is waited for


def chosen(given: Settings, only: Sequence[str]) -> tuple[str, ...]:
    """Those that are to run. Raises UsageError for one without its section."""
    for name in only:
        if name not in ALWAYS and name not in given.sections:
            raise UsageError(
                f"{given.path} has no section [{name}].", hint="Write one as docs/services.md shows."
            )
    return tuple(
        name for name in SERVICES if (name in only if only else name in ALWAYS or name in given.sections)
    )


def check(given: Settings, names: Sequence[str]) -> dict[tuple[str, int], str]:
    """Read all that the services read; hosts and ports that are theirs alone.

    Raises MakegoodError for the first that cannot be used.
    """
    places: dict[tuple[str, int], str] = {}
    for name in names:
        if lacks := missing(name):
            raise UsageError(f"[{name}] needs {', '.join(lacks)}, not installed here.", hint=INSTALL)
        place = _CHECKS[name](given)
        if place is None or not place[1]:
            continue
        if place in places:
            raise UsageError(
                f"[{name}] and [{places[place]}] have the same host and port, {place[0]} and {place[1]}.",
                hint=f"Give another [{name}] port.",
            )
        places[place] = name
    return places


def check_free(places: Mapping[tuple[str, int], str]) -> None:
    """Refuse a place where something listens, mostly another one of this: it would be tried without end."""
    from makegood.serving.listening import listen

    with ExitStack() as tried:
        for (host, port), name in places.items():
            try:
                tried.enter_context(listen(name, host, port)[0])
            except MakegoodError as error:
                raise MakegoodError(
                    error.message, hint=f"Give another [{name}] port or host, or end what has this one."
                ) from None


def missing(name: str) -> list[str]:
    """The packages that a service needs and that are not installed: extras of this one bring them."""
    return [package for package in _NEEDS[name] if find_spec(package) is None]


def run(name: str, given: Settings, say: Say, ended: Event) -> None:
    """Be this service until ended. Raises MakegoodError for what does not pass by waiting."""
    _RUNS[name](given, say, ended)


# ---------------------------------------------------------------- the index


def _check_index(given: Settings) -> None:
    from makegood.database import url_of
    from makegood.indexer.settings import Settings as IndexSettings

    connected(given.chain.rpc)
    url_of(given.index)
    url_of(given.database)
    IndexSettings.of(given)


def _run_index(given: Settings, say: Say, ended: Event) -> None:
    from makegood.indexer.opening import following
    from makegood.indexer.running import run as follow
    from makegood.indexer.settings import Settings as IndexSettings

    mine, chain = IndexSettings.of(given), given.chain
    with following(given.index, chain.rpc, mine, say, chain_id=chain.chain_id) as (follower, node, leaves):
        say(f"The index follows chain {node.chain_id}.")
        follow(follower, node, leaves, lambda _: None, say, interval=mine.interval, ended=ended)


# ---------------------------------------------------------------- the explorer


def _check_explorer(given: Settings) -> tuple[str, int]:
    from makegood.explorer.section import Section

    mine = Section.of(given)
    return mine.host, mine.port


def _run_explorer(given: Settings, say: Say, _: Event) -> None:
    from makegood.explorer.section import Section
    from makegood.explorer.serving import enough_processes, serve

    mine = Section.of(given)
    _await_index(given, say)
    processes = enough_processes() if mine.processes is None else mine.processes
    serve(given.index, replace(mine.serving, processes=processes), mine.host, mine.port, say)


# ---------------------------------------------------------------- the bridge


def _check_bridge(given: Settings) -> tuple[str, int]:
    mine = bridge_settings(given)
    return mine.host, mine.port


def bridge_settings(given: Settings) -> BridgeSettings:
    """The section [bridge]."""
    from makegood.bridge.settings import from_table

    return from_table(given.section("bridge"), given.path.parent, given.chain.rpc)


def _run_bridge(given: Settings, say: Say, _: Event) -> None:
    from makegood.bridge.kept import Kept
    from makegood.bridge.running import queue_of, serve
    from makegood.database import Database

    mine, chain = bridge_settings(given), given.chain
    check_policy(given, mine)
    with closing(Database(given.database)) as database:
        kept = Kept(database, chain_id=chain.chain_id, desk=chain.desk)
        folder = given.path.parent / "batches"
        take = queue_of(
            database, chain=str(chain.chain_id), desk=chain.desk, folder=folder, policy=mine.policy
        )
        serve(kept, mine, take, say)


def check_policy(given: Settings, mine: BridgeSettings) -> None:
    """Refuse a policy that is not there or does not fit. Without the node it is left for another time."""
    from makegood.bridge.terms import check as check_terms
    from makegood.desk import Desk
    from makegood.desk.contract import connect

    w3 = connected(given.chain.rpc)
    try:
        connect(w3, given.chain.chain_id)
        check_terms(Desk(w3, given.chain.desk), mine)
    except NodeUnreachable:
        # Webhooks are taken all the same.
        log.warning("No node answers at [chain] rpc: [bridge] policy and claim_wait were not compared.")


# ---------------------------------------------------------------- the keeper


def _check_keeper(given: Settings) -> tuple[str, int]:
    from makegood.keeper.key import account_of
    from makegood.keeper.settings import Settings as KeeperSettings

    mine = KeeperSettings.from_table(given.section("keeper"), given.path.parent)
    account_of(mine.key, mine.password)
    return mine.host, mine.port


def _run_keeper(given: Settings, say: Say, _: Event) -> None:
    _await_index(given, say)
    keep(given, say)


def keep(given: Settings, say: Say) -> None:
    """Keep the desk until ended; a node that does not answer yet is waited for."""
    from makegood.keeper.serving import served

    with _answered(given) as made:
        mine = made.world.settings
        _tell_lacking(made)
        with served(made, mine.host, mine.port) as address, stopping() as stop:
            say(f"The keeper {made.world.account} of {made.world.desk.address} answers at {address}.")
            made.run(stop)


@contextmanager
def _answered(given: Settings) -> Iterator[Keeper]:
    """The keeper, once its node answers."""
    from makegood.keeper.opening import opened

    pause = _FIRST_PAUSE
    while True:
        with ExitStack() as stack:
            try:
                made = stack.enter_context(opened(given))
            except NodeUnreachable:
                if pause == _FIRST_PAUSE:
                    log.warning("No node answers at [chain] rpc: the keeper waits for it.")
            else:
                yield made
                return
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def _tell_lacking(made: Keeper) -> None:
    from makegood.keeper.rights import lacking

    world = made.world
    try:
        for each in lacking(world.desk, world.account, world.settings, int(time.time())):
            what = "a duty cannot be done" if each.for_good else "a duty lacks something"
            log.warning(what, extra=fields(duty=each.duty, why=each.why, do=each.do))
    except MakegoodError as error:
        log.warning("rights not checked", extra=fields(why=error.message))


# ---------------------------------------------------------------- the index of others


def _await_index(given: Settings, say: Say) -> None:
    """Wait until the index is there, which another process makes."""
    told, pause = "", _FIRST_PAUSE
    while why := _lacking_index(given.index):
        if why != told:
            say(f"Waiting for the index: {why}")
        told = why
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def _lacking_index(url: str) -> str:
    """Why the index cannot be read; empty where it can."""
    from sqlalchemy import inspect

    from makegood.database import is_missing_file
    from makegood.indexer.queries import cursors
    from makegood.indexer.schema import chains
    from makegood.indexer.store import Store

    not_made = "it is not made yet."
    if is_missing_file(url):
        return not_made
    with closing(Store(url, read_only=True)) as store:
        try:
            with store.reading() as connection:
                if not inspect(connection).has_table(chains.name):
                    return not_made
                cursors(connection)
        except MakegoodError as error:
            return error.message
    return ""


_CHECKS: dict[str, Callable[[Settings], tuple[str, int] | None]] = {
    "index": _check_index,
    "explorer": _check_explorer,
    "bridge": _check_bridge,
    "keeper": _check_keeper,
}
_RUNS: dict[str, Callable[[Settings, Say, Event], None]] = {
    "index": _run_index,
    "explorer": _run_explorer,
    "bridge": _run_bridge,
    "keeper": _run_keeper,
}
