# SPDX-License-Identifier: Apache-2.0
"""`makegood keeper`."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option
from makegood.cli.node import kept_secret, secrets_of
from makegood.console.output import Output

if TYPE_CHECKING:
    from makegood.settings import Settings

SETTINGS_VARIABLE = "MAKEGOOD_SETTINGS"


@click.group()
def keeper() -> None:
    """Do in time what a desk must do: anchor, answer, claim, close, release, collect, warn."""


def settings_option(function: Any) -> Any:
    """--settings, as the argument `settings`."""
    return click.option(
        "--settings",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("makegood.toml"),
        show_default=True,
        envvar=SETTINGS_VARIABLE,
        metavar="FILE",
        help=f"The services' settings file; else what {SETTINGS_VARIABLE} holds.",
    )(function)


@keeper.command(cls=Command)
@settings_option
def run(settings: Path) -> None:
    """Keep the desk until ended.

    Logs go to stderr, one JSON object a line; /healthz and /metrics are at [keeper] host and port. SIGTERM
    and Ctrl-C end it after the round that runs. It can be killed at any time: what was sent is known, and
    nothing is done twice.
    """
    from makegood import logs
    from makegood.keeper.opening import opened
    from makegood.keeper.serving import served
    from makegood.settings import load

    given = load(settings)
    with kept_secret(given.chain.rpc), opened(given) as made, _stopping() as stop:
        logs.configure(secrets=(*secrets_of(given.chain.rpc), made.world.settings.password))
        mine = made.world.settings
        with served(made, mine.host, mine.port) as address:
            Output().say(
                f"The keeper {made.world.account} of {made.world.desk.address} answers at {address}."
            )
            made.run(stop)


@keeper.command(cls=Command)
@settings_option
@json_option
def status(settings: Path, as_json: bool) -> None:
    """What waits, what is on its way, what failed. Asks the databases only, no node."""
    from makegood.console.table import table
    from makegood.settings import load

    output = Output(as_json)
    data = _status(load(settings))
    rows = [(name.replace("_", " "), _shown(value)) for name, value in data.items() if name != "failed"]
    lines = list(table(("what", "is"), rows, wrap=1))
    lines += [f"{each['state']}: {each['what']}: {each['reason']}" for each in data["failed"]]
    output.result(data, lines)


def _status(given: Settings) -> Mapping[str, Any]:
    from makegood.keeper.status import status_of

    return status_of(given)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {name}" for name, count in value.items()) or "nothing"
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stop = Event()

    def set_it(*_: Any) -> None:
        stop.set()

    before = {each: signal.signal(each, set_it) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
