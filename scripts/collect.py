# SPDX-License-Identifier: Apache-2.0
"""`ape run collect`."""

import click

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("beneficiary", required=False)
def cli(run: Run, beneficiary: str | None) -> None:
    """Send BENEFICIARY what the pool has for it; without, the account that acts. Anyone may.

    \b
    Examples:
      ape run collect
      ape run collect 0x3C44…93BC --account anyone
    """
    money.collect(run, beneficiary)
