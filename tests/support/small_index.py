# SPDX-License-Identifier: Apache-2.0
"""A small index without a node: events of a desk's contracts, written by the indexer's own writer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from sqlalchemy import update

from makegood import artifacts, channels, clock
from makegood.clock import CALENDAR_HOURS, Kind, Priority, TicketState
from makegood.indexer import schema
from makegood.indexer.logs import ARTIFACTS, Log
from makegood.indexer.node import Header
from makegood.indexer.store import Store, cursor_of
from makegood.indexer.writing import Writer
from makegood.policy import ChainPolicy

CHAIN = 31_337
UNIT = 10**18
START = 1_795_510_800  # Tue 24 Nov 2026 09:00 UTC
POLICY = ChainPolicy(
    hours=CALENDAR_HOURS,
    targets=((900, 1_800, 28_800),) * 4,
    compensation=((UNIT // 50, UNIT // 100, UNIT // 20),) * 4,
    contest_window=432_000,
    challenge_window=86_400,
    ruling_window=864_000,
    claim_window=7_776_000,
    anchor_lag=900,
    incident_cap=2 * UNIT,
    incident_bond_share=400,
    contest_bond=UNIT // 125,
    prove_bond=UNIT // 500,
    fee=6 * 10**15,
)
CHANNEL = "t.me/some_support"


def address(name: str) -> str:
    """An address that stands for a name."""
    return f"0x{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def digest(name: str) -> str:
    """32 bytes that stand for a name."""
    return f"0x{hashlib.sha256(name.encode()).hexdigest()}"


FACTORY, DESK, POOL, PANEL, LANE, DIRECTORY = (
    address(name) for name in ("factory", "desk", "pool", "panel", "lane", "directory")
)
OPERATOR, AGENT, REQUESTER, ARBITER = (
    address(name) for name in ("operator", "agent", "requester", "arbiter")
)
_PLACES = {
    "factory": FACTORY,
    "desk": DESK,
    "pool": POOL,
    "panel": PANEL,
    "lane": LANE,
    "directory": DIRECTORY,
}


@dataclass
class SmallIndex:
    """Events one after the other, each in a block of its own."""

    store: Store
    at: int = START
    number: int = 0
    states: dict[str, TicketState] = field(default_factory=dict)

    def emit(self, contract: str, event: str, /, **given: Any) -> str:
        """Let a contract log an event; returns the transaction's hash."""
        self.number += 1
        log = _log(contract, event, given, self.number, self.at)
        header = Header(self.number, log.block_hash, digest(f"block {self.number - 1}"), self.at)
        assets = {"0x" + "00" * 20: {"asset_symbol": "ETH", "asset_decimals": 18}}
        with self.store.writing() as connection:
            writer = Writer(connection, CHAIN, revocable=False, assets=assets)
            writer.blocks([header], [log])
            safe, final = max(0, self.number - 2), max(0, self.number - 4)
            more = {"first_block": 0, "node_number": self.number}
            past = Header(final, digest(f"block {final}"), "", self.at)
            writer.finish(cursor_of(connection, CHAIN), header, safe=safe, final=past, **more)
            connection.execute(update(schema.chains).values(written_at=self.at))
        return log.transaction

    def begin(self, name: str = "Demo", policy_name: str = "Always", uri: str = "") -> None:
        """A desk with a policy, an agent, an arbiter, a channel and 5 ETH."""
        parts = {"pool": POOL, "panel": PANEL, "lane": LANE, "directory": DIRECTORY}
        nobody = "0x" + "00" * 20
        self.emit(
            "factory",
            "DeskDeployed",
            desk=DESK,
            operator=OPERATOR,
            asset=nobody,
            notice=2_592_000,
            name=name,
            **parts,
        )
        self.emit("directory", "OwnershipTransferred", previous_owner=nobody, new_owner=OPERATOR)
        self.emit("panel", "PanelAdopted", epoch=1, arbiters=[ARBITER], threshold=1)
        self.emit(
            "desk",
            "PolicyPublished",
            policy_id=1,
            name=policy_name,
            uri=uri,
            terms_digest=digest("terms"),
            policy=POLICY,
        )
        until = 2**32 - 1
        self.emit(
            "directory",
            "AgentRegistered",
            agent=AGENT,
            did_digest=digest("did:key:z"),
            credential_digest=digest("credential"),
            kind=1,
            since=self.at,
            until=until,
        )
        self.emit("desk", "AllowanceSet", agent=AGENT, amount=UNIT)
        self.emit(
            "desk", "CoverageGranted", holder=REQUESTER, policy_id=1, priority=0, places=10, until=until
        )
        self.emit(
            "directory",
            "ChannelPublished",
            channel=f"0x{channels.parse(CHANNEL).digest.hex()}",
            since=self.at,
        )
        self.emit("pool", "Funded", funder=OPERATOR, amount=5 * UNIT)

    def open(self, name: str = "ticket", priority: Priority = Priority.URGENT) -> str:
        """A backed ticket of the requester; returns its id."""
        ticket = digest(name)
        state = clock.opened(
            self.at,
            POLICY.hours,
            *(POLICY.targets[priority][kind] for kind in (0, 2)),
            requester=REQUESTER,
            policy_id=1,
            priority=priority,
            backed=True,
            holds_place=True,
        )
        self.emit("pool", "Reserved", amount=sum(POLICY.compensation[priority]))
        self._ticket(
            ticket,
            state,
            "TicketOpened",
            requester=REQUESTER,
            agent="0x" + "00" * 20,
            commitment=digest(f"{name} said"),
        )
        return ticket

    def reply(self, ticket: str, event: clock.Event = "replied", later: int = 60) -> None:
        """The agent answers."""
        self.at += later
        state = clock.apply(self.states[ticket], event, self.at, POLICY.hours, POLICY.targets[0][1])
        breached = state.breached & ~self.states[ticket].breached
        if breached:
            self.emit("desk", "BreachRecorded", ticket_id=ticket, kinds=int(breached))
        self._ticket(ticket, state, "TicketReplied", agent=AGENT, digest=digest(f"reply {self.number}"))

    def claim(self, ticket: str) -> None:
        """What is broken is paid."""
        before = self.states[ticket]
        state = clock.claim(before, self.at)
        kinds = int(state.compensated & ~before.compensated)
        amount = sum(POLICY.compensation[state.priority][bit] for bit in range(3) if kinds >> bit & 1)
        self._ticket(ticket, state, "BreachCompensated", requester=REQUESTER, kinds=kinds, amount=amount)
        self.emit("pool", "Credited", beneficiary=REQUESTER, amount=amount)

    def close(self, ticket: str, later: int = 60) -> None:
        """The requester closes it; what is broken by then is recorded."""
        self.at += later
        before = self.states[ticket]
        state = clock.close(before, self.at)
        breached = state.breached & ~before.breached
        if breached:
            self.emit("desk", "BreachRecorded", ticket_id=ticket, kinds=int(breached))
        self._ticket(ticket, state, "TicketClosed", released=0)

    def contest(self, ticket: str, kind: Kind = Kind.RESOLUTION) -> None:
        """The requester contests."""
        self.emit(
            "panel",
            "Contested",
            dispute=1,
            ticket_id=ticket,
            requester=REQUESTER,
            kind=int(kind),
            amount=UNIT // 20,
            reserved=0,
            evidence_digest=digest("evidence"),
            bond=UNIT // 125,
            epoch=1,
            rules_until=self.at + POLICY.ruling_window,
        )
        state = replace(self.states[ticket], disputed=True)
        self._ticket(ticket, state, "TicketContested", kind=int(kind))

    def anchor(self, uri: str = "https://desk.example/leaves") -> None:
        """A batch of three tickets, whose leaves nobody has fetched."""
        self.emit(
            "lane",
            "BatchAnchored",
            batch=1,
            agent=AGENT,
            policy_id=1,
            root=digest("root"),
            counts=[1, 0, 0, 2, 4],
            uri=uri,
            worst_case=3 * 8 * UNIT // 100,
            backed=True,
            expires_at=self.at + 9_000_000,
        )

    def _ticket(self, ticket: str, state: TicketState, name: str, **given: Any) -> None:
        self.states[ticket] = state
        self.emit("desk", name, ticket_id=ticket, word=state.pack(), **given)


def _log(contract: str, name: str, given: dict[str, Any], number: int, at: int) -> Log:
    entry = next(
        one
        for one in artifacts.load(ARTIFACTS[contract]).abi
        if one["type"] == "event" and one["name"] == name
    )
    kinds = [collapse_if_tuple(dict(one)) for one in entry["inputs"]]
    values = {one["name"]: _raw(one["type"], given[one["name"]]) for one in entry["inputs"]}
    signature = f"{name}({','.join(kinds)})"
    topics = [f"0x{keccak(text=signature).hex()}"]
    plain = []
    for one, kind in zip(entry["inputs"], kinds, strict=True):
        if one["indexed"]:
            topics.append(f"0x{encode([kind], [values[one['name']]]).hex()}")
        else:
            plain.append((kind, values[one["name"]]))
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    desk = None if contract == "factory" else DESK
    return Log(
        block_number=number,
        block_hash=digest(f"block {number}"),
        log_index=0,
        transaction=digest(f"transaction {number}"),
        address=_PLACES[contract],
        topics=topics,
        data=f"0x{data.hex()}",
        contract=contract,
        desk=desk,
        time=at,
    )


def _raw(kind: str, value: Any) -> Any:
    return bytes.fromhex(value[2:]) if kind == "bytes32" else value
