# SPDX-License-Identifier: Apache-2.0
"""What the chain recorded in a replay, taken from the logs of its transactions."""

from collections import Counter, defaultdict

from eth_utils.address import to_checksum_address

from makegood.clock import Kind, TicketState
from makegood.desk import Desk
from makegood.replay.driver import Entry, Receipt


class Record:
    """Breaches and payments by ticket id, what each call took, and what was shown for tickets of batches."""

    def __init__(self, desk: Desk) -> None:
        self.gas: dict[str, list[int]] = defaultdict(list)
        self.breached: dict[bytes, Kind] = defaultdict(lambda: Kind(0))
        self.compensated: Counter[bytes] = Counter()
        self.collected = 0
        self.shown = 0
        self.passed_over = 0
        self.refuted = 0
        self.bonds_returned = 0
        self.bonds_lost = 0
        self._last: dict[bytes, Entry] = {}
        self._desk = desk
        self._emitters = {str(contract.address): contract.abi for contract in (desk, desk.pool, desk.lane)}
        self._wanted = {
            desk.abi.topic("BreachRecorded"),
            desk.abi.topic("BreachCompensated"),
            desk.pool.abi.topic("Collected"),
            desk.lane.abi.topic("EntryShown"),
            desk.lane.abi.topic("ChallengeEnded"),
        }
        self._with_word = {desk.abi.topic(name) for name in desk.abi.events if desk.abi.has(name, "word")}

    def take(self, function: str, receipt: Receipt) -> None:
        """Takes in a call that succeeded."""
        self.gas[function].append(receipt.gas_used)
        for entry in receipt.logs:
            if entry.topics[0] in self._with_word:
                self._last[entry.topics[1]] = entry
            if entry.topics[0] in self._wanted:
                self._count(entry)

    def last_word(self, ticket_id: bytes) -> TicketState:
        """The state in the ticket's last event: what the desk stores for it."""
        entry = self._last[ticket_id]
        found = self._desk.abi.decode_event(entry.topics, entry.data)
        assert found is not None  # noqa: S101  # only declared events are kept
        return TicketState.unpack(found[1]["word"])

    def _count(self, entry: Entry) -> None:
        abi = self._emitters.get(to_checksum_address(entry.address))
        found = abi.decode_event(entry.topics, entry.data) if abi else None
        if found is None:
            return
        name, event = found
        if name == "BreachRecorded":
            self.breached[event["ticket_id"]] |= Kind(event["kinds"])
        elif name == "BreachCompensated":
            self.compensated[event["ticket_id"]] += event["amount"]
        elif name == "Collected":
            self.collected += event["amount"]
        elif name == "EntryShown":
            self.shown += 1
            self.passed_over += not event["taken"]
        elif name == "ChallengeEnded":
            self._count_end(event["returned"], event["bond"])

    def _count_end(self, returned: bool, bond: int) -> None:
        if returned:
            self.bonds_returned += bond
        else:
            self.refuted += 1
            self.bonds_lost += bond
