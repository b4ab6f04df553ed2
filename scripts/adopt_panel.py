# SPDX-License-Identifier: Apache-2.0
"""`ape run adopt_panel`."""

from makegood.console import arbiters
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
def cli(run: Run) -> None:
    """Make the proposed panel the one that decides what is contested from now on.

    \b
    Examples:
      ape run adopt_panel
    """
    arbiters.adopt_panel(run)
