# SPDX-License-Identifier: Apache-2.0
"""A ticket log through a fresh desk, from the command line."""

import csv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from makegood import policy as policies
from makegood import replay
from makegood.console.run import Run
from makegood.console.table import facts, table
from makegood.errors import UsageError
from makegood.policy import format_duration, parse_duration

LANES = ("direct", "batch")


def batching_of(lane: str, every: str | None, *, false_claims: bool) -> replay.Batching | None:
    """How the batch lane is played; None for the direct one. Raises UsageError for what fits neither."""
    if lane == "batch":
        seconds = replay.EVERY if every is None else parse_duration(every)
        return replay.Batching(seconds, false_claims)
    if every is not None or false_claims:
        option = "--false-claims" if every is None else "--every"
        raise UsageError(f"{option} is about batches.", hint="Add --lane batch.")
    return None


def replay_log(
    run: Run,
    log_path: Path,
    policy_path: Path,
    per_ticket: Path | None,
    batching: replay.Batching | None,
) -> None:
    """Read both files, then replay. Whatever is wrong with them is said before the first transaction."""
    log = replay.read_log(log_path)
    policy = policies.read(policy_path)
    log.check(policy)
    if batching:
        batching.check(policy)
    driver = replay.driver_for(run.chain.w3)
    if run.dry_run:
        run.output.result(
            {
                "dry_run": True,
                "tickets": len(log.tickets),
                "events": len(log.rows),
                "policy": policy.to_document(),
            },
            [f"{len(log.rows):,} events of {len(log.tickets):,} tickets can be replayed."],
        )
        return
    with ExitStack() as stack:
        # Opened before hours of work, not after.
        file = stack.enter_context(_opened(per_ticket)) if per_ticket else None
        run.in_part = "the log was replayed in part, and nothing came of it outside that local chain"
        run.output.say(f"Replaying {len(log.rows):,} events of {len(log.tickets):,} tickets …")
        result = replay.run(
            driver,
            log,
            policy,
            batching=batching,
            progress=lambda done, total: run.output.progress(done, total, "steps"),
        )
        if file is not None:
            _write_rows(file, result)
    summary = result.summary()
    run.output.result(summary, _lines(summary))


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", hint="Give another --per-ticket."
        ) from None


def _write_rows(file: TextIO, result: replay.Result) -> None:
    rows = list(result.rows())
    writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _batch_facts(batches: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if batches is None:
        return []
    return [
        ("batches", f"{batches['anchored']:,}, anchored every {format_duration(batches['every'])}"),
        (
            "anchoring",
            f"{batches['anchoring_gas']:,} gas: {batches['anchoring_gas_a_ticket']:,} a ticket,"
            " which is all for one that nobody proves",
        ),
        (
            "proofs",
            f"{batches['proofs']:,}, of which {batches['proofs_refuted']:,} refuted;"
            f" {batches['entries_shown']:,} entries shown",
        ),
        ("challenges", f"{batches['challenges_ended']:,} ended"),
        (
            "bonds",
            f"{batches['bonds_returned']} ETH returned and collected, {batches['bonds_lost']} ETH lost",
        ),
    ]


def _lines(summary: Mapping[str, Any]) -> list[str]:
    priorities = list(next(iter(summary["breaches"].values())))
    breaches = [
        (kind.replace("_", " "), *(f"{counts[each]:,}" for each in priorities), f"{sum(counts.values()):,}")
        for kind, counts in summary["breaches"].items()
    ]
    gas = [
        (function, f"{used['calls']:,}", f"{used['median']:,}", f"{used['max']:,}")
        for function, used in summary["gas"].items()
    ]
    return [
        *facts(
            [
                ("tickets", f"{summary['tickets']:,}, of which {summary['breached_tickets']:,} breached"),
                ("events", f"{summary['events']:,}"),
                ("compensation", f"{summary['compensation']} ETH"),
                ("collected", f"{summary['collected']} ETH"),
                *_batch_facts(summary.get("batches")),
                ("took", f"{summary['seconds']} s"),
            ]
        ),
        "",
        *table(("breaches", *priorities, "all"), breaches, right=tuple(range(1, len(priorities) + 2))),
        "",
        *table(("gas", "calls", "median", "max"), gas, right=(1, 2, 3)),
    ]
