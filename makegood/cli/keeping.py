# SPDX-License-Identifier: Apache-2.0
"""`makegood keeper`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, settings_option
from makegood.console.output import Output
from makegood.rpc import kept_secret

if TYPE_CHECKING:
    from makegood.settings import Settings


@click.group()
def keeper() -> None:
    """Do in time what a desk must do: anchor, answer, claim, close, release, collect, warn."""


@keeper.command(cls=Command)
@settings_option
def run(settings: Path) -> None:
    """Keep the desk until ended.

    Logs go to stderr, one JSON object a line; /healthz and /metrics are at [keeper] host and port. SIGTERM
    and Ctrl-C end it after the round that runs. It can be killed at any time: what was sent is known, and
    nothing is done twice. A node that does not answer yet is waited for.
    """
    from makegood import logs
    from makegood.serving.ending import until_ended
    from makegood.serving.secrets import secrets_in
    from makegood.serving.services import keep
    from makegood.settings import load

    with until_ended():
        given = load(settings)
        with kept_secret(given.chain.rpc):
            logs.configure(secrets=secrets_in(given))
            keep(given, Output().say)


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
