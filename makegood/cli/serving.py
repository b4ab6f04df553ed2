# SPDX-License-Identifier: Apache-2.0
"""`makegood serve`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from makegood.cli.command import Command, settings_option
from makegood.errors import MakegoodError
from makegood.serving import SERVICES

if TYPE_CHECKING:
    from makegood.settings import Settings

log = logging.getLogger(__name__)


@click.command(cls=Command)
@click.option(
    "--only",
    type=click.Choice(SERVICES),
    multiple=True,
    help="This service, in this process itself; several: these. Else index, explorer, and the "
    "others of which the file has a section.",
)
@click.option("--lifeline", is_flag=True, hidden=True)
@settings_option
def serve(settings: Path, only: tuple[str, ...], lifeline: bool) -> None:
    """Run index, explorer, bridge and keeper, a process each, until ended.

    What ends is started again, after a pause that grows. SIGTERM and Ctrl-C end all of them, in order. Logs
    go to stderr, one JSON object a line, each with its service. The whole file is read before anything
    starts, and every port that it names is tried.

    Exit codes: 0 it was ended; 1 something listens at a port already; 2 a setting cannot be used, 3 a file or
    a contract is not there, 4 the key does not open: then all services end, since somebody has to change
    something.

    \b
    Examples:
      makegood serve
      makegood serve --settings /etc/makegood/makegood.toml --only keeper
    """
    from makegood import logs
    from makegood.rpc import kept_secret
    from makegood.serving.ending import end_with_stdin, until_ended
    from makegood.serving.secrets import secrets_in
    from makegood.serving.services import check, check_free, chosen
    from makegood.settings import load

    with until_ended() as ended:
        if lifeline:
            end_with_stdin()
        given = load(settings)
        names = chosen(given, only)
        if not lifeline:  # whoever holds it has read them
            with kept_secret(given.chain.rpc):
                places = check(given, names)
            check_free(places)
        alone = len(set(only)) == 1
        logs.configure(secrets=secrets_in(given), service=names[0] if alone else "serve")
        code = _alone(names[0], given, ended) if alone else _all(names, settings)
        click.get_current_context().exit(code)


def _alone(name: str, given: Settings, ended: Event) -> int:
    from makegood.serving.services import run

    try:
        run(name, given, log.info, ended)
    except MakegoodError as error:
        if ended.is_set():
            return 0
        log.error(str(error))
        return error.exit_code
    except Exception:
        log.exception("it failed by a mistake in the program")
        return 1
    return 0


def _all(names: tuple[str, ...], settings: Path) -> int:
    from makegood.serving.supervisor import Supervisor

    def command(name: str) -> list[str]:
        words = ("serve", "--settings", str(settings), "--only", name, "--lifeline")
        return [sys.executable, "-m", "makegood", *words]

    return Supervisor(names, command).run()
