# SPDX-License-Identifier: Apache-2.0
"""`makegood check`."""

from __future__ import annotations

import time
from typing import Any

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.console.output import Output
from makegood.errors import VerificationFailed
from makegood.rpc import connected, kept_secret

_CAUTION = (
    "Even there, nobody from a real desk asks for a seed phrase, a private key or a payment.",
    "Whose desk this is, only the operator's own site can tell: it must name the desk's address.",
)


@click.command(cls=Command)
@click.argument("channel")
@click.option(
    "--desk", required=True, metavar="ADDRESS", help="The desk, as the operator's own site names it."
)
@click.option(
    "--kind", metavar="KIND", help="What the channel is on, such as wechat, where that is not plain."
)
@rpc_option("the desk's")
@json_option
def check(channel: str, desk: str, kind: str | None, rpc: str | None, as_json: bool) -> None:
    """Ask whether CHANNEL is really a desk's. It is a site, a handle or an address of mail.

    \b
    Exit codes: 0 it is; 6 it is not, or no longer; 2 CHANNEL or an option cannot be used; 3 there is no such
    desk; 1 the node gave no usable answer.

    \b
    Examples:
      makegood check t.me/Some_Support --desk 0x825F…d7da --rpc https://node.example
      makegood check some_support --kind wechat --desk 0x825F…d7da
    """
    from makegood import channels
    from makegood.console import words
    from makegood.desk import Desk

    asked = channels.parse(channel, kind)
    with kept_secret(rpc):
        found = Desk(connected(rpc), desk).directory.channel(asked.digest)
    official = found.since != 0 and found.revoked_at == 0
    data: dict[str, Any] = {
        "channel": asked.canonical,
        "digest": "0x" + asked.digest.hex(),
        "desk": desk,
        "official": official,
        "since": words.iso(found.since) if found.since else None,
        "revoked_at": words.iso(found.revoked_at) if found.revoked_at else None,
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
