# SPDX-License-Identifier: Apache-2.0
"""`ape run grant_coverage`."""

from pathlib import Path

import click

from makegood.clock import Priority
from makegood.console import people
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("holder", required=False)
@click.option("--policy", type=int, metavar="ID", help="The policy; else the newest.")
@click.option(
    "--priority", default=Priority.URGENT.label, show_default=True, help="The most urgent one allowed."
)
@click.option(
    "--places", type=int, default=5, show_default=True, help="How many tickets may be open at once."
)
@click.option("--until", default="365d", show_default=True, help="The last day, time, or a span from now.")
@click.option(
    "--voucher",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sign a voucher into FILE; send nothing.",
)
@click.option("--valid", default="30d", show_default=True, help="Until when a voucher can be redeemed.")
@click.option(
    "--redeem", type=click.Path(path_type=Path), metavar="FILE", help="Send the voucher in FILE; anyone may."
)
def cli(
    run: Run,
    holder: str | None,
    policy: int | None,
    priority: str,
    places: int,
    until: str,
    voucher: Path | None,
    valid: str,
    redeem: Path | None,
) -> None:
    """Give HOLDER the right to open tickets without the desk's help. A further grant only raises it.

    \b
    Examples:
      ape run grant_coverage requester
      ape run grant_coverage 0x3C44…93BC --priority high --places 2 --until 2027-12-31
      ape run grant_coverage 0x3C44…93BC --voucher coverage.json
      ape run grant_coverage --redeem coverage.json --account anyone
    """
    if (holder is None) == (redeem is None) or (voucher is not None and redeem is not None):
        raise click.UsageError("Give either the HOLDER, or --redeem FILE.")
    if redeem is not None:
        people.redeem_voucher(run, redeem)
    elif voucher is not None:
        people.sign_voucher(run, str(holder), policy, priority, places, until, valid, voucher)
    else:
        people.grant_coverage(run, str(holder), policy, priority, places, until)
