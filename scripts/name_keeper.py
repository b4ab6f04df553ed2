# SPDX-License-Identifier: Apache-2.0
"""`ape run name_keeper`."""

from pathlib import Path

import click

from makegood.console import keepers
from makegood.console.command import command
from makegood.console.options import signing_options
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("keeper", required=False)
@signing_options
def cli(run: Run, keeper: str | None, sign: Path | None, relay: Path | None, valid: str) -> None:
    """Let KEEPER, an address, prove your batch tickets as you can; `nobody` ends it. One at a time.

    What is claimed still goes to you alone. A keeper puts down its own bond.

    \b
    Examples:
      ape run name_keeper 0x3C44…93BC
      ape run name_keeper 0x3C44…93BC --sign keeper.json
      ape run name_keeper --relay keeper.json --account anyone
    """
    if (keeper is None) == (relay is None):
        raise click.UsageError("Give either the KEEPER, or --relay FILE.")
    if relay is not None:
        if sign is not None:
            raise click.UsageError("--sign does not go with --relay.")
        keepers.relay_keeper(run, relay)
    elif sign is not None:
        keepers.sign_keeper(run, str(keeper), valid, sign)
    else:
        keepers.name_keeper(run, str(keeper))
