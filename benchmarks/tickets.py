# SPDX-License-Identifier: Apache-2.0
"""What tickets cost in gas: openings, replies, follow-ups, claims, and many at once."""

from collections.abc import Callable
from typing import Any

from eth_account import Account
from web3 import Web3

from benchmarks.bench import CALENDAR, OPENING, Bench
from makegood.clock import Priority, Status
from makegood.desk import Call, KeySigner
from makegood.policy import DAY

_FURTHER = 10
_CASES = 40


class Tickets:
    """What is measured on a bench, by the name of the operation."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.desk = bench.desk
        self.gas: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        """Gas by the name of the operation."""
        for policy_id, hours in ((CALENDAR, "calendar hours"), (OPENING, "opening hours")):
            self.openings(policy_id, hours)
        self.replies()
        self.claims()
        self.many()
        self.views()
        return self.gas

    def openings(self, policy_id: int, hours: str) -> None:
        """A covered requester, an agent for somebody new, a signed opening."""
        digest = self.bench.digest
        self.note(
            f"open_ticket, {hours}",
            self.desk.open_ticket(policy_id, Priority.HIGH, digest()),
            self.bench.requester,
        )
        stranger = Account.create().address
        self.note(
            f"open_ticket_for by an agent, {hours}",
            self.desk.open_ticket_for(stranger, policy_id, Priority.HIGH, digest()),
            self.bench.agent,
        )
        until = self.bench.now() + DAY
        signed = self.desk.sign_open_ticket(self.bench.requester, policy_id, Priority.HIGH, digest(), until)
        self.note(f"open_ticket_signed, {hours}", signed, self.bench.anyone)

    def replies(self) -> None:
        """Every change of a reply and a follow-up, under opening hours, the dearer ones."""
        ticket = self.bench.open(OPENING)
        self.reply("open to hold", ticket, Status.HOLD)
        self.reply("hold to hold", ticket, Status.HOLD)
        self.follow_up("from hold", ticket)
        self.follow_up("on open", ticket)
        self.bench.send(self.desk.reply(ticket, Status.HOLD, self.bench.digest()), self.bench.agent)
        self.reply("hold to pending, the clock stops", ticket, Status.PENDING)
        self.follow_up("from pending", ticket)
        self.reply("open to solved, the clock stops", ticket, Status.SOLVED)
        self.follow_up("from solved", ticket)
        self.bench.send(self.desk.reply(ticket, Status.PENDING, self.bench.digest()), self.bench.agent)
        self.reply("pending to hold, the clock restarts", ticket, Status.HOLD)
        self.bench.send(self.desk.reply(ticket, Status.SOLVED, self.bench.digest()), self.bench.agent)
        self.reply("solved to hold, the clock restarts", ticket, Status.HOLD)

    def claims(self) -> None:
        """Two breached kinds, paid out in the call to an address that had nothing."""
        tickets = [self._open_for_somebody() for _ in range(2)]
        self.bench.travel(30 * DAY)
        # The first claim of all writes the pool's sum of credit.
        self.bench.send(self.desk.claim(tickets[0]), self.bench.anyone)
        self.note("claim, paid out to a fresh address", self.desk.claim(tickets[1], True), self.bench.anyone)

    def views(self) -> None:
        """The dearest of many cases, less what the same call takes where there is nothing to compute."""
        start = self.bench.now()
        needs = [int.from_bytes(self.bench.digest()[:3], "big") + 1 for _ in range(_CASES)]
        times = [start + int.from_bytes(self.bench.digest()[:4], "big") // 16 for _ in range(_CASES)]
        for name in ("due", "left"):
            costs = []
            for at, need in zip(times, needs, strict=True):
                second = need if name == "due" else at + need
                nothing = 0 if name == "due" else at
                costs.append(self.view_gas(name, at, second) - self.view_gas(name, at, nothing))
            self.gas[f"{name}, opening hours: part of the above"] = max(costs)

    def view_gas(self, name: str, at: int, second: int) -> int:
        """What a view of the desk takes, without its data."""
        data = self.desk.abi.encode(name, (OPENING, at, second))
        call = {"from": self.bench.anyone.address, "to": self.desk.address, "data": Web3.to_hex(data)}
        options = {"disableStorage": True, "disableMemory": True, "disableStack": True}
        return int(self.bench.ask("debug_traceCall", call, "latest", options)["gas"]) - _data_gas(data)

    def many(self) -> None:
        """What each further item costs: that of eleven less that of one, by ten."""
        waiting = [self._open_for_somebody() for _ in range(1 + _FURTHER + 1)]
        self.further(
            "reply_many",
            lambda ids: self.desk.reply_many([(each, Status.HOLD, self.bench.digest()) for each in ids]),
            waiting,
            self.bench.agent,
        )
        silent = [self._open_for_somebody() for _ in range(1 + _FURTHER + 1)]
        self.bench.travel(30 * DAY)
        self.further("claim_many", self.desk.claim_many, silent, self.bench.anyone)
        solved = [self.bench.open(OPENING) for _ in range(1 + _FURTHER + 1)]
        self.bench.send(
            self.desk.reply_many([(each, Status.SOLVED, self.bench.digest()) for each in solved]),
            self.bench.agent,
        )
        self.bench.travel(30 * DAY)
        self.further("close_many", self.desk.close_many, solved, self.bench.anyone)

    # ------------------------------------------------------------ steps

    def further(
        self, name: str, call: Callable[[list[bytes]], Call[int]], ids: list[bytes], who: KeySigner
    ) -> None:
        """One item, then eleven others."""
        one = self.bench.send(call(ids[:1]), who).gas_used
        eleven = self.bench.send(call(ids[1:]), who).gas_used
        self.gas[f"{name}, each further"] = -(-(eleven - one) // _FURTHER)

    def reply(self, name: str, ticket: bytes, status: Status) -> None:
        """A reply that is measured."""
        self.note(f"reply: {name}", self.desk.reply(ticket, status, self.bench.digest()), self.bench.agent)

    def follow_up(self, name: str, ticket: bytes) -> None:
        """A follow-up that is measured."""
        self.note(
            f"follow_up: {name}", self.desk.follow_up(ticket, self.bench.digest()), self.bench.requester
        )

    def note(self, name: str, call: Call[Any], who: KeySigner) -> None:
        """Send and keep the gas."""
        self.gas[name] = self.bench.send(call, who).gas_used

    def _open_for_somebody(self) -> bytes:
        return self.bench.open_for(Account.create().address, OPENING)


def _data_gas(data: bytes) -> int:
    # EIP-2028: 16 gas a byte, 4 a zero byte.
    return sum(16 if byte else 4 for byte in data)
