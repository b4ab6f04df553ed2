# SPDX-License-Identifier: Apache-2.0
"""`ape run transfer_ownership`."""

import click

from makegood.console import ownership
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("new_operator", required=False)
@click.option(
    "--accept", is_flag=True, help="As the new operator: take over the desk that is offered to you."
)
def cli(run: Run, new_operator: str | None, *, accept: bool) -> None:
    """Offer the desk to NEW_OPERATOR, an address, who then takes it over with --accept.

    Until it is accepted nothing changes; `nobody` ends the offer, and another one takes its place. Then all
    that the operator may do moves at once, a withdrawal that was announced too.

    \b
    Examples:
      ape run transfer_ownership 0x9965…A4dc
      ape run transfer_ownership --accept --account new-ops
      ape run transfer_ownership nobody
    """
    if (new_operator is None) != accept:
        raise click.UsageError("Give either NEW_OPERATOR, or --accept.")
    if new_operator is None:
        ownership.accept(run)
    else:
        ownership.offer(run, new_operator)
