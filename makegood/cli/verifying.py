# SPDX-License-Identifier: Apache-2.0
"""`makegood verify`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.console.output import Output
from makegood.errors import NodeSilent, UsageError
from makegood.rpc import clean, connected, place_of, secrets_of

if TYPE_CHECKING:
    from makegood.receipts import Outcome, Step, Verification


@click.command(cls=Command)
@click.argument("file", type=click.Path())
@click.option("--offline", is_flag=True, help="Check only what needs no chain; make no network request.")
@rpc_option("the receipt's")
@json_option
def verify(file: str, offline: bool, rpc: str | None, as_json: bool) -> None:
    """Verify a receipt, step by step.

    Offline nothing shows that the ticket is recorded, or what of it: only the chain tells.

    Exit codes: 0 no step failed; 6 a step failed; 2 the file is no receipt, an option is wrong or the node is
    of another chain; 3 there is no such file; 1 the node gave no usable answer.
    """
    from makegood.receipts import Outcome, verify_file

    source = click.get_current_context().get_parameter_source("rpc")
    if offline and source is click.core.ParameterSource.COMMANDLINE:
        raise UsageError("--offline asks no node.", hint="Leave --rpc out, or --offline.")
    secrets = () if offline or rpc is None else secrets_of(rpc)
    node = None if offline else connected(rpc, " Much of a receipt can be checked with --offline.")
    found = verify_file(file, node, now=int(time.time()))
    steps = [_cleaned(step, secrets) for step in found]
    refusal = found.refusal()
    data: dict[str, Any] = {"verified": found.verified, "offline": offline, "steps": steps}
    output = Output(as_json)
    if refusal is None:
        output.result(data, [*_lines(steps), "", *_summary(found, offline)])
        return
    refusal.message = clean(refusal.message, secrets)
    refusal.hint = clean(refusal.hint, secrets) if refusal.hint else None
    if isinstance(refusal, NodeSilent) and rpc is not None:
        refusal.message = f"No node answers at {place_of(rpc)}."
    if found.failed is None:
        passed = f"{_count(found, Outcome.PASSED)} of {len(steps)} steps passed"
        refusal.hint = f"{passed}, and this says nothing against the receipt. {refusal.hint or ''}".rstrip()
    output.refuted(data, [*_lines(steps), ""], refusal)


def _cleaned(step: Step, secrets: tuple[str, ...]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "step": step.name,
        "outcome": step.outcome.value,
        "why": clean(step.why, secrets),
        "hint": clean(step.hint, secrets) if step.hint else None,
    }
    return {**shown, **({"found": dict(step.facts)} if step.facts else {})}


def _lines(steps: list[dict[str, Any]]) -> list[str]:
    from makegood.console.table import facts

    width = max(len(step["step"]) for step in steps)
    rows = []
    for step in steps:
        label = f"{step['outcome']:<7}  {step['step'].replace('_', ' '):<{width}}"
        rows.append((label, f"{step['why']} {step['hint']}" if step["hint"] else step["why"]))
    return facts(rows)


def _summary(found: Verification, offline: bool) -> list[str]:
    from makegood.receipts import Outcome

    passed, skipped = (_count(found, each) for each in (Outcome.PASSED, Outcome.SKIPPED))
    lines = [f"No step failed: {passed} passed, {skipped} skipped."]
    if offline:
        return [
            *lines,
            "Not checked: that the ticket is recorded, and its policy, priority, times, transaction, block.",
            "Only the chain tells: verify it at a node with --rpc URL.",
        ]
    left = "Whose desk this is, only the operator's own site can tell: it must name the desk's address."
    return [*lines, left]


def _count(found: Verification, outcome: Outcome) -> int:
    return sum(step.outcome is outcome for step in found)
