# SPDX-License-Identifier: Apache-2.0
"""`ape run rule_by_default`."""

import click

from makegood.console import ruling
from makegood.console.command import command
from makegood.console.options import kind_option
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("ticket")
@kind_option()
@click.option(
    "--collect",
    is_flag=True,
    help="Send the requester what it gets in the same transaction, with all else it can have.",
)
def cli(run: Run, ticket: str, kind: str | None, collect: bool) -> None:
    """End the dispute on TICKET whose arbiters stayed silent: the requester wins. Anyone may.

    \b
    Examples:
      ape run rule_by_default 0x5f0c…e1
      ape run rule_by_default 0x5f0c…e1 --kind incident --collect
    """
    ruling.rule_by_default(run, ticket, kind, collect_too=collect)
