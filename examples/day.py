# SPDX-License-Identifier: Apache-2.0
"""A day in the life of a desk: 24 hours at high speed, then the books that go to finance.

    python examples/day.py [--tickets N] [--seed S] [--keep FOLDER]

A helpdesk sends signed webhooks to a bridge; a keeper anchors, proves, claims, pays and closes; an index and
an explorer follow. All are the real programs, on a chain of their own whose clock jumps. The day is
yesterday, in UTC: nobody writes in the future. At the end every ticket and every coin is accounted for, or it
ends with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from day_direct import answer_directly, contest, open_directly, rule  # noqa: E402
from day_house import House, house  # noqa: E402
from day_script import DAY, HOUR, Script, script_of  # noqa: E402

from makegood.clock import Status  # noqa: E402
from makegood.errors import MakegoodError  # noqa: E402

TICKETS = 500
_STEP, _AFTER = 600, 2_400  # seconds


@dataclass
class Played:
    """What was sent and done, beside the books' account of it."""

    script: Script
    answers: Counter[int] = field(default_factory=Counter)
    directs: dict[int, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    books: dict[str, Any] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print, and check; 1 where the books do not balance."""
    parser = argparse.ArgumentParser(prog="python examples/day.py", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tickets", type=int, default=TICKETS, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where books, databases and logs are left"
    )
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    try:
        with _folder(options.keep) as folder, played(folder, options.tickets, options.seed) as (_, found):
            print(f"It took {time.monotonic() - begun:.0f} s.")
            if options.keep:
                print(
                    f"The books: {folder / 'books.csv'}, {folder / 'books.html'}, {folder / 'books.zh.html'}"
                )
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return 1
    for each in found.wrong:
        print(each, file=sys.stderr)
    if found.wrong:
        return 1
    print("Every ticket is accounted for, every coin is explained.")
    return 0


@contextmanager
def played(folder: Path, tickets: int, seed: int) -> Iterator[tuple[House, Played]]:
    """A whole day, settled and booked, with the chain still there."""
    start = (int(time.time()) // DAY - 1) * DAY
    found = Played(script_of(tickets, seed))
    with house(folder, start, seed) as made:
        for step in range(_STEP, DAY + 1, _STEP):
            _play(made, found, step - _STEP, step)
            if step % HOUR == 0:
                _tell(made, found, step // HOUR)
        for step in range(DAY + _STEP, DAY + _AFTER + 1, _STEP):
            _play(made, found, step - _STEP, step)  # what was written last is anchored in time
        made.quiet()
        _settle(made, found)
        _book(made, found)
        _check(made, found)
        yield made, found


# ---------------------------------------------------------------- the day


def _play(made: House, found: Played, since: int, until: int) -> None:
    """What happens in a few minutes of the day."""
    made.travel_to(made.start + until)
    for each in found.script.between(since, until):
        message = {**each.message, "at": made.start + each.at}
        for _ in range(each.times):
            found.answers[made.deliver(message, forged=each.forged)] += 1
    for number, direct in enumerate(found.script.directs):
        if since < direct.opened <= until:
            found.directs[number] = open_directly(made, direct, number)
        if direct.answered is not None and since < direct.answered <= until:
            answer_directly(made, found.directs[number])
            if direct.contest:
                contest(made, direct, found.directs[number])
        if direct.contest in ("upheld", "rejected") and since < (direct.answered or 0) + HOUR <= until:
            rule(made, direct, found.directs[number])
    made.worked()


def _tell(made: House, found: Played, hour: int) -> None:
    """A line of what the index knows by now."""
    tickets, solved = made.rows("index", "SELECT count(*), sum(status >= 4) FROM tickets")[0]
    late = made.rows("index", "SELECT count(*) FROM promises WHERE state = 'breached' AND number = 1")[0][0]
    batches = made.rows("index", "SELECT count(*) FROM batches")[0][0]
    paid = sum(int(row[0]) for row in made.rows("index", "SELECT collected FROM accounts"))
    print(
        f"{hour:>3}:00  {tickets:>5,} tickets, {solved or 0:>5,} solved, {late:>4,} answered late; "
        f"{batches:>4,} batches; {paid / 10**18:.3f} ETH collected; "
        f"{sum(found.answers.values()):>6,} webhooks",
        flush=True,
    )


# ---------------------------------------------------------------- afterwards


def _settle(made: House, found: Played) -> None:
    """Until nothing is left to be claimed, contested, paid or freed."""
    print(
        "Afterwards: what was late is proven and paid, what is over is closed.",
        flush=True,
    )
    operator = made.people["operator"]
    _jump(made, 7 * HOUR)  # the ruling window
    for number, direct in enumerate(found.script.directs):
        if direct.contest == "default":
            rule(made, direct, found.directs[number])
    _jump(made, 31 * HOUR)  # the longest target: whoever waits still is owed everything now
    _jump(made, 3 * HOUR)  # challenges
    _answer_all(made)
    _jump(made, 13 * HOUR)  # the contest window
    _jump(made, 3 * DAY)  # the claim window
    made.desk.pool.announce_withdrawal(made.desk.pool.free()).send(operator)
    _jump(made, 25 * HOUR)  # the notice
    made.desk.pool.withdraw(made.desk.pool.free(), operator.address).send(operator)
    made.quiet()


def _jump(made: House, seconds: int) -> None:
    made.travel_to(made.now + seconds)
    made.quiet()


def _answer_all(made: House) -> None:
    """The next morning the agents answer on chain what is on chain and was never solved."""
    query = "SELECT ticket_id FROM tickets WHERE source = 'chain' AND status < 4 AND NOT challenged"
    open_ones = [bytes.fromhex(row[0][2:]) for row in made.rows("index", query)]
    for start in range(0, len(open_ones), 50):
        replies = [(each, Status.SOLVED, each) for each in open_ones[start : start + 50]]
        made.desk.reply_many(replies).send(made.people["ann"])


# ---------------------------------------------------------------- the books


def _book(made: House, found: Played) -> None:
    """`makegood books`, as an operator runs it."""
    import subprocess

    folder = made.folder
    words = [sys.executable, "-m", "makegood", "books", "--settings", str(folder / "makegood.toml"), "--json"]
    for more in (["--csv", str(folder / "books.csv"), "--page", str(folder / "books.html")],
                 ["--page", str(folder / "books.zh.html"), "--lang", "zh"]):  # fmt: skip
        done = subprocess.run([*words, *more], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise MakegoodError(f"The books end with {done.returncode}: {done.stderr.strip()}")
    found.books = json.loads(done.stdout)
    _tell_books(found.books)


def _tell_books(books: dict[str, Any]) -> None:
    unit = 10 ** books["decimals"]

    def shown(units: str) -> str:
        return f"{int(units) / unit:>12.3f} {books['symbol']}"

    print("The books:")
    print(f"  opening balance        {shown(books['opening']['funds'])}")
    for name, sign in (
        ("funded", "+"),
        ("contest bond", "+"),
        ("proof bond", "+"),
        ("collected", "-"),
        ("withdrawn", "-"),
    ):
        print(f"  {sign} {name:<20} {shown(books['moved'].get(name, '0'))}")
    print(f"  closing balance        {shown(books['closing']['funds'])}   as the chain says")
    totals = Counter[str]()
    for row in books["tickets"]:
        totals.update({name: count for name, count in row.items() if name not in ("lane", "priority")})
    print(
        f"  {totals['opened']:,} tickets: first reply in time {totals['in_time']:,}, late "
        f"{totals['late']:,}, none {totals['unanswered']:,}; closed {totals['closed']:,}, over "
        f"{totals['over']:,}, remaining {totals['remaining']:,}"
    )
    print(f"  {books['movements']:,} movements, {books['payments']:,} payments", flush=True)


def _check(made: House, found: Played) -> None:
    """The books beside the script, which no program has seen."""
    rows, wrong = found.books["tickets"], found.wrong
    outcomes = Counter(each.outcome for each in found.script.tickets.values())

    def total(name: str, *lanes: int) -> int:
        return sum(row[name] for row in rows if row["lane"] in lanes)

    for what, ours, theirs in (
        ("tickets in batches", len(found.script.tickets), total("opened", 2)),
        ("tickets on the direct lane", len(found.script.directs), total("opened", 0)),
        ("answered in time", outcomes["in_time"], total("in_time", 2)),
        ("answered late", outcomes["late"] + outcomes["none"], total("late", 2) + total("unanswered", 2)),
        ("not over", 0, total("remaining", 0, 1, 2)),
    ):
        if ours != theirs:
            wrong.append(f"The books say {theirs} {what}, the script {ours}.")
    forged = sum(each.forged for each in found.script.deliveries)
    sent = sum(each.times for each in found.script.deliveries)
    if found.answers[200] != sent - forged or sum(found.answers.values()) != sent:
        wrong.append(f"Of {sent} webhooks {found.answers[200]} were taken, {forged} were forged.")
    closing = found.books["closing"]
    if any(int(closing[name]) for name in ("funds", "reserved", "credited", "bonds", "debt")):
        wrong.append(f"Something is not settled: {closing}.")
    ticket = made.rows("index", "SELECT ticket_id FROM tickets WHERE lane = 2 ORDER BY paid DESC LIMIT 1")[0][
        0
    ]
    if ticket not in made.page(f"/en/ticket/{made.desk.chain_id}/{ticket}"):
        wrong.append(f"The explorer does not show ticket {ticket}.")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="makegood-") as name:
        yield Path(name)


if __name__ == "__main__":
    sys.exit(main())
