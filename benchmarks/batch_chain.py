# SPDX-License-Identifier: Apache-2.0
"""What a batch costs on chain: anchoring the root of its openings, proving one of them, ending its challenge.

Measured in ETH on a fresh anvil, in the steady state: a batch was anchored and a ticket proven before.
The two trees, of openings and of later entries, have as many leaves as is said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from benchmarks.batch_plan import Plan, Ticket
from benchmarks.bench import CALENDAR, OPENING, Bench
from benchmarks.node import anvil
from makegood.batches import Act
from makegood.clock import WEEK, Priority
from makegood.console.table import table
from makegood.desk import ETH, Call, KeySigner
from makegood.desk.lane import MAX_ENTRIES, Shown
from makegood.errors import UsageError
from makegood.merkle import Tree
from makegood.policy import DAY

GAS_PER_TICKET_LIMIT = 0.15
"""Of a million tickets or more: anchoring costs about the same for any number."""
LIMITED_FROM = 1_000_000
PROVE_LIMIT = 140_000
"""With the bond, by the requester, of one ticket of a million."""
LEAST_TICKETS = 128
"""So many are needed for all that is measured."""

# Times of the week at which clocks begin: `due` costs more at some than at others.
_CASES = 28
_STEP = WEEK // _CASES + 997


@dataclass(frozen=True)
class Cost:
    """Gas of an operation and its limit, None where there is none."""

    name: str
    gas: int
    limit: int | None = None

    @property
    def within(self) -> bool:
        """Whether it keeps its limit."""
        return self.limit is None or self.gas <= self.limit


@dataclass(frozen=True)
class ChainFigures:
    """What a batch of so many openings costs. `anchor_gas` and `prove_gas` are of the dearest case."""

    tickets: int
    anchor_gas: int
    prove_gas: int
    operations: tuple[Cost, ...]

    @property
    def gas_per_ticket(self) -> float:
        """The dearest anchoring, shared by all tickets."""
        return self.anchor_gas / self.tickets

    @property
    def too_much(self) -> tuple[str, ...]:
        """The operations that pass their limit."""
        return tuple(each.name for each in self.operations if not each.within)

    def fields(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "gas_per_ticket": round(self.gas_per_ticket, 6),
            "anchor_gas": self.anchor_gas,
            "prove_gas": self.prove_gas,
            "operations": [
                {"operation": each.name, "gas": each.gas, "limit": each.limit, "within": each.within}
                for each in self.operations
            ],
        }

    def lines(self) -> list[str]:
        """The table."""
        rows = [
            (
                each.name,
                "·" if each.limit is None else f"{each.limit:,}",
                f"{each.gas:,}",
                "" if each.limit is None else "ok" if each.within else "TOO MUCH",
            )
            for each in self.operations
        ]
        return [
            *table(
                (f"gas, {self.tickets:,} tickets in a batch", "limit", "ETH", ""), rows, right=(1, 2), wrap=0
            ),
            f"The dearest anchoring is {self.gas_per_ticket:.3f} gas a ticket.",
        ]


def measure_chain(tickets: int) -> ChainFigures:
    """All of it on a fresh node.

    Raises UsageError for fewer tickets than `LEAST_TICKETS`, NotFound where there is no node.
    """
    if tickets < LEAST_TICKETS:
        raise UsageError(f"{tickets} tickets are too few for the chain part.", hint=f"Take {LEAST_TICKETS}.")
    with anvil() as w3:
        return _Batches(w3, tickets).run()


# ---------------------------------------------------------------- measuring


class _Batches:
    """What is measured on a bench."""

    def __init__(self, w3: Web3, tickets: int) -> None:
        self.bench = Bench(w3, ETH)
        self.desk = self.bench.desk
        self.lane = self.bench.desk.lane
        self.tickets = tickets
        self.policy = self.desk.policy(OPENING)
        self.plan = Plan(self.bench, tickets)
        self.costs: list[Cost] = []
        self._prepay()

    def run(self) -> ChainFigures:
        """In the order of their times: what waits for a window comes last."""
        start = self.bench.now()
        cases = {
            policy_id: [self.plan.open(start - case * _STEP) for case in range(1 + _CASES)]
            for policy_id in (CALENDAR, OPENING)
        }
        kept, solved, long = (self.plan.open(start - 120) for _ in range(3))
        breached = [self.plan.open(start - 14 * DAY) for _ in range(4)]
        reply = self.plan.enter(solved, 1, Act.SOLVED, start - 60)
        history = [
            self.plan.enter(long, 1 + turn, (Act.LEFT_PENDING, Act.FOLLOWED_UP)[turn % 2], start - 60 + turn)
            for turn in range(MAX_ENTRIES)
        ]
        other = self.plan.enter(long, 1, Act.REPLIED, start - 60)

        self._openings = Tree(self.plan.opening_leaves())
        self._entries = Tree(self.plan.entry_leaves())
        anchor_gas = self._anchorings()
        prove_gas = max(self._proofs(policy_id, tickets) for policy_id, tickets in cases.items())
        self._keeper(kept)
        for ticket in (solved, long, *breached):
            self._prove(ticket, self._batch[OPENING], ticket.requester)
        self._show("prove_entries, one", solved, [reply])
        self._show("prove_entries, sixteen", long, history)
        self._note(
            "prove_equivocation",
            self.lane.prove_equivocation(
                long.opening.ticket_id, 1, self._shown(history[0]), self._shown(other)
            ),
            self.bench.anyone,
        )
        self.bench.travel(self.policy.challenge_window + 1)
        self._ends(solved, breached)
        expires_at = self.lane.batch(self._batch[OPENING]).expires_at
        self.bench.travel(expires_at + 1 - self.bench.now())
        self._note("release_batch", self.lane.release_batch(self._batch[OPENING]), self.bench.anyone)
        return ChainFigures(self.tickets, anchor_gas, prove_gas, tuple(self.costs))

    # ------------------------------------------------------------ steps

    def _prepay(self) -> None:
        # What all batches can cost, which for millions is more than the bench has.
        worst_case = 4 * self.tickets * sum(self.policy.compensation[Priority.NORMAL])
        self.bench.send(self.desk.pool.fund(worst_case), self.bench.operator)
        allowance = 2 * worst_case
        self.bench.send(self.desk.set_allowance(self.bench.agent.address, allowance), self.bench.operator)

    def _anchorings(self) -> int:
        """The first batch writes words that were zero. Returns the gas of the dearest of the others."""
        self._anchor(OPENING, self.bench.digest(), (0, 0, 1, 0, 0))
        root = self._openings.root
        quarter = self.tickets // 4
        mixed = (quarter, quarter, quarter, self.tickets - 3 * quarter, 0)
        self._batch = {}
        for policy_id, hours in ((CALENDAR, "calendar hours"), (OPENING, "opening hours")):
            self._batch[policy_id], used = self._anchor(policy_id, root, (0, 0, self.tickets, 0, 0))
            self.costs.append(Cost(f"anchor_batch, all normal, {hours}", used))
        self._entry_batch, used = self._anchor(OPENING, self._entries.root, (0, 0, 0, 0, self.tickets))
        self.costs.append(Cost("anchor_batch, later entries only", used))
        gas = [self._later(case, lambda: self._anchor(OPENING, root, mixed)[1]) for case in range(_CASES)]
        name = f"anchor_batch, four priorities, opening hours, dearest of {_CASES}"
        limit = None if self.tickets < LIMITED_FROM else int(GAS_PER_TICKET_LIMIT * self.tickets)
        self.costs.append(Cost(name, max(gas), limit))
        # What was anchored counts against the prover only if that was before the second of the proof.
        self.bench.travel(1)
        return max(gas)

    def _later(self, case: int, measured: Callable[[], int]) -> int:
        """What something takes at another time of the week; then it never was."""
        snapshot = self.bench.ask("evm_snapshot")
        self.bench.travel(1 + case * _STEP)
        used = measured()
        self.bench.ask("evm_revert", snapshot)
        return used

    def _anchor(self, policy_id: int, root: bytes, counts: tuple[int, ...]) -> tuple[int, int]:
        uri = f"https://support.example/batches/{root.hex()}"
        outcome = self.bench.send(
            self.lane.anchor_batch(policy_id, root, counts, uri, must_back=True), self.bench.agent
        )
        return int(outcome.event("BatchAnchored")["batch"]), outcome.gas_used

    def _proofs(self, policy_id: int, tickets: list[Ticket]) -> int:
        """By the requester; the first of all is not counted. Returns the gas of the dearest."""
        used = [self._prove(ticket, self._batch[policy_id], ticket.requester) for ticket in tickets][1:]
        hours = "calendar" if policy_id == CALENDAR else "opening"
        self.costs += [
            Cost(f"prove_ticket, {hours} hours, cheapest of {_CASES}", min(used)),
            Cost(f"prove_ticket, {hours} hours, dearest of {_CASES}", max(used), PROVE_LIMIT),
        ]
        return max(used)

    def _keeper(self, ticket: Ticket) -> None:
        keeper = self.bench.account()
        named = self.desk.directory.name_keeper(keeper.address)
        self._note("name_keeper", named, ticket.requester)
        used = self._prove(ticket, self._batch[OPENING], keeper)
        self.costs.append(Cost("prove_ticket by the requester's keeper", used))

    def _show(self, name: str, ticket: Ticket, places: list[int]) -> None:
        entries = [self._shown(place) for place in places]
        call = self.lane.prove_entries(ticket.opening.ticket_id, 1, entries)
        self._note(name, call, self.bench.agent)

    def _ends(self, answered: Ticket, breached: list[Ticket]) -> None:
        """Two kinds are breached, or none; each requester had nothing in the pool before its proof."""
        first, *rest = breached
        # The first credit of all writes the pool's sum of credit.
        self.bench.send(self.lane.end_challenge(first.opening.ticket_id), self.bench.anyone)
        self._end("end_challenge, nothing breached, the bond to free funds", answered)
        self._end("end_challenge, breached, the bond returns", rest[0])
        self._end("end_challenge with claim", rest[1], claim=True)
        self._end("end_challenge with claim, paid out", rest[2], claim=True, collect=True)

    def _end(self, name: str, ticket: Ticket, *, claim: bool = False, collect: bool = False) -> None:
        call = self.lane.end_challenge(ticket.opening.ticket_id, claim=claim, collect=collect)
        self._note(name, call, self.bench.anyone)

    def _prove(self, ticket: Ticket, batch: int, who: KeySigner) -> int:
        opening = ticket.opening
        call = self.lane.prove_ticket(
            batch,
            ticket.index,
            self._openings.path(ticket.index),
            opening.actor,
            opening.digest,
            opening.at,
            value=self.policy.prove_bond,
        )
        return self.bench.send(call, who).gas_used

    def _shown(self, place: int) -> Shown:
        entry, index = self.plan.entries[place], self.plan.first + place
        path = self._entries.path(index)
        return Shown(entry.act, entry.at, entry.actor, entry.digest, self._entry_batch, index, path)

    def _note(self, name: str, call: Call[Any], who: KeySigner) -> None:
        self.costs.append(Cost(name, self.bench.send(call, who).gas_used))
