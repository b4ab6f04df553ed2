# SPDX-License-Identifier: Apache-2.0
"""Tickets and breaches from the desk's events."""

from __future__ import annotations

from makegood.indexer import schema, tickets
from makegood.indexer.logs import Arguments, Handlers, Log
from makegood.indexer.rows import Row, Rows
from makegood.indexer.terms import Terms, worst_case
from makegood.indexer.tickets import FIRST_REPLY, INCIDENT, NEXT_REPLY, RESOLUTION, State

NOBODY = "0x" + "00" * 20
CHAIN = "chain"
"""The source of a ticket that the chain knows; the other is `leaves`."""
CLOCK, RULING, EQUIVOCATION = "clock", "ruling", "equivocation"
"""Why a kind is breached; PanelFold knows two more, of rulings."""

_KINDS = (FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT)


def new_agent(chain: int, desk: str | None, agent: str) -> Row:
    """An address of which the directory says nothing."""
    return {
        "chain": chain,
        "desk": desk,
        "agent": agent,
        "kind": 0,
        "did_digest": None,
        "credential_digest": None,
        "since": 0,
        "until": 0,
        "revoked": False,
        "allowance": 0,
        "successor": None,
        "predecessor": None,
        "replies": 0,
        "opened": 0,
        "changed_block": 0,
    }


def edit_agent(rows: Rows, log: Log, agent: str) -> Row:
    """The row of an agent, to be changed by this log."""
    key = (rows.chain, log.desk, agent)
    try:
        row = rows.edit(schema.agents, *key)
    except KeyError:
        row = rows.put(schema.agents, new_agent(rows.chain, log.desk, agent))
    row["changed_block"] = log.block_number
    return row


class TicketFold:
    """What happens to tickets on the desk."""

    def __init__(self, rows: Rows, terms: Terms) -> None:
        self._rows = rows
        self._terms = terms
        # Words of TicketMoved: when it counts, the lane's own event of the same transaction says.
        self.moved: dict[tuple[str | None, str], int] = {}

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "TicketOpened": self._ticket_opened,
            "TicketReplied": self._ticket_replied,
            "BotReplied": self._bot_replied,
            "TicketFollowedUp": self._ticket_followed_up,
            "FollowUpNonceUsed": self._follow_up_nonce_used,
            "TicketContested": self._ticket_contested,
            "TicketMoved": self._ticket_moved,
            "TicketClosed": self._ticket_closed,
            "BreachRecorded": self._breach_recorded,
            "BreachUpheld": self._breach_upheld,
            "BreachCompensated": self._breach_compensated,
        }

    def edit(self, log: Log, ticket_id: str) -> Row:
        """A known ticket's row, to be changed by this log. Raises KeyError where it is unknown."""
        row = self._rows.edit(schema.tickets, ticket_id, self._rows.chain, log.desk)
        row["changed_at"], row["changed_block"] = log.time, log.block_number
        return row

    def apply(self, log: Log, given: Arguments, at: int | None = None) -> Row:
        """The ticket's word is this one from now on, or from `at` on."""
        row = self.edit(log, given["ticket_id"])
        tickets.apply(self._rows, row, State.of(given["word"]), log.time if at is None else at)
        row["word"] = kept_word(given["word"])
        return row

    # ------------------------------------------------------------ events

    def _ticket_opened(self, log: Log, given: Arguments) -> None:
        state = State.of(given["word"])
        agent = None if given["agent"] == NOBODY else given["agent"]
        row = tickets.new(
            self._rows.chain,
            str(log.desk),
            given["ticket_id"],
            state,
            lane=0 if agent is None else 1,
            source=CHAIN,
            agent=agent,
            commitment=given["commitment"],
            word=kept_word(given["word"]),
            opened_at=log.time,
            recorded_at=log.time,
            opened_block=log.block_number,
            opened_transaction=log.transaction,
            changed_at=log.time,
            changed_block=log.block_number,
        )
        self._rows.put(schema.tickets, row)
        tickets.apply(self._rows, row, state, log.time)
        self._count_ticket(log)
        if agent is None:
            self._rows.edit(schema.coverages, self._rows.chain, log.desk, state.requester, state.policy_id)[
                "used"
            ] += 1
            return
        opener = edit_agent(self._rows, log, agent)
        opener["opened"] += 1
        opener["allowance"] -= worst_case(self._terms.of(str(log.desk), state.policy_id), state.priority)

    def _ticket_replied(self, log: Log, given: Arguments) -> None:
        row = self.apply(log, given)
        row["last_reply_at"] = log.time
        edit_agent(self._rows, log, given["agent"])["replies"] += 1

    def _bot_replied(self, log: Log, given: Arguments) -> None:
        edit_agent(self._rows, log, given["agent"])["replies"] += 1

    def _ticket_followed_up(self, log: Log, given: Arguments) -> None:
        self.apply(log, given)

    def _follow_up_nonce_used(self, log: Log, given: Arguments) -> None:
        self.edit(log, given["ticket_id"])["follow_up_nonce"] = given["nonce"] + 1

    def _ticket_contested(self, log: Log, given: Arguments) -> None:
        self.apply(log, given)["open_disputes"] += 1

    def _ticket_moved(self, log: Log, given: Arguments) -> None:
        self.moved[log.desk, given["ticket_id"]] = given["word"]

    def _ticket_closed(self, log: Log, given: Arguments) -> None:
        row = self.apply(log, given)
        if row["lane"] == 0:
            key = (self._rows.chain, log.desk, row["requester"], row["policy_id"])
            self._rows.edit(schema.coverages, *key)["used"] -= 1

    # ------------------------------------------------------------ breaches

    def _breach_recorded(self, log: Log, given: Arguments) -> None:
        ticket = self.edit(log, given["ticket_id"])
        for kind in _bits(given["kinds"]):
            due = ticket["resolution_due"] if kind == RESOLUTION else None
            if kind == (NEXT_REPLY if ticket["replied"] else FIRST_REPLY):
                due = ticket["reply_due"]
            by_clock = due is not None and log.time > due
            self._rows.put(
                schema.breaches,
                {
                    "ticket_id": ticket["ticket_id"],
                    "chain": self._rows.chain,
                    "desk": log.desk,
                    "kind": kind,
                    "requester": ticket["requester"],
                    "policy_id": ticket["policy_id"],
                    "priority": ticket["priority"],
                    "due": due if by_clock else None,
                    "cause": CLOCK if by_clock else RULING,
                    "recorded_at": log.time,
                    "recorded_block": log.block_number,
                    "compensated_at": None,
                    "compensated_block": None,
                    "amount": None,
                },
            )

    def _breach_upheld(self, log: Log, given: Arguments) -> None:
        row = self.apply(log, given)
        tickets.overrule(self._rows, row, given["kind"])

    def _breach_compensated(self, log: Log, given: Arguments) -> None:
        row = self.apply(log, given)
        row["paid"] += given["amount"]
        amounts = self._terms.of(str(log.desk), row["policy_id"]).compensation[row["priority"]]
        for kind in _bits(given["kinds"]):
            breach = self._rows.edit(schema.breaches, row["ticket_id"], self._rows.chain, log.desk, kind)
            breach["compensated_at"], breach["compensated_block"] = log.time, log.block_number
            # An incident comes alone; what it is worth, the ruling says.
            breach["amount"] = given["amount"] if kind == INCIDENT else amounts[_KINDS.index(kind)]
        self._rows.edit(schema.desks, self._rows.chain, log.desk)["compensated"] += given["amount"]

    def _count_ticket(self, log: Log) -> None:
        self._rows.edit(schema.desks, self._rows.chain, log.desk)["tickets"] += 1


def _bits(kinds: int) -> list[int]:
    return [kind for kind in _KINDS if kinds & kind]


def kept_word(word: int) -> str:
    """A ticket's word as it is kept."""
    return f"0x{word:064x}"
