# SPDX-License-Identifier: Apache-2.0
"""`ape run publish_channel`."""

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
    """Say that CHANNEL, a site, a handle or an address of mail, is the desk's from now on.

    \b
    Examples:
      ape run publish_channel https://support.example/help
      ape run publish_channel t.me/example_support
      ape run publish_channel example_support --kind wechat
    """
    channels.publish_channel(run, channel, kind)
