# SPDX-License-Identifier: Apache-2.0
"""A log on the batch lane: batches are anchored, breached tickets proven, as `batch_plan` has it."""

from collections import Counter
from collections.abc import Sequence

from makegood.batches import Act, Batch, Entry
from makegood.desk import Shown
from makegood.errors import MakegoodError
from makegood.policy import Policy
from makegood.replay.batch_plan import Anchor, Batching, End, Leaf, Move, Prove, Show, plan
from makegood.replay.driver import Driver
from makegood.replay.log import OPENED, Log
from makegood.replay.playing import Playing, Progress, Timeline
from makegood.replay.result import BatchFigures
from makegood.replay.stage import Stage, Step

_ACTS = {
    OPENED: Act.OPENED,
    "replied": Act.REPLIED,
    "pending": Act.LEFT_PENDING,
    "solved": Act.SOLVED,
    "followed_up": Act.FOLLOWED_UP,
}


class BatchRun(Playing):
    """Tickets that nobody proves are anchored and nothing else; the desk does not know them."""

    def __init__(
        self,
        driver: Driver,
        log: Log,
        stage: Stage,
        progress: Progress | None,
        policy: Policy,
        batching: Batching,
    ) -> None:
        super().__init__(driver, log, stage, progress)
        self._every = batching.every
        self._bond = policy.to_chain().prove_bond
        hasty = {each.address for each in stage.requesters[1::2]} if batching.false_claims else set()
        early = [ticket for ticket in log.tickets if stage.requester(ticket).address in hasty]
        late = log.breached(policy, self._ends_at)
        self._plan = plan(log, policy, batching.every, early=set(early), late=late, ends_by=self._ends_at)
        self._proven = [
            move.opening.row.ticket for _, moves in self._plan for move in moves if isinstance(move, Prove)
        ]
        self._batches: dict[int, Batch] = {}
        # By the number of the batch; what is left of it in the end is not proven.
        self._unproven: Counter[int] = Counter()

    def _timeline(self) -> Timeline:
        return ((at, [self._step(move) for move in moves]) for at, moves in self._plan)

    def _on_chain(self) -> Sequence[str]:
        return self._proven

    def _at_last(self) -> Sequence[Step]:
        """Whatever expired batches still hold is released."""
        numbers = [number for number, openings in self._unproven.items() if openings]
        found = self._read_each(self._stage.desk.lane, "batch", numbers)
        return [
            Step(self._stage.operator, "release_batch", (number,))
            for number, (*_, expires_at, _, reserved) in zip(numbers, found, strict=True)
            if reserved and expires_at < self._ends_at
        ]

    def _batch_figures(self) -> BatchFigures:
        record = self._record
        if record.passed_over:
            raise MakegoodError(f"The lane passed over {record.passed_over} entries that keep the rules.")
        return BatchFigures(
            self._every, record.shown, record.refuted, record.bonds_returned, record.bonds_lost
        )

    # ------------------------------------------------------------ steps

    def _step(self, move: Move) -> Step:
        stage = self._stage
        if isinstance(move, Anchor):
            return self._anchor(move)
        if isinstance(move, Prove):
            return self._prove(move.opening)
        if isinstance(move, Show):
            ticket_id = self._ids[move.leaves[0].row.ticket]
            shown = [self._shown(leaf).fields() for leaf in move.leaves]
            return Step(stage.agent, "prove_entries", (ticket_id, move.leaves[0].sequence, shown))
        if isinstance(move, End):
            return Step(stage.operator, "end_challenge", (self._ids[move.ticket], False, False))
        return self._direct(move.row)

    def _anchor(self, move: Anchor) -> Step:
        openings = [leaf for leaf in move.leaves if leaf.row.event == OPENED]
        later = [leaf for leaf in move.leaves if leaf.row.event != OPENED]
        batch = Batch.of(
            ((self._entry(leaf), leaf.row.priority) for leaf in openings),
            (self._entry(leaf) for leaf in later),
        )
        self._batches[move.number] = batch
        self._unproven[move.number] = len(openings)
        lines = tuple(leaf.row.line for leaf in move.leaves)
        return Step(self._stage.agent, "anchor_batch", (1, batch.root, list(batch.counts), "", True), lines)

    def _prove(self, opening: Leaf) -> Step:
        row, entry = opening.row, self._entry(opening)
        batch = self._batches[opening.batch]
        index = batch.index(entry)
        self._unproven[opening.batch] -= 1
        arguments = (opening.batch, index, list(batch.path(index)), entry.actor, entry.digest, row.at)
        return Step(self._stage.requester(row.ticket), "prove_ticket", arguments, value=self._bond)

    def _entry(self, leaf: Leaf) -> Entry:
        row, stage = leaf.row, self._stage
        act = _ACTS[row.event]
        by_requester = act in (Act.OPENED, Act.FOLLOWED_UP)
        return Entry(
            ticket_id=self._ids[row.ticket],
            sequence=leaf.sequence,
            act=act,
            at=row.at,
            actor=(stage.requester(row.ticket) if by_requester else stage.agent).address,
            digest=stage.digest(row.ticket if act is Act.OPENED else f"line {row.line}"),
        )

    def _shown(self, leaf: Leaf) -> Shown:
        entry, batch = self._entry(leaf), self._batches[leaf.batch]
        index = batch.index(entry)
        return Shown(
            int(entry.act), entry.at, entry.actor, entry.digest, leaf.batch, index, batch.path(index)
        )
