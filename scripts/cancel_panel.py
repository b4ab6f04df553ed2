# SPDX-License-Identifier: Apache-2.0
"""`ape run cancel_panel`."""

from makegood.console import arbiters
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
def cli(run: Run) -> None:
    """Take the proposed panel back.

    \b
    Examples:
      ape run cancel_panel
    """
    arbiters.cancel_panel(run)
