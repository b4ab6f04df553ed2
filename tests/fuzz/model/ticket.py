# SPDX-License-Identifier: Apache-2.0
"""A ticket and its clocks, by section 4 of the specification."""

from fuzz.model.policy import MAX_TIME, Policy

OPEN, HOLD, PENDING, SOLVED, CLOSED = 1, 2, 3, 4, 5
FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT = 1, 2, 4, 8
CLOCKS = 7
REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP = 1, 2, 3, 4


class Ticket:
    """A ticket as its last event left it."""

    __slots__ = (
        "backed",
        "breached",
        "challenged",
        "clock",
        "compensated",
        "disputed",
        "disputes",
        "holds_place",
        "id",
        "lane",
        "nonce",
        "policy",
        "policy_id",
        "priority",
        "proof",
        "proven",
        "replied",
        "requester",
        "resolution",
        "status",
    )

    def __init__(
        self, ticket_id: int, requester: int, policy: Policy, policy_id: int, priority: int, backed: bool
    ) -> None:
        self.id, self.requester = ticket_id, requester
        self.policy, self.policy_id, self.priority = policy, policy_id, priority
        self.backed, self.holds_place, self.proven, self.challenged = backed, False, False, False
        self.status, self.replied, self.disputed = OPEN, False, False
        self.clock = self.resolution = self.breached = self.compensated = self.nonce = 0
        self.disputes: dict[int, object] = {}
        self.proof: object | None = None

    def word(self) -> int:
        """Its storage word by the layout of section 5."""
        return (
            self.requester
            | self.clock << 160
            | self.resolution << 192
            | self.policy_id << 224
            | self.priority << 237
            | self.status << 239
            | self.replied << 242
            | self.breached << 243
            | self.compensated << 247
            | self.backed << 251
            | self.holds_place << 252
            | self.proven << 253
            | self.disputed << 254
            | self.challenged << 255
        )

    def begin(self, at: int) -> None:
        """Its clocks start."""
        targets, table = self.policy.targets[self.priority], self.policy.table
        self.clock = min(table.due(at, targets[0]), MAX_TIME)
        self.resolution = min(table.due(at, targets[2]), MAX_TIME)

    def overdue(self, at: int) -> int:
        """The kinds that are late at a time and not yet recorded."""
        kinds = 0
        if self.status == OPEN and at > self.clock:
            kinds = NEXT_REPLY if self.replied else FIRST_REPLY
        if self.status <= HOLD and at > self.resolution:
            kinds |= RESOLUTION
        return kinds & ~self.breached

    def unpaid(self, at: int) -> int:
        """What a claim would pay for at a time."""
        return (self.breached | self.overdue(at)) & ~self.compensated

    def is_over(self, at: int) -> bool:
        """Whether it is solved and its contest window is over."""
        return self.status == SOLVED and at > self.clock + self.policy.contest_window

    def amount(self, kinds: int) -> int:
        """What these clock kinds come to."""
        return self.policy.amount[self.priority][kinds & CLOCKS]

    def reserve(self) -> int:
        """What is still set aside for it."""
        return self.amount(CLOCKS & ~self.compensated) if self.backed and self.status != CLOSED else 0

    def move(self, act: int, at: int) -> None:
        """A reply or a follow-up, after what is late was recorded."""
        if act == FOLLOWED_UP:
            self._reopen(at)
        else:
            self._answer(act + 1, at)

    def _answer(self, status: int, at: int) -> None:
        if status == SOLVED == self.status:
            return
        ran, runs = self.status <= HOLD, status == HOLD
        if ran and not runs:
            self.resolution = self.policy.table.left(at, self.resolution)
        elif runs and not ran:
            self.resolution = min(self.policy.table.due(at, self.resolution), MAX_TIME)
        self.status, self.replied = status, True
        self.clock = min(at, MAX_TIME) if status == SOLVED else 0

    def _reopen(self, at: int) -> None:
        if self.status == OPEN:
            return
        table, next_reply = self.policy.table, self.policy.targets[self.priority][1]
        if self.status == PENDING:
            self.resolution = min(table.due(at, self.resolution), MAX_TIME)
        elif self.status == SOLVED:
            self.resolution = min(table.due(at, max(self.resolution, next_reply)), MAX_TIME)
        self.status = OPEN
        self.clock = min(table.due(at, next_reply), MAX_TIME)
