# SPDX-License-Identifier: Apache-2.0
"""`makegood`: what users need, without Ape. Data goes to stdout, talk to stderr."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from makegood.console import words
from makegood.console.output import Output, error_fields
from makegood.errors import MakegoodError, UsageError, VerificationFailed

if TYPE_CHECKING:
    from web3 import Web3

    from makegood.receipts import Step, Verification

RPC_VARIABLE = "MAKEGOOD_RPC_URL"
"""Where the address of the node is taken from, where it is not given: it may hold a secret."""

_TIMEOUTS = (5.0, 20.0)  # seconds to connect, and for an answer
_HIDDEN = "…"
_CAUTION = (
    "Also there nobody of a real desk asks for a seed phrase, a private key or a payment.",
    "Whose desk this is, only the operator's own site can tell: it must name the desk's address.",
)


class _Command(click.Command):
    """A command whose errors are one sentence and an exit code, never a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        as_json = "--json" in args
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if as_json:
                Output(as_json=True).result({"error": error_fields(UsageError(error.format_message()))}, ())
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MakegoodError as error:
            Output(as_json=bool(ctx.params.get("as_json"))).failure(error)
            return ctx.exit(error.exit_code)


@click.group()
@click.version_option(package_name="makegood", prog_name="makegood")
def main() -> None:
    """Check what a support desk has promised and recorded."""


@main.command(cls=_Command)
@click.argument("file", type=click.Path())
@click.option("--offline", is_flag=True, help="Check only what needs no chain; make no network request.")
@click.option(
    "--rpc",
    metavar="URL",
    help=f"A node of the receipt's chain, http:// or https://; else what {RPC_VARIABLE} holds. Not printed.",
    envvar=RPC_VARIABLE,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, errors too.")
def verify(file: str, offline: bool, rpc: str | None, as_json: bool) -> None:
    """Verify a receipt, step by step.

    Exit codes: 0 no step failed; 6 a step failed; 2 the file is no receipt, or an option is wrong; 3 there is
    no such file; 1 the node gave no usable answer.
    """
    from makegood.receipts import verify_file

    source = click.get_current_context().get_parameter_source("rpc")
    if offline and source is click.core.ParameterSource.COMMANDLINE:
        raise UsageError("--offline asks no node.", hint="Leave --rpc out, or --offline.")
    secrets = () if offline or rpc is None else _secrets(rpc)
    found = verify_file(file, None if offline else _node(rpc), now=int(time.time()))
    steps = [_cleaned(step, secrets) for step in found]
    refusal = found.refusal()
    data: dict[str, Any] = {"verified": found.verified, "offline": offline, "steps": steps}
    output = Output(as_json)
    if refusal is None:
        output.result(data, [*_lines(steps), "", *_summary(found, offline)])
        return
    refusal.message = _clean(refusal.message, secrets)
    refusal.hint = _clean(refusal.hint, secrets) if refusal.hint else None
    output.refuted(data, [*_lines(steps), ""], refusal)


@main.command(cls=_Command)
@click.argument("channel")
@click.option(
    "--desk", required=True, metavar="ADDRESS", help="The desk, as the operator's own site names it."
)
@click.option(
    "--kind", metavar="KIND", help="What the channel is on, such as wechat, where that is not plain."
)
@click.option(
    "--rpc",
    metavar="URL",
    help=f"A node of the desk's chain, http:// or https://; else what {RPC_VARIABLE} holds. Not printed.",
    envvar=RPC_VARIABLE,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, errors too.")
def check(channel: str, desk: str, kind: str | None, rpc: str | None, as_json: bool) -> None:
    """Ask whether CHANNEL, a site, a handle or an address of mail, is really a desk's.

    \b
    Exit codes: 0 it is; 6 it is not, or no longer; 2 CHANNEL or an option cannot be used; 3 there is no such
    desk; 1 the node gave no usable answer.

    \b
    Examples:
      makegood check t.me/Some_Support --desk 0x825F…d7da --rpc https://node.example
      makegood check some_support --kind wechat --desk 0x825F…d7da
    """
    from makegood import channels
    from makegood.desk import Desk

    asked = channels.parse(channel, kind)
    try:
        found = Desk(_node(rpc), desk).directory.channel(asked.digest)
    except MakegoodError as error:
        error.message = _clean(error.message, _secrets(rpc or ""))
        raise
    official = found.since != 0 and found.revoked_at == 0
    data: dict[str, Any] = {
        "channel": asked.canonical,
        "digest": "0x" + asked.digest.hex(),
        "desk": desk,
        "official": official,
        "since": found.since or None,
        "revoked_at": found.revoked_at or None,
    }
    output = Output(as_json)
    if official:
        since = words.moment(found.since, int(time.time()))
        lines = [f"{asked.display} is an official channel of this desk since {since}.", *_CAUTION]
        output.result(data, lines)
        return
    if found.since:
        revoked = words.moment(found.revoked_at, int(time.time()))
        why = f"{asked.display} is no longer a channel of this desk: it was revoked {revoked}."
    else:
        why = f"{asked.display} is not a channel of this desk: its operator never published it."
    remedy = "Whoever writes from it is a stranger: do not answer, pay, sign or tell anything."
    output.refuted(data, [], VerificationFailed(why, hint=remedy))


def _node(rpc: str | None) -> Web3:
    from web3 import HTTPProvider, Web3

    if not rpc:
        raise UsageError(
            "No node was named, and without one nothing shows what is recorded.",
            hint=f"Give --rpc URL or set {RPC_VARIABLE}; much of a receipt can be checked with --offline.",
        )
    try:
        parts = urlsplit(rpc)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not rpc.isprintable():
        # Without the address: it may hold a secret.
        raise UsageError(
            "The node's address is none of a web server.", hint="It begins with http:// or https://."
        )
    return Web3(HTTPProvider(rpc, request_kwargs={"timeout": _TIMEOUTS}, exception_retry_configuration=None))


def _secrets(rpc: str) -> tuple[str, ...]:
    """What of a node's address is not to be printed, longest first."""
    try:
        parts = urlsplit(rpc)
    except ValueError:
        return (rpc,)
    pieces = [rpc, parts.netloc.rpartition("@")[0], parts.username, parts.password, parts.path, parts.query]
    pieces += [*parts.path.split("/"), *(pair.partition("=")[2] for pair in parts.query.split("&"))]
    # A piece of a few letters, such as v3, is no secret and stands in many words.
    return tuple(sorted({piece for piece in pieces if piece and len(piece) > 4}, key=len, reverse=True))


def _clean(text: str, secrets: tuple[str, ...]) -> str:
    # Contracts and nodes can say anything: nothing of it moves a cursor.
    text = "".join(one if one.isprintable() else "�" for one in text)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def _cleaned(step: Step, secrets: tuple[str, ...]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "step": step.name,
        "outcome": step.outcome.value,
        "why": _clean(step.why, secrets),
        "hint": _clean(step.hint, secrets) if step.hint else None,
    }
    return {**shown, **({"found": dict(step.facts)} if step.facts else {})}


def _lines(steps: list[dict[str, Any]]) -> list[str]:
    from makegood.console.table import facts

    width = max(len(step["step"]) for step in steps)
    rows = []
    for step in steps:
        label = f"{step['outcome']:<7}  {step['step'].replace('_', ' '):<{width}}"
        rows.append((label, f"{step['why']} {step['hint']}" if step["hint"] else step["why"]))
    return facts(rows)


def _summary(found: Verification, offline: bool) -> list[str]:
    from makegood.receipts import Outcome

    passed = sum(step.outcome is Outcome.PASSED for step in found)
    skipped = sum(step.outcome is Outcome.SKIPPED for step in found)
    if offline:
        left = "That the ticket is recorded was not checked."
    else:
        left = "Whose desk this is, only the operator's own site can tell: it must name the desk's address."
    return [f"No step failed: {passed} passed, {skipped} skipped.", left]
