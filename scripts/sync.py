# SPDX-License-Identifier: Apache-2.0
"""`ape run sync`."""

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
def cli(run: Run) -> None:
    """Make the pool's books equal to its real balance.

    Needed where money came to the pool without `fund`, or a token took some away.

    \b
    Examples:
      ape run sync
    """
    money.sync(run)
