# SPDX-License-Identifier: Apache-2.0
"""`ape run sign_verdict`."""

from pathlib import Path

import click

from makegood.console import signing
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.offline import Offline
from makegood.console.options import kind_option, message_options
from makegood.console.run import Run
from makegood.desk import Ruling
from makegood.disputes import read_case_file


@command(acts_as="arbiter-1", offline="case")
@click.argument("ticket", required=False)
@kind_option()
@click.option(
    "--case",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The case that `inspect_dispute --out` wrote; nothing is connected to.",
)
@click.option("--uphold", is_flag=True, help="The requester is right.")
@click.option("--reject", is_flag=True, help="The desk is right.")
@click.option("--amount", metavar="N", help="What an incident is worth, in whole units; else what is asked.")
@click.option("--deadline", help="Until when the verdict counts; else the ruling window's end.")
@click.option(
    "--report",
    is_flag=True,
    help="Nobody contested this: report a breach; one of --text, --document, --digest says why.",
)
@message_options
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that a report goes by; the document of --text lists it. May be repeated.",
)
@click.option(
    "--arbiter",
    metavar="ADDRESS",
    help="With --dry-run: an arbiter that signs elsewhere, such as a Safe; else the account's.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the signed verdict goes; else verdict-DISPUTE-ARBITER.json here.",
)
def cli(
    run: Run | Offline,
    ticket: str | None,
    kind: str | None,
    case: Path | None,
    uphold: bool,
    reject: bool,
    amount: str | None,
    deadline: str | None,
    report: bool,
    message: Message,
    files: tuple[Path, ...],
    arbiter: str | None,
    out: Path | None,
) -> None:
    """Sign, as an arbiter, how the dispute on TICKET ends. It is said in words before; nothing is sent.

    All arbiters sign the same: leave --amount and --deadline out, or agree on them. A report needs the same
    --deadline, or the same case file, and the same document: one makes it with --text, the others give it to
    --document. --dry-run prints the typed message for a wallet elsewhere.

    \b
    Examples:
      ape run sign_verdict 0x5f0c…e1 --uphold --account arbiter-2
      ape run sign_verdict --case case.json --reject --account ledger
      ape run sign_verdict 0x5f0c…e1 --kind incident --uphold --amount 0.25
      ape run sign_verdict 0x5f0c…e1 --kind next_reply --report --uphold --text "The same once more"
      ape run sign_verdict 0x5f0c…e1 --uphold --dry-run --arbiter 0x41Ab…90
    """
    if (ticket is None) == (case is None):
        raise click.UsageError("Give either the TICKET, or --case FILE.")
    if case is not None and kind is not None:
        raise click.UsageError("--kind does not go with --case, which has it.")
    if uphold == reject:
        raise click.UsageError("Give either --uphold or --reject.")
    if isinstance(run, Offline):
        found = read_case_file(str(case))
    else:
        found = signing.online_case(run, str(ticket), kind, report=report)
    signing.sign_verdict(
        run,
        found,
        signing.Signing(
            Ruling.UPHELD if uphold else Ruling.REJECTED,
            amount=amount,
            deadline=deadline,
            arbiter=arbiter,
            report=report,
            grounds=message,
            files=files,
            out=out,
        ),
    )
