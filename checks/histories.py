# SPDX-License-Identifier: Apache-2.0
"""Python's clock rules equal the contracts': `python -m checks.histories --histories 100000`.

Random histories of tickets, under policies with random opening hours and targets, are played by
`makegood.clock` and, on an anvil of one's own, by `apply` of contracts/modules/ticket_clock.vy. The
ticket's word must be the same after every event. Exit code 1 where one is not.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak
from web3 import Web3

from benchmarks.node import PROJECT, anvil
from makegood import artifacts, clock
from makegood.batches import Act
from makegood.clock import CALENDAR_HOURS, HOUR, WEEK, TicketState
from makegood.errors import MakegoodError

HISTORIES = 100_000
A_CALL = 500
"""Steps that ClockHarness takes in one call."""

REQUESTER = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
MONDAY = 1_767_571_200  # 2026-01-05 00:00 UTC
TEN_YEARS = 315_576_000  # seconds; no target of a policy is longer
MOST_ACTS = 10

_FUNCTION = keccak(text="play_acts(address,(uint256,uint256,uint256,uint256[3])[])")[:4]
_LAST_SECOND = 2**32 - 1
_FROM_CALL = {"from": "0x" + "00" * 20, "gas": hex(30_000_000)}


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a history under its policy: first, next reply and resolution targets in seconds."""

    act: Act
    at: int
    hours: int
    targets: tuple[int, int, int]

    def on_chain(self) -> tuple[int, int, int, list[int]]:
        """The fields of ClockHarness's `Step`."""
        return int(self.act), self.at, self.hours, list(self.targets)


Play = Callable[[Sequence[Step]], Sequence[int]]
"""What plays histories, one after the other, and gives the ticket's word after each step."""


@dataclass
class Comparison:
    """How many histories and events were compared, and what differed, as sentences."""

    histories: int
    events: int
    differences: list[str]


def compare(histories: int, seed: int, play: Play) -> Comparison:
    """Play random histories both ways."""
    result = Comparison(0, 0, [])
    # Seeded, so that a difference can be had again.
    chance = random.Random(seed)  # noqa: S311
    waiting: list[Step] = []
    words: list[int] = []
    for _ in range(histories):
        steps, expected = _history(chance)
        if len(waiting) + len(steps) > A_CALL:
            _add(result, waiting, words, play(waiting))
            waiting, words = [], []
        waiting += steps
        words += expected
        result.histories += 1
    if waiting:
        _add(result, waiting, words, play(waiting))
    return result


def _add(result: Comparison, steps: Sequence[Step], expected: Sequence[int], played: Sequence[int]) -> None:
    for index, (step, here, there) in enumerate(zip(steps, expected, played, strict=True)):
        if here != there:
            result.differences.append(
                f"Event {result.events + index}, {step}: "
                f"Python's word is {here:#x}, the contract's {there:#x}."
            )
    result.events += len(steps)


# ---------------------------------------------------------------- histories


def _history(chance: random.Random) -> tuple[list[Step], list[int]]:
    hours = _hours(chance)
    targets = (_target(chance), _target(chance), _target(chance))
    at = _start(chance)
    state = _stored(clock.opened(at, hours, targets[0], targets[2], requester=REQUESTER))
    steps, words = [Step(Act.OPENED, at, hours, targets)], [state.pack()]
    for _ in range(chance.randint(1, MOST_ACTS)):
        at = _next_time(chance, at, state)
        act = chance.choice((Act.REPLIED, Act.LEFT_PENDING, Act.SOLVED, Act.FOLLOWED_UP, Act.FOLLOWED_UP))
        state = _stored(clock.apply(state, act.event, at, hours, targets[1]))
        steps.append(Step(act, at, hours, targets))
        words.append(state.pack())
    return steps, words


def _stored(state: TicketState) -> TicketState:
    # A desk stores words, whose times stop in 2106.
    if state.clock <= _LAST_SECOND and state.resolution <= _LAST_SECOND:
        return state
    return TicketState.unpack(state.pack())


def _hours(chance: random.Random) -> int:
    weekdays = sum(1 << (day * 24 + hour) for day in range(5) for hour in range(8, 18))
    lunch = sum(1 << (day * 24 + 12) for day in range(5))
    return chance.choice(
        (
            CALENDAR_HOURS,
            weekdays,
            weekdays & ~lunch,
            1 << chance.randrange(168),
            CALENDAR_HOURS ^ 1 << chance.randrange(168),
            chance.getrandbits(168) | 1 << chance.randrange(168),
            chance.getrandbits(168) & chance.getrandbits(168) | 1 << chance.randrange(168),
        )
    )


def _target(chance: random.Random) -> int:
    return chance.choice(
        (
            1,
            chance.randint(1, 10) * HOUR,
            chance.randint(1, 10 * HOUR),
            chance.randint(1, 3 * WEEK),
            chance.randint(1, TEN_YEARS),
        )
    )


def _start(chance: random.Random) -> int:
    week = MONDAY + chance.randrange(4_000) * WEEK
    return week + chance.choice(
        (chance.randrange(WEEK), chance.randrange(168) * HOUR + chance.randint(-1, 1))
    )


def _next_time(chance: random.Random, at: int, state: TicketState) -> int:
    # Often on the last second in time or one beside it, or where an hour ends.
    near = [moment for moment in (state.reply_due, state.resolution_due) if moment is not None]
    near.append(at - at % HOUR + HOUR)
    if chance.random() < 0.6:
        return max(at, chance.choice(near) + chance.randint(-1, 1))
    return at + chance.choice(
        (0, 1, chance.randrange(HOUR), chance.randrange(2 * WEEK), chance.randrange(TEN_YEARS))
    )


# ---------------------------------------------------------------- the contract's


@contextmanager
def contract() -> Iterator[Play]:
    """ClockHarness on a fresh anvil. Raises MakegoodError where there is none, or it answers otherwise."""
    with anvil() as w3:
        code = artifacts.compile_contract("mocks/ClockHarness", PROJECT)["bytecode"]
        sender = w3.eth.accounts[0]
        sent = w3.eth.send_transaction({"from": sender, "data": code, "gas": 25_000_000})
        receipt = w3.eth.wait_for_transaction_receipt(sent)
        address = receipt["contractAddress"]
        if not receipt["status"] or address is None:
            raise MakegoodError("ClockHarness cannot be deployed.")
        yield lambda steps: _played(w3, address, steps)


def _played(w3: Web3, address: str, steps: Sequence[Step]) -> list[int]:
    fields: Any = {**_FROM_CALL, "to": address, "data": "0x" + _call(steps).hex()}
    response = w3.provider.make_request("eth_call", [fields, "latest"])  # type: ignore[arg-type]
    if "error" in response:
        raise MakegoodError(f"ClockHarness refuses a history: {response['error']}.")
    answer = bytes.fromhex(response["result"][2:])
    # An offset and a length come first.
    return [int.from_bytes(answer[at : at + 32], "big") for at in range(64, len(answer), 32)]


def _call(steps: Sequence[Step]) -> bytes:
    numbers = [int(REQUESTER, 16), 64, len(steps)]
    for step in steps:
        numbers += (step.act, step.at, step.hours, *step.targets)
    return _FUNCTION + b"".join(number.to_bytes(32, "big") for number in numbers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m checks.histories", description=__doc__)
    parser.add_argument(
        "--histories", type=int, default=HISTORIES, help="how many (default: %(default)s)", metavar="N"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the histories (default: %(default)s)")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        with contract() as play:
            result = compare(options.histories, options.seed, play)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for difference in result.differences[:10]:
        print(difference, file=sys.stderr)
    print(
        f"{result.histories:,} histories, {result.events:,} events, {len(result.differences):,} differences "
        f"(seed {options.seed}, {time.monotonic() - started:.0f} s)"
    )
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
