# SPDX-License-Identifier: Apache-2.0
"""`ape run explore`."""

from pathlib import Path

import click

from makegood import policy as policies
from makegood.console.command import command
from makegood.console.deployments import RememberedDesk, data_folder
from makegood.console.run import Run
from makegood.demo import Stage, play, read_script
from makegood.demo.afterwards import go_on
from makegood.demo.cast import cast_of
from makegood.demo.exploring import require_free, served, show
from makegood.errors import UsageError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@command(acts_as=None, needs_desk=False)
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Of the explorer."
)
def cli(run: Run, port: int) -> None:
    """Play the demo on a local node, then show it in the explorer, until Ctrl-C.

    Needs a node that lasts, such as that of `make node`; `make explore` starts one. The demo moves its clock
    five weeks ahead. Its desk is remembered, so that `ape run open`, `reply` and the others act on it and
    show up on the pages.

    \b
    Examples:
      make explore
      ape run explore --network http://127.0.0.1:8545
    """
    uri = getattr(run.chain.w3.provider, "endpoint_uri", None)
    if not run.chain.local or uri is None:
        raise UsageError("The demo is shown on a local node only.", hint="Start one: `make node`.")
    require_free(port)
    script, terms = read_script(EXAMPLES / "tickets.yaml"), policies.read(EXAMPLES / "policy.yaml")
    # By its port, so that two that run at once keep out of each other's index.
    folder = data_folder() / "explore" / str(port)
    with served(folder / "leaves") as address:
        stage = Stage(run.chain.w3, run.chain.travel_to, cast_of(run.chain, script))
        run.output.say(f"Playing {len(script.tickets)} tickets in {len(script.acts)} acts …")
        story = play(stage, script, terms, lambda done, total: run.output.progress(done, total, "acts"))
        forgotten = go_on(story, stage, folder / "leaves", address)
        desk = story.desk
        run.deployments.remember_factory(story.factory)
        first = story.scenes[0].outcome.block_number
        run.deployments.remember_desk(
            RememberedDesk(desk.address, desk.pool.address, desk.directory.address, "Demo", first)
        )

        def say() -> None:
            run.output.say(f"Ask it for example about the ticket 0x{forgotten.hex()}, which nobody answered.")
            run.output.say(
                "Whatever else happens on this node shows up by itself; for example, in another shell:"
            )
            run.output.say(f"  ape run status --network {uri} --desk {desk.address}")
            run.output.say("Ctrl-C ends it.")

        show(str(uri), story.factory, folder / "index.sqlite", port, say)
