# SPDX-License-Identifier: Apache-2.0
"""Where a command's words go: data to stdout, as text or one JSON object, and talk to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from makegood.errors import ChainRevert, MakegoodError

_BAR = 30


@dataclass(frozen=True)
class Output:
    """How one run of a command speaks."""

    as_json: bool = False

    def result(self, data: Mapping[str, Any], lines: Iterable[str]) -> None:
        """What the command was asked for: `data` with --json, else `lines`."""
        if self.as_json:
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))
            return
        for line in lines:
            click.echo(line)

    def say(self, text: str) -> None:
        """Something on the way to it."""
        click.echo(text, err=True)

    def confirms(self, question: str) -> bool:
        """Whether the user says yes to a question, which goes to stderr."""
        # click prints part of its prompt to stdout whatever it is told.
        with redirect_stdout(sys.stderr):
            return click.confirm(question, err=True, default=False)

    def progress(self, done: int, total: int, noun: str) -> None:
        """How far long work is; one line that is overwritten, and only on a terminal."""
        if not sys.stderr.isatty() or total <= 0:
            return
        filled = _BAR * done // total
        end = "\n" if done >= total else ""
        click.echo(
            f"\r[{'#' * filled}{'.' * (_BAR - filled)}] {done:,}/{total:,} {noun}{end}", nl=False, err=True
        )

    def refuted(self, data: Mapping[str, Any], lines: Iterable[str], error: MakegoodError) -> NoReturn:
        """What was asked for, with what turned out to be false; ends the command with the error's exit code.

        With --json it is one object, whose `error` is as in `failure`.
        """
        self.result({**data, "error": error_fields(error)}, lines)
        self._complain(error)
        raise click.exceptions.Exit(error.exit_code)

    def failure(self, error: MakegoodError) -> None:
        """Why nothing came of it: a sentence on stderr, and with --json an object on stdout too."""
        self._complain(error)
        if self.as_json:
            click.echo(json.dumps({"error": error_fields(error)}, indent=2, ensure_ascii=False))

    def _complain(self, error: MakegoodError) -> None:
        click.echo(f"{click.style('Error:', fg='red')} {error}", err=True)


def error_fields(error: MakegoodError) -> dict[str, Any]:
    """An error for machines. `reason` is the contract's own, where a contract refused."""
    fields: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    if isinstance(error, ChainRevert):
        fields["reason"] = error.reason
    line = getattr(error, "line", None)
    if line is not None:
        fields["line"] = line
    return fields
