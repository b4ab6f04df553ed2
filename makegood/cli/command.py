# SPDX-License-Identifier: Apache-2.0
"""How a function becomes a command of `makegood`, and the options that its commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from makegood.console.output import Output, error_fields
from makegood.console.stopping import stopped
from makegood.errors import MakegoodError, UsageError
from makegood.rpc import RPC_VARIABLE

SETTINGS_VARIABLE = "MAKEGOOD_SETTINGS"


class Command(click.Command):
    """A command whose errors are one sentence and an exit code, never a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; with --json a usage error is also an object on stdout."""
        as_json = "--json" in args
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if as_json:
                Output(as_json=True).result({"error": error_fields(UsageError(error.format_message()))}, ())
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a MakegoodError, or Ctrl-C, ends it with its exit code."""
        try:
            return super().invoke(ctx)
        except MakegoodError as error:
            Output(as_json=bool(ctx.params.get("as_json"))).failure(error)
            return ctx.exit(error.exit_code)
        except KeyboardInterrupt as error:
            failure = stopped(error)
            Output(as_json=bool(ctx.params.get("as_json"))).failure(failure)
            return ctx.exit(failure.exit_code)


def rpc_option(whose: str) -> Callable[[Any], Any]:
    """--rpc, the node of `whose` chain."""
    return click.option(
        "--rpc",
        metavar="URL",
        help=f"A node of {whose} chain, http:// or https://; else what {RPC_VARIABLE} holds. Not printed.",
        envvar=RPC_VARIABLE,
    )


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


def json_option(function: Any) -> Any:
    """--json, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, errors too.")(
        function
    )
