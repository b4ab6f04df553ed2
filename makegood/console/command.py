# SPDX-License-Identifier: Apache-2.0
"""How a function becomes an `ape run` command: the options that all share, and errors as exit codes."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from ape.cli import verbosity_option
from ape.exceptions import ApeException

from makegood.console.network import connected
from makegood.console.offline import Offline
from makegood.console.output import Output, error_fields
from makegood.console.refusals import explained
from makegood.console.run import Run
from makegood.console.stopping import hearing_ctrl_c, is_ctrl_c, stopped
from makegood.errors import ChainRevert, MakegoodError, UsageError

F = TypeVar("F", bound=Callable[..., Any])

READS = "reads"


class ConsoleCommand(click.Command):
    """A command whose expected errors are one sentence on stderr and an exit code, never a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; with --json a usage error is also an object on stdout."""
        as_json = "--json" in args
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            # click reads a negative amount as an option.
            if re.fullmatch(r"-[0-9.]", error.option_name):
                error = click.UsageError("An amount is not negative. Give 0 or more.", ctx)  # type: ignore[assignment]
            _tell_usage(error, as_json)
            raise error from None
        except click.UsageError as error:
            _tell_usage(error, as_json)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a MakegoodError or an error of Ape's ends it with its exit code."""
        output = Output(as_json=bool(ctx.params.get("as_json")))
        try:
            with hearing_ctrl_c():
                return super().invoke(ctx)
        except ChainRevert as error:
            failure: MakegoodError = explained(error)
        except MakegoodError as error:
            failure = error
        except (KeyboardInterrupt, click.Abort) as error:
            if is_ctrl_c(error):
                failure = stopped(error)
            else:
                failure = MakegoodError("Stopped.", hint="Only what was reported as done was sent.")
        except click.UsageError as error:
            _tell_usage(error, output.as_json)
            raise
        except ApeException as error:
            failure = MakegoodError(f"Ape reports: {str(error).strip().splitlines()[0].rstrip('.')}.")
        except BrokenPipeError:
            # The reader of stdout went away, as `head` does; click ends quietly.
            raise
        except OSError as error:
            failure = MakegoodError(
                f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."
            )
        output.failure(failure)
        return ctx.exit(failure.exit_code)


def command(
    *, acts_as: str | None, needs_desk: bool = True, network: str | None = None, offline: str | None = None
) -> Callable[[F], click.Command]:
    """Make a function of a `Run` and its own options a command.

    `acts_as` is the role whose test account acts on a local chain; None for a command that only reads or uses
    accounts of its own. `network` is what runs where none is chosen; without, the local node or the chain in
    process. Where the option `offline` is given, nothing is connected to, and the function gets an `Offline`.
    """

    def decorate(function: F) -> click.Command:
        def run(
            network_choice: str | None,
            as_json: bool,
            yes: bool,
            dry_run: bool,
            account_name: str | None = None,
            desk_address: str | None = None,
            **own: Any,
        ) -> None:
            output = Output(as_json)
            role = acts_as or "anyone"
            if offline is not None and own[offline] is not None:
                function(Offline(output, role, account_name, yes, dry_run), **own)
                return
            with connected(network_choice, fallback=network) as chain:
                output.say(f"Network: {chain.title}")
                _run(
                    function,
                    Run(
                        chain=chain,
                        output=output,
                        role=role,
                        account_name=account_name,
                        desk_address=desk_address,
                        yes=yes,
                        dry_run=dry_run,
                    ),
                    own,
                )

        wrapped: Any = run
        for option in reversed(_shared(acts_as, needs_desk, network)):
            wrapped = option(wrapped)
        # click keeps them last to first: the command's own come before the shared ones.
        wrapped.__click_params__ += getattr(function, "__click_params__", [])
        return click.command(name="", cls=ConsoleCommand, help=function.__doc__)(wrapped)

    return decorate


def _run(function: Callable[..., Any], run: Run, own: Mapping[str, Any]) -> None:
    """Do it; where it is stopped, say how far it came, while that is known."""
    try:
        # Once more: Ape's connection has put its own handler there.
        with hearing_ctrl_c():
            function(run, **own)
    except (KeyboardInterrupt, click.Abort) as error:
        if not is_ctrl_c(error):
            raise
        raise run.stopped(error) from None


def _shared(acts_as: str | None, needs_desk: bool, network: str | None) -> list[Callable[[Any], Any]]:
    options: list[Callable[[Any], Any]] = []
    if needs_desk:
        options.append(
            click.option(
                "--desk", "desk_address", metavar="ADDRESS", help="The desk; else the one deployed last."
            )
        )
    where = "the in-process chain" if network else "the local node of `make node`, or the in-process chain"
    options.append(
        click.option(
            "--network",
            "network_choice",
            metavar="NETWORK",
            help=f"A network of Ape or a node's address; else {where}.",
        )
    )
    if acts_as:
        who = "the test account anyone" if acts_as == "anyone" else f"the {acts_as}"
        options.append(
            click.option(
                "--account",
                "account_name",
                metavar="NAME",
                help=f"Who acts: an account of Ape. On a local chain it may be left out: {who} acts.",
            )
        )
    return [
        *options,
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object, errors too."),
        click.option("--yes", is_flag=True, help="Do not ask for confirmation (public networks do)."),
        click.option(
            "--dry-run", is_flag=True, help="Say what would happen and what it costs; send nothing."
        ),
        verbosity_option(default="ERROR"),
    ]


def _tell_usage(error: click.UsageError, as_json: bool) -> None:
    if as_json:
        fields = error_fields(UsageError(error.format_message()))
        click.echo(json.dumps({"error": fields}, indent=2, ensure_ascii=False))
