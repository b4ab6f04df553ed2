# SPDX-License-Identifier: Apache-2.0
"""What a replay does on either lane: blocks mined and recorded, then claims, payment, and the figures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from makegood.clock import Status
from makegood.desk.contract import Contract
from makegood.desk.refusal import reverted
from makegood.errors import ChainRevert, MakegoodError
from makegood.policy import DAY
from makegood.replay.driver import Block, Driver, Receipt
from makegood.replay.log import Log, Row
from makegood.replay.record import Record
from makegood.replay.result import BatchFigures, Result, TicketResult
from makegood.replay.stage import Stage, Step

CLAIMED_AFTER = 400 * DAY
"""How long after its last row the tickets of a log are checked and claimed: DESIGN.md section 4."""

Progress = Callable[[int, int], None]
Timeline = Iterable[tuple[int, Sequence[Step]]]

# A block of claims stays under half of a usual block's gas, so that the base fee does not rise.
_CLAIMS_A_BLOCK = 100
_LOOKED_AT_ONCE = 100
_ANSWERS = {"replied": Status.HOLD, "pending": Status.PENDING, "solved": Status.SOLVED}


class Playing:
    """One replay under way. The times of `log` are the chain's."""

    def __init__(self, driver: Driver, log: Log, stage: Stage, progress: Progress | None) -> None:
        self._driver = driver
        self._log = log
        self._stage = stage
        self._progress = progress or (lambda _done, _total: None)
        self._done = 0
        self._total = len(log.rows) + len(log.tickets)
        self._record = Record(stage.desk)
        for function, used in stage.setup_gas:
            self._record.gas[function].append(used)
        self._ids = {ticket: stage.ticket_id(ticket) for ticket in log.tickets}
        self._ends_at = log.rows[-1].at + CLAIMED_AFTER

    def play(self) -> None:
        """Every row; 400 days after the last one all breaches are claimed, and what is left collected."""
        self._mine(self._timeline())
        self._mine([(self._ends_at, [])])
        operator = self._stage.operator
        claims = [Step(operator, "claim", (ticket_id, True)) for ticket_id in self._claimable()]
        at = self._mine_from(self._ends_at + 1, claims)
        # Nothing, where all was backed: each claim sends all that its requester has.
        waiting = [each for each in self._stage.requesters if self._stage.desk.pool.collectable(each.address)]
        at = self._mine_from(at, [Step(operator, "collect", (each.address,)) for each in waiting])
        self._mine_from(at, self._at_last())

    def result(self, seconds: float) -> Result:
        """What was recorded. Raises MakegoodError where the events and the last word of a ticket differ."""
        on_chain = set(self._on_chain())
        tickets = []
        for ticket, priority in self._log.tickets.items():
            ticket_id = self._ids[ticket]
            breached = self._record.breached[ticket_id]
            if ticket in on_chain and self._record.last_word(ticket_id).breached != breached:
                raise MakegoodError(
                    f"The events of ticket {ticket} and its last word tell different breaches."
                )
            tickets.append(TicketResult(ticket, priority, breached, self._record.compensated[ticket_id]))
        return Result(
            desk=self._stage.desk.address,
            events=len(self._log.rows),
            tickets=tuple(tickets),
            collected=self._record.collected,
            gas={function: tuple(used) for function, used in self._record.gas.items()},
            seconds=seconds,
            batches=self._batch_figures(),
        )

    # ------------------------------------------------------------ a lane's own

    def _timeline(self) -> Timeline:
        """The steps of each second that has some, in order, all before the claims."""
        raise NotImplementedError

    def _on_chain(self) -> Iterable[str]:
        """The tickets that the desk knows in the end."""
        return self._log.tickets

    def _at_last(self) -> Sequence[Step]:
        """What follows when all is claimed."""
        return ()

    def _batch_figures(self) -> BatchFigures | None:
        return None

    # ------------------------------------------------------------ what the lanes share

    def _direct(self, row: Row) -> Step:
        """A row of a ticket that is on chain, as a transaction of its own."""
        stage = self._stage
        ticket_id, digest = self._ids[row.ticket], stage.digest(f"line {row.line}")
        if row.event == "followed_up":
            return Step(stage.requester(row.ticket), "follow_up", (ticket_id, digest), (row.line,))
        return Step(stage.agent, "reply", (ticket_id, int(_ANSWERS[row.event]), digest), (row.line,))

    def _read_each(self, contract: Contract, function: str, arguments: Sequence[Any]) -> Iterator[Any]:
        """What a view with one argument returns now for each of these."""
        for start in range(0, len(arguments), _LOOKED_AT_ONCE):
            calls = [
                contract.abi.encode(function, (each,)) for each in arguments[start : start + _LOOKED_AT_ONCE]
            ]
            for answer in self._driver.read_many(contract.address, calls):
                yield contract.abi.decode(function, 1, answer)

    def _claimable(self) -> Iterator[bytes]:
        """The ids of the tickets that have something to claim now."""
        ids = [self._ids[ticket] for ticket in self._on_chain()]
        self._advance(len(self._ids) - len(ids))
        for ticket_id, (kinds, _) in zip(
            ids, self._read_each(self._stage.desk, "claimable", ids), strict=True
        ):
            self._advance(1)
            if kinds:
                yield ticket_id

    # ------------------------------------------------------------ mining

    def _mine_from(self, first: int, steps: Sequence[Step]) -> int:
        """Mines the steps in blocks, a second each, the first at `first`; the second after the last."""
        starts = range(0, len(steps), _CLAIMS_A_BLOCK)
        self._mine(
            (first + index, steps[start : start + _CLAIMS_A_BLOCK]) for index, start in enumerate(starts)
        )
        return first + len(starts)

    def _mine(self, timeline: Timeline) -> None:
        """Mines the planned blocks and takes in what they record."""
        planned: list[Sequence[Step]] = []

        def blocks() -> Iterator[Block]:
            for at, steps in timeline:
                planned.append(steps)
                yield Block(at, tuple(self._stage.signed(step) for step in steps))

        with closing(self._driver.mine(blocks())) as mined:
            for index, receipts in enumerate(mined):
                for step, receipt in zip(planned[index], receipts, strict=True):
                    self._take(step, receipt)

    def _take(self, step: Step, receipt: Receipt) -> None:
        if not receipt.succeeded:
            raise self._refusal(step, receipt)
        self._record.take(step.function, receipt)
        self._advance(len(step.lines))

    def _refusal(self, step: Step, receipt: Receipt) -> ChainRevert:
        where = f"{step.function} of line {step.lines[0]}" if step.lines else step.function
        try:
            self._stage.call(step).simulate(step.sender.address, receipt.block_number)
        except ChainRevert as refusal:
            return reverted(where, refusal.reason)
        except MakegoodError:
            # A node without old states cannot tell any more.
            pass
        return reverted(where, "")

    def _advance(self, steps: int) -> None:
        for _ in range(steps):
            self._done += 1
            self._progress(self._done, self._total)
