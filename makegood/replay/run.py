# SPDX-License-Identifier: Apache-2.0
"""A ticket log through a fresh desk: every event at its own second, then what is breached is claimed."""

import time

from makegood.clock import WEEK
from makegood.desk import BATCH_LANE, REQUESTER_LANE
from makegood.desk.refusal import chain_errors
from makegood.errors import LogError
from makegood.policy import Policy
from makegood.replay.batch_plan import Batching
from makegood.replay.batch_run import BatchRun
from makegood.replay.direct_run import DirectRun
from makegood.replay.driver import Driver
from makegood.replay.log import Log
from makegood.replay.playing import CLAIMED_AFTER, Playing, Progress
from makegood.replay.result import Result
from makegood.replay.stage import LAST_SECOND, Stage


def run(
    driver: Driver,
    log: Log,
    policy: Policy,
    *,
    batching: Batching | None = None,
    progress: Progress | None = None,
) -> Result:
    """Replays `log` under `policy` on the driver's chain, on a desk in ETH of its own.

    On the direct lane, or on the batch lane where `batching` says how. The log moves by whole weeks to after
    the chain's time, which ends 400 days after the last row. `progress` is told how many of how many steps
    are done: a row is one, and a ticket when it is looked at in the end.
    Raises LogError before the first transaction for a row that the desk would refuse, UsageError for batches
    too far apart, and ChainRevert, naming the line, should the chain refuse one all the same.
    """
    started = time.monotonic()
    log.check(policy)
    if batching:
        batching.check(policy)
    _shift(driver, log)
    stage = Stage(driver, policy, log.tickets, BATCH_LANE if batching else REQUESTER_LANE)
    moved = log.moved(_shift(driver, log))
    playing: Playing
    if batching:
        playing = BatchRun(driver, moved, stage, progress, policy, batching)
    else:
        playing = DirectRun(driver, moved, stage, progress)
    playing.play()
    return playing.result(time.monotonic() - started)


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
