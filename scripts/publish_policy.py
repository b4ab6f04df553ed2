# SPDX-License-Identifier: Apache-2.0
"""`ape run publish_policy`."""

from pathlib import Path

import click

from makegood.console import publishing
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("file", type=click.Path(path_type=Path))
def cli(run: Run, file: Path) -> None:
    """Publish the policy in the YAML FILE, for good. Earlier versions stay as they are.

    \b
    Examples:
      ape run publish_policy examples/policy.yaml
      ape run publish_policy examples/policy.yaml --dry-run
    """
    publishing.publish_policy(run, file)
