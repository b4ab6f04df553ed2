# SPDX-License-Identifier: Apache-2.0
"""The operator's side of challenges: showing, in time, the entries that are to count."""

from collections.abc import Sequence
from pathlib import Path

from makegood.batches import Batch, answering, read_leaves
from makegood.batches.answering import Answer
from makegood.batches.store import Store
from makegood.console import ticket_ids, words
from makegood.console.batching import open_store
from makegood.console.proving import challenge_of
from makegood.console.run import Run, Step
from makegood.errors import (
    ChainRevert,
    LeavesDamaged,
    LeavesMissing,
    LeavesOfAnotherRoot,
    NotFound,
    UsageError,
)


def answer(run: Run, tickets: Sequence[str], *, every: bool, store: Path | None, leaves: str | None) -> None:
    """Show the next entries of challenged tickets; with `every`, of all that the store's batches opened."""
    if every == bool(tickets):
        raise UsageError("It is not clear which tickets are meant.", hint="Give either TICKET, or --all.")
    if leaves is not None:
        if every:
            raise UsageError(
                "--all takes the store's tickets.", hint="Leave --leaves out, or name the ticket."
            )
        ids = [ticket_ids.ticket_id(run, ticket) for ticket in tickets]
        answers = [_answer(run, each, _published(run, each, leaves)) for each in ids]
        _show(run, answers)
        return
    with open_store(run, store) as opened:
        ids = _challenged(run, opened) if every else [ticket_ids.ticket_id(run, ticket) for ticket in tickets]
        answers = [_answer(run, each, answering.batches_in(opened, each)) for each in ids]
        _show(run, answers)


def _challenged(run: Run, store: Store) -> list[bytes]:
    """The store's tickets whose challenge window runs."""
    now = run.chain.now()
    found = []
    for event in run.desk.lane.events(("TicketProven",), run.first_block):
        ticket_id = bytes(event["ticket_id"])
        if not store.has_ticket(ticket_id):
            continue
        state = run.desk.ticket(ticket_id)
        if state.challenged and now <= challenge_of(run, ticket_id, state).until:
            found.append(ticket_id)
    return found


def _answer(run: Run, ticket_id: bytes, batches: dict[int, Batch]) -> Answer:
    now = run.chain.now()
    found = answering.answer(run.desk, ticket_id, batches, now)
    if found is None:
        run.desk.ticket(ticket_id)  # one that is not on chain at all says so
        raise NotFound("The ticket was not proven.", hint="Prove it first: `ape run prove RECEIPT`.")
    if not found.open:
        raise ChainRevert(
            f"The challenge window of ticket 0x{ticket_id.hex()} is over: {words.moment(found.until, now)}.",
            reason="lane: challenge window is over",
            hint="No more entries count.",
        )
    return found


def _published(run: Run, ticket_id: bytes, source: str) -> dict[int, Batch]:
    """The batches with entries of a ticket whose leaves are in a file or a folder, or at an address."""
    where = source if source.startswith(("http://", "https://")) else Path(source)
    found = {}
    for event in run.desk.lane.events(("BatchAnchored",), run.first_block):
        try:
            batch = read_leaves(where, bytes(event["root"]), event["counts"])
        except (LeavesMissing, LeavesDamaged, LeavesOfAnotherRoot):
            continue
        if any(True for _ in batch.beginning_with(ticket_id)):
            found[int(event["batch"])] = batch
    if not found:
        raise LeavesMissing(f"{source} has no leaves with entries of the ticket.", hint="Check --leaves.")
    return found


def _show(run: Run, answers: Sequence[Answer]) -> None:
    for each in answers:
        if each.too_late:
            run.output.say(
                f"Ticket 0x{each.ticket_id.hex()}: {each.too_late} more should have been shown in the first "
                "half of its window, and no longer count."
            )
    planned = [(each, each.calls(run.desk)) for each in answers]
    steps = [
        # Of several calls for one ticket the chain takes each only after the one before.
        Step(f"show entries of 0x{each.ticket_id.hex()}", call if number == 0 else None)
        for each, calls in planned
        for number, call in enumerate(calls)
    ]
    if steps and not run.goes_ahead(steps):
        return
    taken = {}
    for each, calls in planned:
        events = []
        for call in calls:
            outcome = run.send(f"show entries of 0x{each.ticket_id.hex()}", call)
            events += [event for event in outcome.events if event.name == "EntryShown"]
        taken[each.ticket_id] = sum(bool(event["taken"]) for event in events)
    run.done(
        {
            "tickets": [
                {
                    "ticket_id": "0x" + each.ticket_id.hex(),
                    "shown": len(each.showable),
                    "taken": taken[each.ticket_id],
                    "too_late": each.too_late,
                    "challenge_until": words.iso(each.until),
                }
                for each in answers
            ]
        },
        [
            (
                words.shortened("0x" + each.ticket_id.hex()),
                f"{len(each.showable)} shown, {taken[each.ticket_id]} of them count"
                if each.showable
                else "nothing to show",
            )
            for each in answers
        ]
        or [("answered", "nothing: no ticket of the store is challenged")],
    )
