# SPDX-License-Identifier: Apache-2.0
"""The operator's batches: anchoring what a file tells, and releasing what expired batches still hold."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.batches.anchoring import Anchoring, Terms
from makegood.batches.handing_out import HandedOut, hand_out
from makegood.batches.incoming import Incoming, read_lines
from makegood.batches.store import ANCHORED, DeadLetter, Kept, Store, Taken
from makegood.clock import Priority
from makegood.console import words
from makegood.console.deployments import data_folder
from makegood.console.files import read_text
from makegood.console.people import policy_or_newest
from makegood.console.run import Run, Step
from makegood.desk import Desk
from makegood.errors import MakegoodError, UsageError

_LISTED = 20  # dead letters that are printed


@dataclass(frozen=True)
class Wanted:
    """How `anchor` is asked to do it; a path that is None is in the data folder."""

    policy: int | None = None
    uri: str = ""
    must_back: bool = False
    store: Path | None = None
    receipts: Path | None = None
    publish: Path | None = None


def open_store(run: Run, path: Path | None) -> Store:
    """The store in a file, else the desk's own in the data folder."""
    return Store(path or store_path(run), chain=run.chain.identity, desk=run.desk.address)


def store_path(run: Run) -> Path:
    """Where the store of this desk on this chain is, unless another place is named."""
    chain = run.chain.identity.replace(":0x", "-")[:24]
    return data_folder() / "batches" / f"{chain}-{run.desk.address}" / "store.sqlite"


# ---------------------------------------------------------------- anchor


def anchor(run: Run, file: str, wanted: Wanted) -> None:
    """Take the events of a file, or of stdin for `-`, and anchor all that wait.

    Every line is read, and what would be refused is known, before anything is recorded or sent.
    """
    events = _events(run, file)
    policy = policy_or_newest(run, wanted.policy)
    run.after_stop = "Run the same again: the store knows how far it is, and nothing is anchored twice."
    with open_store(run, wanted.store) as store:
        before = {each.id for each in store.dead_letters()}
        anchoring = Anchoring(
            store,
            run.desk,
            run.signer,
            Terms(policy, wanted.uri, wanted.must_back),
            # A quiet local chain's newest block can be days old.
            now=run.chain.now if run.chain.local else None,
        )
        steps = _planned(store, anchoring, events, policy)
        if (steps or run.dry_run) and not run.goes_ahead(steps):
            return
        taken = store.take(events, policy)
        anchored = []
        for kept in anchoring.run():
            run.output.say(f"Batch {kept.number}: {_entries(kept)} anchored in block {kept.block}")
            anchored.append(kept)
        receipts = wanted.receipts or data_folder() / "receipts"
        handed = hand_out(store, run.desk, receipts, wanted.publish)
        batches = [store.batch(key) for key in sorted({each.key for each in anchored} | handed.keys())]
        given = {event.id for event in events}
        refused = [each for each in store.dead_letters() if each.id in given or each.id not in before]
        _tell_anchored(run, store, taken, batches, handed, refused, published=wanted.publish is not None)


def _events(run: Run, file: str) -> tuple[Incoming, ...]:
    text = sys.stdin.read() if file == "-" else read_text(Path(file))
    return read_lines(
        text.split("\n"),
        "stdin" if file == "-" else file,
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        agent=run.signer.address,
    )


def _planned(store: Store, anchoring: Anchoring, events: Sequence[Incoming], policy: int) -> list[Step]:
    """What is to be sent: batches of an earlier run, and the one that is to be prepared."""
    earlier = store.batches(f"state <> '{ANCHORED}'")
    steps = [Step(f"anchor {_entries(kept)} of an earlier run", anchoring.call_of(kept)) for kept in earlier]
    with store.trial():
        store.take(events, policy)
        prepared = anchoring.prepare(trial=True)
    if prepared is not None:
        steps.append(Step(f"anchor {_entries(prepared)}", anchoring.call_of(prepared)))
    return steps


def _entries(kept: Kept) -> str:
    return words.count(kept.size, "entry", "entries")


def _tell_anchored(
    run: Run,
    store: Store,
    taken: Taken,
    batches: Sequence[Kept],
    handed: Mapping[int, HandedOut],
    refused: Sequence[DeadLetter],
    *,
    published: bool,
) -> None:
    """Print what was done, and end with exit code 1 where something of this run's was `refused`."""
    waiting, dead = store.waiting(), store.dead_letters()
    rows = [
        row for kept in batches for row in _batch_rows(run, kept, handed.get(kept.key), published=published)
    ]
    if not batches:
        rows.append(("batches", f"nothing new: {words.count(taken.known, 'event')} known already"))
    if waiting:
        rows.append(
            ("waiting", f"{words.count(waiting, 'event')}: of a time to come, or of another agent's tickets")
        )
    rows += [("refused", f"{each.source}: {each.why}") for each in dead[:_LISTED]]
    if len(dead) > _LISTED:
        rows.append(("refused", f"{len(dead) - _LISTED:,} more; --json lists all"))
    data = {
        "store": str(store.path),
        "new": taken.new,
        "known": taken.known,
        "batches": [_batch_data(run, kept, handed.get(kept.key)) for kept in batches],
        "waiting": waiting,
        "dead_letters": [_dead_letter(each) for each in dead],
    }
    if refused:
        run.partly_done(data, rows, _refusal(refused))
    run.done(data, rows)


def _refusal(refused: Sequence[DeadLetter]) -> MakegoodError:
    named = "; ".join(each.source for each in refused[:_LISTED])
    more = f" and {len(refused) - _LISTED:,} more" if len(refused) > _LISTED else ""
    return MakegoodError(
        f"{words.count(len(refused), 'event')} {'was' if len(refused) == 1 else 'were'} refused: "
        f"{named}{more}.",
        hint="All others are done; why, stands with each.",
    )


def _batch_rows(run: Run, kept: Kept, handed: HandedOut | None, *, published: bool) -> list[tuple[str, str]]:
    assert kept.number is not None  # noqa: S101
    batch = run.desk.lane.batch(kept.number)
    worst = run.money(_worst_case(run.desk, kept))
    counts = ", ".join(f"{count:,} {name}" for name, count in _counts(kept).items() if count)
    rows = [
        ("batch", f"{kept.number}, policy {kept.policy}"),
        ("root", "0x" + kept.root.hex()),
        ("leaves", counts),
        ("worst case", f"{worst}, {'reserved' if batch.backed else 'not backed: free funds did not reach'}"),
        ("can be proven until", words.moment(batch.expires_at, run.chain.now())),
        ("gas", f"{kept.gas:,}{_per_ticket(kept)}"),
    ]
    if handed is not None:
        rows.append(("receipts", f"{handed.receipts:,} in {handed.folder}"))
        rows.append(_leaves_row(kept, handed, published=published))
    return rows


def _leaves_row(kept: Kept, handed: HandedOut, *, published: bool) -> tuple[str, str]:
    if kept.uri:
        return ("published", f"{handed.leaves}; to be served at {kept.uri}")
    if published:
        return ("published", str(handed.leaves))
    return (
        "leaves kept",
        f"{handed.leaves}; not published. Copy it to a folder that you serve; of the next batches --publish "
        "DIR does so, and --uri URL says on chain where",
    )


def _batch_data(run: Run, kept: Kept, handed: HandedOut | None) -> dict[str, Any]:
    assert kept.number is not None  # noqa: S101
    assert kept.transaction is not None  # noqa: S101
    batch = run.desk.lane.batch(kept.number)
    return {
        "batch": kept.number,
        "policy_id": kept.policy,
        "root": "0x" + kept.root.hex(),
        "counts": _counts(kept),
        "worst_case": str(_worst_case(run.desk, kept)),
        "backed": batch.backed,
        "expires_at": words.iso(batch.expires_at),
        "uri": kept.uri,
        "agent": kept.agent,
        "transaction": "0x" + kept.transaction.hex(),
        "block": kept.block,
        "at": words.iso(kept.at),
        "gas_used": kept.gas,
        "gas_per_ticket": round(kept.gas / kept.openings, 2) if kept.gas and kept.openings else None,
        "receipts": handed.receipts if handed else 0,
        "receipts_folder": str(handed.folder) if handed else None,
        "leaves": str(handed.leaves) if handed else None,
    }


def _counts(kept: Kept) -> dict[str, int]:
    names = [*(priority.label for priority in Priority), "later"]
    return dict(zip(names, kept.counts, strict=True))


def _per_ticket(kept: Kept) -> str:
    if not kept.openings or kept.gas is None:
        return ""
    each = round(kept.gas / kept.openings, 2)
    return f", {each:,.2f} a ticket" if each % 1 else f", {each:,.0f} a ticket"


def _worst_case(desk: Desk, kept: Kept) -> int:
    policy = desk.policy(kept.policy)
    return sum(kept.counts[priority] * sum(policy.compensation[priority]) for priority in Priority)


def _dead_letter(each: DeadLetter) -> dict[str, str]:
    return {"id": each.id, "source": each.source, "why": each.why}


# ---------------------------------------------------------------- release


def release(run: Run, numbers: Sequence[int]) -> None:
    """Free what expired batches hold for openings that were not proven; without numbers, of all of them."""
    chosen = list(dict.fromkeys(numbers)) or _releasable(run)
    if not chosen:
        run.done({"released": [], "amount": "0"}, [("released", "nothing: no expired batch holds anything")])
        return
    if any(number < 1 for number in chosen):
        raise UsageError("Batches are counted from 1.", hint="Give a batch's number.")
    calls = [(f"release batch {number}", run.desk.lane.release_batch(number)) for number in chosen]
    if not run.goes_ahead([Step(what, call) for what, call in calls]):
        return
    released = [run.send(what, call).event("BatchReleased") for what, call in calls]
    total = sum(event["amount"] for event in released)
    run.done(
        {
            "released": [{"batch": event["batch"], "amount": str(event["amount"])} for event in released],
            "amount": str(total),
        },
        [(f"batch {event['batch']}", f"{run.money(event['amount'])} is free again") for event in released],
    )


def _releasable(run: Run) -> list[int]:
    now, lane = run.chain.now(), run.desk.lane
    found = []
    for number in range(1, lane.batch_count() + 1):
        batch = lane.batch(number)
        if batch.reserved and batch.expires_at < now:
            found.append(number)
    return found
