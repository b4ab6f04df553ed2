# SPDX-License-Identifier: Apache-2.0
"""`ape run prove_equivocation`."""

from pathlib import Path

import click

from makegood.console import equivocating
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("receipt", type=click.Path(path_type=Path))
@click.option(
    "--leaves",
    required=True,
    metavar="WHERE",
    help="The leaves of the desk's batches: a file, a folder, an http(s) address, or `published`.",
)
def cli(run: Run, receipt: Path, leaves: str) -> None:
    """Show that the desk anchored two different entries for one sequence of RECEIPT's ticket. Anyone may.

    All that its clock can breach is breached then. The ticket must be proven, and not closed.

    \b
    Examples:
      ape run prove_equivocation receipt.json --leaves https://desk.example/leaves
    """
    equivocating.prove_equivocation(run, receipt, leaves)
