# SPDX-License-Identifier: Apache-2.0
"""`ape run revoke_channel`."""

import click

from makegood.channels import Kind
from makegood.console import channels
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("channel")
@click.option(
    "--kind",
    type=click.Choice(tuple(each.value for each in Kind)),
    help="Of what kind, where that is not plain.",
)
def cli(run: Run, channel: str, kind: str | None) -> None:
    """Say that CHANNEL is no longer the desk's, at once. It can be published anew later.

    \b
    Examples:
      ape run revoke_channel https://support.example/help
      ape run revoke_channel t.me/example_support
      ape run revoke_channel example_support --kind wechat
    """
    channels.revoke_channel(run, channel, kind)
