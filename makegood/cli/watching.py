# SPDX-License-Identifier: Apache-2.0
"""`makegood watch`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.console.output import Output
from makegood.errors import VerificationFailed
from makegood.rpc import clean, connected, kept_secret, secrets_of

if TYPE_CHECKING:
    from web3 import Web3

    from makegood.batches.watching import Finding


@click.command(cls=Command)
@click.argument("receipt", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--leaves",
    metavar="FILE_OR_URL",
    help="Where the leaves of the desk's batches are: a file, a folder, an http(s) address, or `published` "
    "for where each batch says.",
)
@click.option(
    "--from-block",
    type=click.IntRange(min=0),
    metavar="N",
    help="From where on the desk's batches are looked at; else from its first one.",
)
@rpc_option("the receipts'")
@json_option
def watch(
    receipt: tuple[Path, ...], leaves: str | None, from_block: int | None, rpc: str | None, as_json: bool
) -> None:
    """Say of each RECEIPT whether the desk cheats, and what to do when.

    The tickets are those of batches. It looks at the chain, and with --leaves at what the desk published:
    entries of the ticket that you should know, and two stories told about it.

    \b
    Exit codes: 0 nothing is to be done against cheating; 6 something is; 2 a file is no receipt, or an option
    is wrong; 3 there is no such file; 1 the node gave no usable answer.

    \b
    Examples:
      makegood watch receipt.json --rpc https://node.example
      makegood watch receipts/*.json --leaves https://desk.example/leaves --rpc https://node.example
    """
    from makegood.console import words
    from makegood.console.table import facts

    with kept_secret(rpc):
        w3 = connected(rpc)
        now, found = _watched(w3, receipt, leaves, from_block)
    secrets = secrets_of(rpc or "")
    told = [
        {"receipt": str(path), "ticket_id": ticket, "findings": [_data(each, secrets) for each in findings]}
        for path, ticket, findings in found
    ]
    lines: list[str] = []
    for path, ticket, findings in found:
        lines += [f"{path}: ticket {ticket}"]
        rows = []
        for each in findings:
            remedy = f" {each.remedy}" if each.remedy else ""
            if each.remedy and each.until is not None:
                remedy = f" Until {words.moment(each.until, now)}: `{each.remedy}`."
            rows.append((each.weight.value, clean(f"{each.what}{remedy}", secrets)))
        lines += facts(rows, indent=2)
    cheated = sum(each.weight.value == "cheating" for _, _, findings in found for each in findings)
    if not cheated:
        Output(as_json).result({"cheating": False, "receipts": told}, lines)
        return
    error = VerificationFailed(
        "Something is to be done against cheating.", hint="What, stands beside each finding."
    )
    Output(as_json).refuted({"cheating": True, "receipts": told}, lines, error)


def _watched(
    w3: Web3, paths: tuple[Path, ...], leaves: str | None, from_block: int | None
) -> tuple[int, list[tuple[Path, str, tuple[Finding, ...]]]]:
    from makegood.receipts import node, read

    now = node.latest(w3)[1]
    receipts = [(path, read(path)) for path in paths]
    return now, [
        (path, "0x" + each.ticket_id.hex(), _findings(w3, path, each, leaves, from_block, now))
        for path, each in receipts
    ]


def _findings(
    w3: Web3, path: Path, receipt: Any, leaves: str | None, from_block: int | None, now: int
) -> tuple[Finding, ...]:
    from makegood.batches.published import PUBLISHED, published
    from makegood.batches.watching import Finding, Weight
    from makegood.batches.watching import watch as watched
    from makegood.desk import Desk
    from makegood.receipts import verify

    verified = verify(receipt, w3, now=now)
    if verified.error is not None and verified.failed is None:
        raise verified.error
    if verified.failed is not None:
        step = verified.failed
        return (Finding(step.name, Weight.CHEATING, step.why, step.hint),)
    if receipt.inclusion is None:
        ticket = f"0x{receipt.ticket_id.hex()}"
        what = "The ticket was opened directly: the chain saw everything."
        return (Finding("direct", Weight.TO_KNOW, what, f"ape run status {ticket}"),)
    desk = Desk(w3, receipt.desk)
    found = None
    if leaves is not None:
        is_address = leaves == PUBLISHED or leaves.startswith(("http://", "https://"))
        found = published(desk, receipt, leaves if is_address else Path(leaves), from_block)
    return watched(desk, receipt, found, now, str(path))


def _data(finding: Finding, secrets: tuple[str, ...]) -> dict[str, Any]:
    from makegood.console import words

    return {
        "finding": finding.name,
        "weight": finding.weight.value,
        "what": clean(finding.what, secrets),
        "remedy": clean(finding.remedy, secrets) if finding.remedy else None,
        "until": words.iso(finding.until),
    }
