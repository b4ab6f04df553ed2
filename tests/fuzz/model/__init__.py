# SPDX-License-Identifier: Apache-2.0
"""What a desk's contracts must do, written anew from sections 4 to 8 of the specification.

Each call is a method. It looks for every reason to refuse before it changes anything, and returns them all:
which of them the contracts name first is theirs to choose. No reason: it was done, `events` are what is to be
logged, `out` what is to be returned, `touched` the tickets whose words may differ. Accounts, ids and digests
are numbers.
"""

from dataclasses import dataclass

from fuzz.model.asset import Asset
from fuzz.model.desk import Desk
from fuzz.model.lane import Lane
from fuzz.model.panel import Panel
from fuzz.model.people import Directory
from fuzz.model.pool import Pool
from fuzz.model.ticket import Ticket

Event = tuple[object, ...]


@dataclass(frozen=True)
class Addresses:
    """Where the contracts of a desk are."""

    desk: int
    pool: int
    panel: int
    lane: int
    directory: int


class Model:
    """One desk with all that belongs to it."""

    def __init__(
        self,
        at: Addresses,
        chain_id: int,
        asset: Asset,
        operator: int,
        notice: int,
        arbiters: tuple[int, ...],
        threshold: int,
    ) -> None:
        self.at, self.chain_id = at, chain_id
        self.now = 0
        self.events: list[Event] = []
        self.out: tuple[int, ...] | None = None
        self.touched: set[int] = set()
        self.tickets: dict[int, Ticket] = {}
        self.directory = Directory(self, operator)
        self.pool = Pool(self, asset, notice)
        self.panel = Panel(self, arbiters, threshold)
        self.desk = Desk(self)
        self.lane = Lane(self)

    def begin(self, now: int) -> None:
        """The next transaction, at its time."""
        self.now = now
        self.events, self.out = [], None
        self.touched.clear()

    def log(self, name: str, *fields: int) -> None:
        """Indexed fields first."""
        self.events.append((name, *fields))

    def unless_operator(self, sender: int, module: str) -> set[str]:
        """Why a call is the operator's only."""
        return set() if sender == self.directory.owner else {f"{module}: caller is not the operator"}
