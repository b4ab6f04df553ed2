# SPDX-License-Identifier: Apache-2.0
"""`ape run inspect_dispute`."""

from pathlib import Path

import click

from makegood.console import inspecting
from makegood.console.command import command
from makegood.console.options import kind_option
from makegood.console.run import Run
from makegood.console.shown_evidence import Shown


@command(acts_as="arbiter-1")
@click.argument("ticket", required=False)
@kind_option()
@click.option(
    "--evidence",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The evidence document, one of its files, or the sealed bundle, to check. May be repeated.",
)
@click.option(
    "--identity",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The identity that opens the bundle, as `ape run evidence_key` wrote it.",
)
@click.option(
    "--extract",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write the bundle's files into this new folder; else nothing of them touches the disk.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the case, for signing on a machine without a network.",
)
def cli(
    run: Run,
    ticket: str | None,
    kind: str | None,
    evidence: tuple[Path, ...],
    identity: Path | None,
    extract: Path | None,
    out: Path | None,
) -> None:
    """Show all about the dispute on TICKET: what is claimed and why, what happened, the evidence, the money.

    Without TICKET it lists the open disputes. It only reads. Exit code 6 where what is given as evidence is
    not what the chain has.

    \b
    Examples:
      ape run inspect_dispute
      ape run inspect_dispute 0x5f0c…e1 --evidence evidence.json --evidence mail.eml
      ape run inspect_dispute 0x5f0c…e1 --evidence bundle.age --identity my-evidence-key --extract opened
      ape run inspect_dispute 0x5f0c…e1 --kind resolution --out case.json
    """
    if ticket is None:
        if evidence or any(each is not None for each in (kind, identity, extract, out)):
            raise click.UsageError("--kind, --evidence, --identity, --extract and --out go with a TICKET.")
        inspecting.list_open(run)
    else:
        inspecting.inspect(run, ticket, kind, Shown(evidence, identity, extract), out)
