# SPDX-License-Identifier: Apache-2.0
"""`ape run cancel_withdrawal`."""

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
def cli(run: Run) -> None:
    """Take the announced withdrawal back.

    \b
    Examples:
      ape run cancel_withdrawal
    """
    money.cancel_withdrawal(run)
