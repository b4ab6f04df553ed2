# SPDX-License-Identifier: Apache-2.0
"""`makegood doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from makegood.cli.command import Command, json_option, settings_option
from makegood.console.output import Output
from makegood.errors import MakegoodError


@click.command(cls=Command)
@settings_option
@json_option
def doctor(settings: Path, as_json: bool) -> None:
    """Look at all that the services need, and say what is wrong and what to do. It changes nothing.

    Python, PATH and versions; the settings, keys and who can read them; node, chain, clock; contracts, money
    for gas, rights, policy; databases, index, disk; the addresses that others use.

    Exit codes: 0 nothing is wrong; 1 something is.

    \b
    Examples:
      makegood doctor
      makegood doctor --settings /etc/makegood/makegood.toml --json
    """
    from makegood.doctor import State, examine

    found = list(examine(settings))
    count: dict[str, int] = {state.value: sum(each.state is state for each in found) for state in State}
    lines = [
        f"{each.state:<5}  {each.check}: {each.says}{f'; do: {each.do}' if each.do else ''}" for each in found
    ]
    lines += ["", ", ".join(f"{number} {state}" for state, number in count.items())]
    data = {"findings": [asdict(each) for each in found], **count}
    if count[State.WRONG]:
        error = MakegoodError("Something is wrong.", hint="What to do about it stands beside it.")
        Output(as_json).refuted(data, lines, error)
    Output(as_json).result(data, lines)
