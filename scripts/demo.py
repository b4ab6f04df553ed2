# SPDX-License-Identifier: Apache-2.0
"""`ape run demo`."""

from pathlib import Path

import click

from makegood import policy as policies
from makegood.console.command import command
from makegood.console.network import IN_PROCESS
from makegood.console.run import Run
from makegood.demo import Stage, play, read_script, receipts
from makegood.demo.cast import cast_of
from makegood.demo.story import as_fields
from makegood.demo.telling import told
from makegood.desk import chain_errors
from makegood.errors import MakegoodError, UsageError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@command(acts_as=None, needs_desk=False, network=IN_PROCESS)
@click.option(
    "--tickets",
    type=click.Path(path_type=Path),
    default=EXAMPLES / "tickets.yaml",
    metavar="FILE",
    help="The story; else that of examples/.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    default=EXAMPLES / "policy.yaml",
    metavar="FILE",
    help="The policy; else that of examples/.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write every ticket's receipt and documents to this new folder, and verify the receipts.",
)
def cli(run: Run, tickets: Path, policy: Path, out: Path | None) -> None:
    """Play a dozen tickets through every status, breach and ruling, and tell what came of it.

    Deploys and funds a desk with five arbiters on a local chain of its own, moves its clock over five weeks,
    and prints who got what, why, and what it cost. Every figure is the chain's, and is held against the
    policy. On a local node that was used before it asks, since that node's clock moves for good.

    \b
    Examples:
      ape run demo
      ape run demo --json
      ape run demo --out receipts
    """
    script = read_script(tickets)
    terms = policies.read(policy)
    if not run.chain.local:
        raise UsageError("The demo moves the chain's clock, so it runs on a local chain only.")
    if out is not None:
        receipts.check_folder(out)
    if run.dry_run:
        run.output.result(
            {"dry_run": True, "tickets": len(script.tickets), "acts": len(script.acts)},
            [f"The demo would play {len(script.tickets)} tickets in {len(script.acts)} acts."],
        )
        return
    _ask(run)
    if out is not None:
        # Before anything is played: a folder that cannot be made is told at once.
        out.mkdir(parents=True, exist_ok=True)
    run.in_part = "the story was played in part, and nothing came of it outside that local chain"
    run.output.say(f"Playing {len(script.tickets)} tickets in {len(script.acts)} acts …")
    stage = Stage(run.chain.w3, run.chain.travel_to, cast_of(run.chain, script))
    story = play(stage, script, terms, lambda done, total: run.output.progress(done, total, "acts"))
    if out is None:
        run.output.result(as_fields(story), told(story))
        return
    written = receipts.write(story, out)
    data = {**as_fields(story), "receipts": written.fields()}
    lines = [*told(story), "", written.line()]
    if written.refusals:
        run.output.refuted(data, lines, MakegoodError(receipts.refused(written)))
    run.output.result(data, lines)


def _ask(run: Run) -> None:
    """Ask before the clock of a chain is moved that has more on it than this demo."""
    if run.yes or not run.chain.lasting:
        return
    with chain_errors("eth_blockNumber"):
        used = run.chain.w3.eth.block_number > 0
    if not used and not run.deployments.record().desks:
        return
    run.output.say(
        f"On {run.chain.title} something was done before. "
        "The demo moves its clock five weeks ahead, for good: what is due there by then is late."
    )
    if not run.output.confirms("Go ahead?"):
        raise MakegoodError("Not confirmed, so nothing was played.", hint="Take another node, or say --yes.")
