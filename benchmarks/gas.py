# SPDX-License-Identifier: Apache-2.0
"""Gas of every operation against its limit, for ETH and an ERC-20, beside the peers': `make bench`.

Measured on a fresh anvil from the build. The limits and the peers' figures are those of DESIGN.md section 12;
the peers were measured beforehand, on anvil too. Exit code 1 where a limit is passed.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from benchmarks.node import anvil
from makegood import artifacts
from makegood.clock import CALENDAR_HOURS, Priority, Status
from makegood.console.table import table
from makegood.desk import ETH, HUMAN, Call, Desk, Factory, KeySigner, Outcome, deploy_factory
from makegood.errors import MakegoodError
from makegood.policy import DAY, ChainPolicy, parse_hours

_PROJECT = Path(__file__).resolve().parents[1]
_UNIT = 10**15
_CALENDAR, _OPENING = 1, 2
_FURTHER = 10
_CASES = 40

MAX_RUNTIME = 24_576  # bytes, EIP-170
MAX_INITCODE = 24_573  # bytes, EIP-170 less the three of an EIP-5202 blueprint
DESK_FREE = 3_000  # bytes of initcode

PEERS = (
    ("EAS 1.4.0", "timestamp, first", 45_869),
    ("EAS 1.4.0", "multiTimestamp, each further", 24_559),
    ("EAS 1.4.0", "attest 32 bytes, with recipient", 200_272),
    ("DSLA 2.1.2", "a new SLA", 7_118_741),
    ("DSLA 2.1.2", "from request to payout", 516_582),
    ("UMA OOv3", "assert + settle, undisputed", 273_038),
    ("UMA OOv3", "assert + dispute + settle", 647_551),
    ("Kleros v2", "one dispute, one round", 2_370_813),
)


@dataclass(frozen=True)
class Operation:
    """An operation and its limit in gas. Where the asset's own code runs, the limit is for ETH."""

    name: str
    limit: int
    moves_asset: bool = False


OPERATIONS = (
    Operation("desk deployed through the factory, without panel and lane", 7_000_000),
    Operation("open_ticket, calendar hours", 72_000),
    Operation("open_ticket, opening hours", 76_000),
    Operation("open_ticket_for by an agent, calendar hours", 82_000),
    Operation("open_ticket_for by an agent, opening hours", 82_000),
    Operation("open_ticket_signed, calendar hours", 82_000),
    Operation("open_ticket_signed, opening hours", 82_000),
    Operation("reply: open to hold", 40_000),
    Operation("reply: hold to hold", 40_000),
    Operation("reply: hold to pending, the clock stops", 44_000),
    Operation("reply: pending to hold, the clock restarts", 44_000),
    Operation("reply: open to solved, the clock stops", 44_000),
    Operation("reply: solved to hold, the clock restarts", 44_000),
    Operation("follow_up: on open", 44_000),
    Operation("follow_up: from hold", 44_000),
    Operation("follow_up: from pending", 44_000),
    Operation("follow_up: from solved", 44_000),
    Operation("claim, paid out to a fresh address", 90_000, moves_asset=True),
    Operation("reply_many, each further", 14_000),
    Operation("claim_many, each further", 40_000),
    Operation("close_many, each further", 15_000),
    # DESIGN.md section 11: what a prototype took at most.
    Operation("due, opening hours: part of the above", 2_900),
    Operation("left, opening hours: part of the above", 2_300),
)


# ---------------------------------------------------------------- measuring


class Bench:
    """One desk with its people, and what is measured on it. Every digest and requester is used once."""

    def __init__(self, w3: Web3, asset: str) -> None:
        self.w3 = w3
        self.operator, self.agent, self.requester, self.anyone = (self._account() for _ in range(4))
        self._digests = 0
        self.gas: dict[str, int] = {}
        self.desk = self._deploy(asset)
        for hours in (CALENDAR_HOURS, parse_hours({"mon-fri": "08:00-18:00"})):
            self.send(self.desk.publish_policy(_policy(hours), "Bench"), self.operator)
        end = self.now() + 10_000 * DAY
        self.send(
            self.desk.directory.register_agent(self.agent.address, HUMAN, self.digest(), end), self.operator
        )
        self.send(self.desk.set_allowance(self.agent.address, 10**24), self.operator)
        for policy_id in (_CALENDAR, _OPENING):
            self.send(
                self.desk.grant_coverage(self.requester.address, policy_id, 0, 1_000, end), self.operator
            )
        if asset == ETH:
            self.send(self.desk.pool.fund(1_000 * 10**18), self.operator)
        else:
            self.send(self.desk.pool.approve(10**24), self.operator)
            self.send(self.desk.pool.fund(10**24), self.operator)

    def run(self) -> dict[str, int]:
        """Gas by the name of the operation."""
        # The pool's first reserve writes a word that was zero; no later one does.
        self.open(_CALENDAR)
        for policy_id, hours in ((_CALENDAR, "calendar hours"), (_OPENING, "opening hours")):
            self.openings(policy_id, hours)
        self.replies()
        self.claims()
        self.many()
        self.views()
        return self.gas

    def openings(self, policy_id: int, hours: str) -> None:
        """A covered requester, an agent for somebody new, a signed opening."""
        digest = self.digest
        self.note(
            f"open_ticket, {hours}", self.desk.open_ticket(policy_id, Priority.HIGH, digest()), self.requester
        )
        stranger = Account.create().address
        self.note(
            f"open_ticket_for by an agent, {hours}",
            self.desk.open_ticket_for(stranger, policy_id, Priority.HIGH, digest()),
            self.agent,
        )
        until = self.now() + DAY
        signed = self.desk.sign_open_ticket(self.requester, policy_id, Priority.HIGH, digest(), until)
        self.note(f"open_ticket_signed, {hours}", signed, self.anyone)

    def replies(self) -> None:
        """Every change of a reply and a follow-up, under opening hours, the dearer ones."""
        ticket = self.open(_OPENING)
        self.reply("open to hold", ticket, Status.HOLD)
        self.reply("hold to hold", ticket, Status.HOLD)
        self.follow_up("from hold", ticket)
        self.follow_up("on open", ticket)
        self.send(self.desk.reply(ticket, Status.HOLD, self.digest()), self.agent)
        self.reply("hold to pending, the clock stops", ticket, Status.PENDING)
        self.follow_up("from pending", ticket)
        self.reply("open to solved, the clock stops", ticket, Status.SOLVED)
        self.follow_up("from solved", ticket)
        self.send(self.desk.reply(ticket, Status.PENDING, self.digest()), self.agent)
        self.reply("pending to hold, the clock restarts", ticket, Status.HOLD)
        self.send(self.desk.reply(ticket, Status.SOLVED, self.digest()), self.agent)
        self.reply("solved to hold, the clock restarts", ticket, Status.HOLD)

    def claims(self) -> None:
        """Two breached kinds, paid out in the call to an address that had nothing."""
        tickets = [self.open_for_somebody() for _ in range(2)]
        self.travel(30 * DAY)
        # The first claim of all writes the pool's sum of credit.
        self.send(self.desk.claim(tickets[0]), self.anyone)
        self.note("claim, paid out to a fresh address", self.desk.claim(tickets[1], True), self.anyone)

    def views(self) -> None:
        """The dearest of many cases, less what the same call takes where there is nothing to compute."""
        start = self.now()
        needs = [int.from_bytes(self.digest()[:3], "big") + 1 for _ in range(_CASES)]
        times = [start + int.from_bytes(self.digest()[:4], "big") // 16 for _ in range(_CASES)]
        for name in ("due", "left"):
            costs = []
            for at, need in zip(times, needs, strict=True):
                second = need if name == "due" else at + need
                nothing = 0 if name == "due" else at
                costs.append(self.view_gas(name, at, second) - self.view_gas(name, at, nothing))
            self.gas[f"{name}, opening hours: part of the above"] = max(costs)

    def view_gas(self, name: str, at: int, second: int) -> int:
        """What a view of the desk takes, without its data."""
        data = self.desk.abi.encode(name, (_OPENING, at, second))
        call = {"from": self.anyone.address, "to": self.desk.address, "data": Web3.to_hex(data)}
        options = {"disableStorage": True, "disableMemory": True, "disableStack": True}
        return int(_ask(self.w3, "debug_traceCall", call, "latest", options)["gas"]) - _data_gas(data)

    def many(self) -> None:
        """What each further item costs: that of eleven less that of one, by ten."""
        waiting = [self.open_for_somebody() for _ in range(1 + _FURTHER + 1)]
        self.further(
            "reply_many",
            lambda ids: self.desk.reply_many([(each, Status.HOLD, self.digest()) for each in ids]),
            waiting,
            self.agent,
        )
        silent = [self.open_for_somebody() for _ in range(1 + _FURTHER + 1)]
        self.travel(30 * DAY)
        self.further("claim_many", self.desk.claim_many, silent, self.anyone)
        solved = [self.open(_OPENING) for _ in range(1 + _FURTHER + 1)]
        self.send(self.desk.reply_many([(each, Status.SOLVED, self.digest()) for each in solved]), self.agent)
        self.travel(30 * DAY)
        self.further("close_many", self.desk.close_many, solved, self.anyone)

    # ------------------------------------------------------------ steps

    def further(
        self, name: str, call: Callable[[list[bytes]], Call[int]], ids: list[bytes], who: KeySigner
    ) -> None:
        """One item, then eleven others."""
        one = self.send(call(ids[:1]), who).gas_used
        eleven = self.send(call(ids[1:]), who).gas_used
        self.gas[f"{name}, each further"] = -(-(eleven - one) // _FURTHER)

    def reply(self, name: str, ticket: bytes, status: Status) -> None:
        """A reply that is measured."""
        self.note(f"reply: {name}", self.desk.reply(ticket, status, self.digest()), self.agent)

    def follow_up(self, name: str, ticket: bytes) -> None:
        """A follow-up that is measured."""
        self.note(f"follow_up: {name}", self.desk.follow_up(ticket, self.digest()), self.requester)

    def open(self, policy_id: int) -> bytes:
        """A ticket of the covered requester."""
        outcome = self.send(self.desk.open_ticket(policy_id, Priority.HIGH, self.digest()), self.requester)
        return bytes(outcome.event("TicketOpened")["ticket_id"])

    def open_for_somebody(self) -> bytes:
        """A ticket of an address that never had one."""
        call = self.desk.open_ticket_for(Account.create().address, _OPENING, Priority.HIGH, self.digest())
        return bytes(self.send(call, self.agent).event("TicketOpened")["ticket_id"])

    def note(self, name: str, call: Call[Any], who: KeySigner) -> None:
        """Send and keep the gas."""
        self.gas[name] = self.send(call, who).gas_used

    def send(self, call: Call[Any], who: KeySigner) -> Outcome:
        """Send and wait."""
        return call.send(who)

    def digest(self) -> bytes:
        """32 bytes that were not used before."""
        self._digests += 1
        return hashlib.sha256(str(self._digests).encode()).digest()

    def now(self) -> int:
        """The time of the last block."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def travel(self, seconds: int) -> None:
        """Moves the node's clock and mines."""
        _ask(self.w3, "evm_increaseTime", seconds)
        _ask(self.w3, "evm_mine")

    def _account(self) -> KeySigner:
        account = Account.create()
        _ask(self.w3, "anvil_setBalance", account.address, hex(10**24))
        return KeySigner(account)

    def _deploy(self, asset: str) -> Desk:
        token = asset if asset == ETH else self._token()
        factory = deploy_factory(self.w3, self.operator)
        # The factory's first desk writes a count that was zero.
        self.send(factory.deploy_desk(self.operator.address, token, 60 * DAY, "First"), self.operator)
        outcome = self.send(
            factory.deploy_desk(self.operator.address, token, 60 * DAY, "Bench"), self.operator
        )
        self.gas["desk deployed through the factory, without panel and lane"] = outcome.gas_used
        return Desk(self.w3, Factory.deployed(outcome).desk)

    def _token(self) -> str:
        fields = artifacts.compile_contract("mocks/PlainToken", _PROJECT)
        code = bytes.fromhex(fields["bytecode"][2:]) + encode(["uint8"], [18])
        token = self._raw(None, code)
        mint = keccak(text="mint(address,uint256)")[:4] + encode(
            ["address", "uint256"], [self.operator.address, 10**24]
        )
        self._raw(token, mint)
        return str(token)

    def _raw(self, to: str | None, data: bytes) -> str | None:
        fields: Any = {"from": self.operator.address, "data": Web3.to_hex(data), "value": 0}
        if to is not None:
            fields["to"] = to
        fields |= {"gas": self.w3.eth.estimate_gas(fields), "chainId": self.w3.eth.chain_id}
        return self.operator.send(self.w3, fields).get("contractAddress")


def _policy(hours: int) -> ChainPolicy:
    return ChainPolicy(
        hours=hours,
        targets=((4 * 3_600, 2 * 3_600, 40 * 3_600),) * 4,
        compensation=((10 * _UNIT, 5 * _UNIT, 40 * _UNIT),) * 4,
        contest_window=5 * DAY,
        challenge_window=DAY,
        ruling_window=10 * DAY,
        claim_window=90 * DAY,
        anchor_lag=900,
        incident_cap=_UNIT,
        incident_bond_share=500,
        contest_bond=_UNIT,
        prove_bond=_UNIT,
        fee=_UNIT,
    )


def _data_gas(data: bytes) -> int:
    # EIP-2028: 16 gas a byte, 4 a zero byte.
    return sum(16 if byte else 4 for byte in data)


def _ask(w3: Web3, method: str, *arguments: Any) -> Any:
    response = w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    if "error" in response:
        raise MakegoodError(f"The node refuses {method}: {response['error']}.")
    return response["result"]


# ---------------------------------------------------------------- telling


@dataclass(frozen=True)
class Row:
    """One operation as measured. `within` is whether it keeps its limit, wherever the limit applies."""

    operation: Operation
    eth: int
    erc20: int

    @property
    def within(self) -> bool:
        """What runs in the token's own code has no limit."""
        most = self.eth if self.operation.moves_asset else max(self.eth, self.erc20)
        return most <= self.operation.limit


def measure() -> tuple[Row, ...]:
    """Every operation on a fresh node. Raises MakegoodError where there is no node or no build."""
    with anvil() as w3:
        eth = Bench(w3, ETH).run()
        erc20 = Bench(w3, "an ERC-20").run()
    return tuple(Row(each, eth[each.name], erc20[each.name]) for each in OPERATIONS)


def sizes() -> tuple[tuple[str, int, int, bool], ...]:
    """Runtime and initcode bytes of each contract, and whether they are within their limits."""
    found = []
    for name in artifacts.NAMES:
        built = artifacts.load(name)
        room = DESK_FREE if name == "SupportDesk" else 0
        fits = built.runtime_size <= MAX_RUNTIME and built.initcode_size <= MAX_INITCODE - room
        found.append((name, built.runtime_size, built.initcode_size, fits))
    return tuple(found)


def _lines(rows: Sequence[Row], found: Sequence[tuple[str, int, int, bool]]) -> Iterable[str]:
    yield from table(
        ("operation", "limit", "ETH", "ERC-20", ""),
        [
            (
                row.operation.name,
                f"{row.operation.limit:,}",
                f"{row.eth:,}",
                f"{row.erc20:,}" + ("*" if row.operation.moves_asset else ""),
                "ok" if row.within else "TOO MUCH",
            )
            for row in rows
        ],
        right=(1, 2, 3),
        wrap=0,
    )
    yield "* The token's own code runs too; the limit is for ETH."
    yield ""
    yield from table(
        ("peers, measured beforehand", "operation", "gas"),
        [(peer, operation, f"{gas:,}") for peer, operation, gas in PEERS],
        right=(2,),
        wrap=1,
    )
    yield ""
    yield from table(
        ("bytes", "runtime", "limit", "initcode", "limit", ""),
        [
            (
                name,
                f"{runtime:,}",
                f"{MAX_RUNTIME:,}",
                f"{initcode:,}",
                f"{MAX_INITCODE - (DESK_FREE if name == 'SupportDesk' else 0):,}",
                "ok" if fits else "TOO MUCH",
            )
            for name, runtime, initcode, fits in found
        ],
        right=(1, 2, 3, 4),
        wrap=0,
    )


def _fields(rows: Sequence[Row], found: Sequence[tuple[str, int, int, bool]]) -> dict[str, Any]:
    return {
        "operations": [
            {
                "operation": row.operation.name,
                "limit": row.operation.limit,
                "eth": row.eth,
                "erc20": row.erc20,
                "within": row.within,
            }
            for row in rows
        ],
        "sizes": {
            name: {"runtime": runtime, "initcode": initcode, "within": fits}
            for name, runtime, initcode, fits in found
        },
        "peers": [{"peer": peer, "operation": operation, "gas": gas} for peer, operation, gas in PEERS],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gas", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    as_json = parser.parse_args(arguments).json
    try:
        rows, found = measure(), sizes()
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if as_json:
        print(json.dumps(_fields(rows, found), indent=2))
    else:
        print("\n".join(_lines(rows, found)))
    too_much = [row.operation.name for row in rows if not row.within] + [
        each[0] for each in found if not each[3]
    ]
    for name in too_much:
        print(f"{name}: over its limit.", file=sys.stderr)
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
