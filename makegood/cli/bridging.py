# SPDX-License-Identifier: Apache-2.0
"""`makegood bridge`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, settings_option
from makegood.console.output import Output
from makegood.rpc import kept_secret

if TYPE_CHECKING:
    from makegood.bridge.kept import Kept
    from makegood.bridge.settings import Settings as BridgeSettings
    from makegood.bridge.taking import Take
    from makegood.settings import Settings

_IDS = 2**63  # a database has no larger number


@click.group()
def bridge() -> None:
    """Take a helpdesk's webhooks, and give its tickets to the batches."""


@bridge.command(cls=Command)
@click.option(
    "--work/--no-work", "works", default=True, help="Whether to work on them, or leave that to `work`."
)
@settings_option
def run(settings: Path, works: bool) -> None:
    """Take webhooks, work on them, and give receipts back, until ended.

    Where many come, have `makegood bridge work` work on them, on a processor of its own.

    Exit codes: 2 a setting or the operator's table cannot be used; 3 a file or the policy is not there; 1 the
    database or the address cannot be had.
    """
    from makegood.bridge.running import serve
    from makegood.serving.ending import until_ended

    with until_ended(), _opened(settings) as (shared, own, kept), kept_secret(own.rpc):
        _ready(shared, own)
        serve(kept, own, _queue(shared, own, kept) if works else None, Output().say)


@bridge.command(cls=Command)
@settings_option
def work(settings: Path) -> None:
    """Work on the webhooks that `run --no-work` takes, until ended; of several one works, others stand by."""
    from makegood.bridge.running import work as keep_working
    from makegood.serving.ending import until_ended

    with until_ended(), _opened(settings) as (shared, own, kept), kept_secret(own.rpc):
        _ready(shared, own)
        keep_working(kept, own, _queue(shared, own, kept), Output().say)


@bridge.command(cls=Command)
@settings_option
@json_option
def check(settings: Path, as_json: bool) -> None:
    """Read the settings and the operator's table, and say what they come to."""
    from makegood.bridge.settings import from_table
    from makegood.settings import load

    shared = load(settings)
    own = from_table(shared.section("bridge"), shared.path.parent, shared.chain.rpc)
    data: list[dict[str, Any]] = [
        {
            "name": each.name,
            "kind": each.kind,
            "signed": each.signed,
            "secrets": len(each.secrets),
            "agents": len(own.words[each.name].agents),
            "bots": len(own.words[each.name].bots),
            "requesters": len(own.words[each.name].requesters),
            "back": "api" if each.api else "callback" if each.callback else "none",
        }
        for each in own.sources
    ]
    lines = [
        f"{each['name']}: {each['kind']}, {'signed' if each['signed'] else 'secret in the address'}; "
        f"{_count(each['agents'], 'agent')}, {_count(each['bots'], 'bot')}, "
        f"{_count(each['requesters'], 'requester')}; "
        f"receipts back by {each['back']}"
        for each in data
    ]
    Output(as_json).result({"helpdesks": data, "policy": own.policy}, lines)


@bridge.command(cls=Command, name="dead-letters")
@settings_option
@json_option
def dead_letters(settings: Path, as_json: bool) -> None:
    """List what could not be taken, and why. `replay` tries it again."""
    with _opened(settings) as (_, _, kept):
        found = kept.dead_letters()
    data = [{"kind": each.kind, "id": each.id, "helpdesk": each.source, "why": each.why} for each in found]
    lines = [f"{each.name}  {each.source}  {each.why}" for each in found]
    Output(as_json).result({"dead_letters": data}, lines or ["There are no dead letters."])


@bridge.command(cls=Command)
@click.argument("letters", nargs=-1, metavar="[KIND ID]...")
@click.option("--all", "everything", is_flag=True, help="Every dead letter.")
@settings_option
@json_option
def replay(letters: tuple[str, ...], everything: bool, settings: Path, as_json: bool) -> None:
    """Try dead letters again: `message 7`, as `dead-letters` names them. The running bridge then takes them
    up.

    \b
    Examples:
      makegood bridge replay --all
      makegood bridge replay message 7 delivery 12
    """
    import time

    from makegood.errors import UsageError

    if bool(letters) == everything:
        raise UsageError("Name dead letters, or give --all.")
    if len(letters) % 2 or not all(each.isdecimal() and int(each) < _IDS for each in letters[1::2]):
        raise UsageError("A dead letter has a kind and a number.", hint="Such as: message 7.")
    with _opened(settings) as (_, _, kept):
        if everything:
            named = [(each.kind, each.id) for each in kept.dead_letters()]
        else:
            named = [(kind, int(number)) for kind, number in zip(letters[::2], letters[1::2], strict=True)]
        count = kept.replay(named, int(time.time()))
    Output(as_json).result({"replayed": count}, [f"{count} will be tried again."])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _ready(shared: Settings, own: BridgeSettings) -> None:
    from makegood import logs
    from makegood.serving.secrets import secrets_in
    from makegood.serving.services import check_policy

    logs.configure(secrets=secrets_in(shared))
    check_policy(shared, own)


def _queue(shared: Settings, own: BridgeSettings, kept: Kept) -> Take:
    from makegood.bridge.running import queue_of

    return queue_of(
        kept.database,
        chain=str(shared.chain.chain_id),
        desk=shared.chain.desk,
        folder=shared.path.parent / "batches",
        policy=own.policy,
    )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Settings, BridgeSettings, Kept]]:
    from makegood.bridge.kept import Kept
    from makegood.bridge.settings import from_table
    from makegood.database import Database
    from makegood.settings import load

    shared = load(path)
    own = from_table(shared.section("bridge"), shared.path.parent, shared.chain.rpc)
    database = Database(shared.database)
    try:
        yield shared, own, Kept(database, chain_id=shared.chain.chain_id, desk=shared.chain.desk)
    finally:
        database.close()
