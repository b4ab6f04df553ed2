# SPDX-License-Identifier: Apache-2.0
"""A ticket log through a fresh desk: every event at its own second, then what is breached is claimed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

from makegood.clock import WEEK, Status
from makegood.desk.refusal import chain_errors, reverted
from makegood.errors import ChainRevert, LogError, MakegoodError
from makegood.policy import DAY, Policy
from makegood.replay.driver import Block, Driver, Receipt
from makegood.replay.log import OPENED, Log, Row
from makegood.replay.record import Record
from makegood.replay.result import Result, TicketResult
from makegood.replay.stage import LAST_SECOND, Stage, Step

CLAIMED_AFTER = 400 * DAY
"""How long after its last row the tickets of a log are checked and claimed: DESIGN.md section 4."""

Progress = Callable[[int, int], None]
Plan = Iterable[tuple[int, Sequence[Step]]]

# A block of claims stays under half of a usual block's gas, so that the base fee does not rise.
_CLAIMS_A_BLOCK = 100
_LOOKED_AT_ONCE = 100
_ANSWERS = {"replied": Status.HOLD, "pending": Status.PENDING, "solved": Status.SOLVED}


def run(driver: Driver, log: Log, policy: Policy, *, progress: Progress | None = None) -> Result:
    """Replays `log` under `policy` on the driver's chain, on a desk in ETH of its own.

    The log moves by whole weeks to after the chain's time, which ends 400 days after the last row. `progress`
    is told how many of how many steps are done: a row is one, and a ticket when it is looked at in the end.
    Raises LogError before the first transaction for a row that the desk would refuse, and ChainRevert, naming
    the line, should the chain refuse one all the same.
    """
    started = time.monotonic()
    log.check(policy)
    _shift(driver, log)
    replay = _Replay(driver, log, policy, progress or (lambda _done, _total: None))
    replay.play()
    replay.claim()
    return replay.result(time.monotonic() - started)


def _shift(driver: Driver, log: Log) -> int:
    """By how many seconds, whole weeks, the log moves to begin after the chain's time."""
    with chain_errors("eth_getBlockByNumber"):
        now = driver.w3.eth.get_block("latest")["timestamp"]
    weeks = max(0, (now - log.rows[0].at) // WEEK + 1)
    if log.rows[-1].at + weeks * WEEK + CLAIMED_AFTER + len(log.tickets) >= LAST_SECOND - WEEK:
        raise LogError(
            "From the chain's time on, the log runs past the year 2106, where the desk's time ends.",
            hint="Replay a shorter log, or on a new chain.",
            source=log.source,
        )
    return weeks * WEEK


class _Replay:
    """One replay under way."""

    def __init__(self, driver: Driver, log: Log, policy: Policy, progress: Progress) -> None:
        self._driver = driver
        self._log = log
        self._progress = progress
        self._done = 0
        self._total = len(log.rows) + len(log.tickets)
        self._stage = Stage(driver, policy, log.tickets)
        self._record = Record(self._stage.desk)
        for function, used in self._stage.setup_gas:
            self._record.gas[function].append(used)
        self._ids = {ticket: self._stage.ticket_id(ticket) for ticket in log.tickets}
        self._offset = _shift(driver, log)

    def play(self) -> None:
        """Every row of the log at its second; rows of one second share a block."""
        self._mine(
            (rows[0].at + self._offset, [self._step(row) for row in rows]) for rows in self._log.by_second()
        )

    def claim(self) -> None:
        """All that is breached 400 days after the last row is claimed, and what is left is collected."""
        operator = self._stage.operator
        at = self._log.rows[-1].at + self._offset + CLAIMED_AFTER
        self._mine([(at, [])])
        claims = [Step(operator, "claim", (ticket_id, True)) for ticket_id in self._claimable()]
        self._mine(_in_blocks(at + 1, claims))
        # Nothing, where all was backed: each claim sends all that its requester has.
        waiting = [each for each in self._stage.requesters if self._stage.desk.pool.collectable(each.address)]
        collects = [Step(operator, "collect", (requester.address,)) for requester in waiting]
        self._mine(_in_blocks(at + 1 + len(claims), collects))

    def result(self, seconds: float) -> Result:
        """What was recorded. Raises MakegoodError where the events and the last word of a ticket differ."""
        tickets = []
        for ticket, priority in self._log.tickets.items():
            ticket_id = self._ids[ticket]
            breached = self._record.breached[ticket_id]
            if self._record.last_word(ticket_id).breached != breached:
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
        )

    def _step(self, row: Row) -> Step:
        stage = self._stage
        requester = stage.requester(row.ticket)
        if row.event == OPENED:
            arguments = (1, int(row.priority), stage.digest(row.ticket))
            return Step(requester, "open_ticket", arguments, row.line)
        ticket_id, digest = self._ids[row.ticket], stage.digest(f"line {row.line}")
        if row.event == "followed_up":
            return Step(requester, "follow_up", (ticket_id, digest), row.line)
        return Step(stage.agent, "reply", (ticket_id, int(_ANSWERS[row.event]), digest), row.line)

    def _claimable(self) -> Iterator[bytes]:
        """The ids of the tickets that have something to claim now."""
        desk, ids = self._stage.desk, list(self._ids.values())
        for start in range(0, len(ids), _LOOKED_AT_ONCE):
            some = ids[start : start + _LOOKED_AT_ONCE]
            calls = [desk.abi.encode("claimable", (ticket_id,)) for ticket_id in some]
            answers = self._driver.read_many(desk.address, calls)
            for ticket_id, answer in zip(some, answers, strict=True):
                self._advance()
                if desk.abi.decode("claimable", 1, answer)[0]:
                    yield ticket_id

    def _mine(self, plan: Plan) -> None:
        """Mines the planned blocks and takes in what they record."""
        planned: list[Sequence[Step]] = []

        def blocks() -> Iterator[Block]:
            for at, steps in plan:
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
        if step.line is not None:
            self._advance()

    def _refusal(self, step: Step, receipt: Receipt) -> ChainRevert:
        where = step.function if step.line is None else f"{step.function} of line {step.line}"
        try:
            self._stage.call(step).simulate(step.sender.address, receipt.block_number)
        except ChainRevert as refusal:
            return reverted(where, refusal.reason)
        except MakegoodError:
            # A node without old states cannot tell any more.
            pass
        return reverted(where, "")

    def _advance(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)


def _in_blocks(first: int, steps: Sequence[Step]) -> Plan:
    """The steps in blocks, a second each, the first at `first`."""
    starts = range(0, len(steps), _CLAIMS_A_BLOCK)
    return [(first + index, steps[start : start + _CLAIMS_A_BLOCK]) for index, start in enumerate(starts)]
