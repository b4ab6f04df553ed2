# SPDX-License-Identifier: Apache-2.0
"""`ape run deploy`."""

import click

from makegood.console import deploying
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator", needs_desk=False)
@click.option(
    "--asset",
    default="ETH",
    show_default=True,
    metavar="ETH|ADDRESS",
    help="What it pays in: ETH, or an ERC-20.",
)
@click.option(
    "--notice",
    default="30d",
    show_default=True,
    help="How long a withdrawal is announced before; 1d to ten years.",
)
@click.option(
    "--name", default="Support", show_default=True, help="What the desk is called in the factory's list."
)
@click.option("--operator", metavar="ADDRESS", help="Who owns the desk; else the account that deploys.")
@click.option(
    "--factory", metavar="ADDRESS", help="The factory to use; else the remembered one, or a new one."
)
@click.option(
    "--arbiter",
    "arbiters",
    multiple=True,
    metavar="ADDRESS",
    help="One who decides disputes. May be repeated; without, silence decides them for the requester.",
)
@click.option("--threshold", type=int, metavar="N", help="How many arbiters decide; else a majority.")
def cli(
    run: Run,
    asset: str,
    notice: str,
    name: str,
    operator: str | None,
    factory: str | None,
    arbiters: tuple[str, ...],
    threshold: int | None,
) -> None:
    """Deploy a desk with its pool, panel and directory, and remember it for this chain.

    \b
    Examples:
      ape run deploy
      ape run deploy --arbiter arbiter-1 --arbiter arbiter-2 --arbiter arbiter-3
      ape run deploy --asset 0x6B17…1d0F --notice 90d --name "Wallet support"
      ape run deploy --network ethereum:sepolia:node --account ops --dry-run
    """
    deploying.deploy(run, asset, notice, name, factory, operator, arbiters, threshold)
