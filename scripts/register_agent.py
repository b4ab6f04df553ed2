# SPDX-License-Identifier: Apache-2.0
"""`ape run register_agent`."""

from pathlib import Path

import click

from makegood.console import agents
from makegood.console.command import command
from makegood.console.run import Run
from makegood.console.signed import KINDS


@command(acts_as="operator")
@click.argument("agent", required=False)
@click.option(
    "--kind", type=click.Choice(tuple(KINDS)), default="human", show_default=True, help="Bots stop no clock."
)
@click.option("--until", default="365d", show_default=True, help="The last day, time, or a span from now.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The key file of the agent's DID, made where it is not there; else a test account's own key.",
)
@click.option("--passphrase-fd", type=int, metavar="N", help="Read the key file's passphrase from here.")
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="As the agent: sign a binding into FILE for the operator; send nothing.",
)
@click.option("--valid", default="7d", show_default=True, help="Until when a signed binding can be used.")
@click.option(
    "--binding", type=click.Path(path_type=Path), metavar="FILE", help="Register the agent that signed FILE."
)
def cli(
    run: Run,
    agent: str | None,
    kind: str,
    until: str,
    key: Path | None,
    passphrase_fd: int | None,
    sign: Path | None,
    valid: str,
    binding: Path | None,
) -> None:
    """Appoint AGENT, an account of Ape, or move its end and its DID.

    Its DID issues a credential for its address, and the address signs for the DID; the digests of both go on
    chain. Where the agent's account is on another machine it signs there, and the file is registered here.

    \b
    Examples:
      ape run register_agent agent
      ape run register_agent li --key li-did.json --until 2028-01-01 --account ops
      ape run register_agent --sign li.json --key li-did.json --account li
      ape run register_agent --binding li.json --account ops
    """
    if sum(each is not None for each in (agent, sign, binding)) != 1:
        raise click.UsageError("Give one of AGENT, --sign FILE and --binding FILE.")
    if binding is not None and key is not None:
        raise click.UsageError("--key does not go with --binding, which is signed already.")
    if binding is not None:
        agents.register_binding(run, binding, until)
    elif sign is not None:
        if run.account_name is None:
            run.role = kind if kind == "bot" else "agent"
        agents.sign_binding(run, kind, valid, key, passphrase_fd, sign)
    else:
        agents.register_agent(run, str(agent), kind, until, key, passphrase_fd)
