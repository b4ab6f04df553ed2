# SPDX-License-Identifier: Apache-2.0
"""The script of a demo: tickets and what happens to them, in the form of examples/tickets.yaml."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import yaml

from makegood.clock import Kind, Priority
from makegood.desk import Ruling
from makegood.errors import NotFound, UsageError
from makegood.policy import DAY, parse_amount

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DISPUTE_ACTS = ("contest", "verdict", "default")
_TICKET_ACTS = (
    *("open", "hold", "pending", "solved", "bot", "follow_up", "claim", "collect", "close"),
    *_DISPUTE_ACTS,
)
_OTHER_ACTS = ("fund", "announce_withdrawal", "withdraw", "collect_fees")
_LANES = ("requester", "agent", "relay")


@dataclass(frozen=True)
class Act:
    """One thing that happens, `at` so many seconds after the first Monday's midnight.

    `by` is a party, or `relay`; `refused` is the reason with which the chain must refuse it. `as_status` is
    what a bot tries to make of a ticket. `amount` is in whole units, or `free` or `funds`. `kind` is what is
    contested or ruled, `ruling` and `signed` a verdict's; `arbiter` is whose fees are collected.
    """

    at: int
    act: str
    ticket: int | None = None
    by: str | None = None
    refused: str | None = None
    collect: bool = False
    as_status: str | None = None
    amount: str | None = None
    kind: Kind | None = None
    ruling: Ruling | None = None
    signed: tuple[str, ...] = ()
    arbiter: str | None = None

    @property
    def whole_units(self) -> Decimal:
        """The amount where it is a number; 0 where there is none."""
        return parse_amount(self.amount or "0")


@dataclass(frozen=True)
class Ticket:
    """One ticket of the script, without what happens to it."""

    number: int
    about: str
    requester: str
    priority: Priority


@dataclass(frozen=True)
class Script:
    """Who is covered, who decides disputes, the tickets by number, and all acts in the order of time."""

    covered: tuple[str, ...]
    arbiters: tuple[str, ...]
    threshold: int
    tickets: Mapping[int, Ticket]
    acts: tuple[Act, ...]

    @property
    def requesters(self) -> tuple[str, ...]:
        """Everybody who has a ticket, in the order of their first."""
        return tuple(dict.fromkeys(ticket.requester for ticket in self.tickets.values()))


def read_script(path: Path) -> Script:
    """The script in a file. Raises NotFound without one, UsageError where it is none."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path of the tickets.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None
    return _Reader(path).script(content)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._arbiters: tuple[str, ...] = ()

    def script(self, content: Any) -> Script:
        fields = self._fields(content, "the file", ("covered", "arbiters", "threshold", "tickets", "money"))
        self._arbiters = tuple(str(name) for name in self._rows(fields["arbiters"], "arbiters"))
        threshold = fields["threshold"]
        if type(threshold) is not int:
            self._refuse(f'the threshold "{threshold}" is no whole number')
        tickets: dict[int, Ticket] = {}
        acts: list[Act] = []
        for row in self._rows(fields["tickets"], "tickets"):
            ticket, its_acts = self._ticket(row)
            if ticket.number in tickets:
                self._refuse(f"ticket {ticket.number} is there twice")
            tickets[ticket.number] = ticket
            acts += its_acts
        acts += (self._act(row, _OTHER_ACTS, None) for row in self._rows(fields["money"], "money"))
        # Of the same minute the file's order counts; each act gets a second of its own when it is played.
        acts.sort(key=lambda act: act.at)
        return Script(tuple(fields["covered"]), self._arbiters, threshold, tickets, tuple(acts))

    def _ticket(self, row: Any) -> tuple[Ticket, Iterator[Act]]:
        fields = self._fields(row, "a ticket", ("ticket", "about", "requester", "priority", "opened", "acts"))
        number = fields["ticket"]
        opened = self._fields(fields["opened"], f"the opening of ticket {number}", ("at", "by"))
        if opened["by"] not in _LANES:
            self._refuse(f"ticket {number} is opened by {opened['by']}, not by one of {', '.join(_LANES)}")
        ticket = Ticket(number, fields["about"], fields["requester"], Priority.named(fields["priority"]))
        opening = Act(self._at(opened["at"]), "open", number, opened["by"])
        rest = [self._act(each, _TICKET_ACTS, number) for each in self._rows(fields["acts"], "acts")]
        return ticket, iter((opening, *rest))

    def _act(self, row: Any, known: tuple[str, ...], ticket: int | None) -> Act:
        optional = ("by", "refused", "collect", "as", "amount", "kind", "ruling", "signed", "arbiter")
        fields = self._fields(row, "an act", ("at", "act"), optional)
        name = fields["act"]
        if name not in known:
            self._refuse(f'"{name}" is none of {", ".join(known)}')
        for key in self._needs(name):
            if key not in fields:
                self._refuse(f'"{name}" has no {key}')
        return Act(
            at=self._at(fields["at"]),
            act=name,
            ticket=ticket,
            by=fields.get("by"),
            refused=fields.get("refused"),
            collect=bool(fields.get("collect", False)),
            as_status=fields.get("as"),
            amount=str(fields["amount"]) if "amount" in fields else None,
            kind=Kind.named(fields["kind"]) if "kind" in fields else None,
            ruling=self._ruling(fields["ruling"]) if "ruling" in fields else None,
            signed=tuple(self._arbiter(each) for each in fields.get("signed", ())),
            arbiter=self._arbiter(fields["arbiter"]) if "arbiter" in fields else None,
        )

    def _needs(self, act: str) -> tuple[str, ...]:
        if act == "verdict":
            return ("kind", "ruling", "signed")
        if act in _DISPUTE_ACTS:
            return ("kind",)
        if act == "collect_fees":
            return ("arbiter",)
        return ("amount",) if act in _OTHER_ACTS else ()

    def _ruling(self, word: Any) -> Ruling:
        found = {ruling.name.lower(): ruling for ruling in Ruling}.get(word)
        if found is None:
            self._refuse(f'"{word}" is no ruling, neither upheld nor rejected')
        return found

    def _arbiter(self, name: Any) -> str:
        if name not in self._arbiters:
            self._refuse(f'"{name}" is none of the arbiters {", ".join(self._arbiters)}')
        return str(name)

    def _at(self, text: Any) -> int:
        match = re.fullmatch(
            r"([1-9][0-9]?) (mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):([0-5][0-9])", str(text)
        )
        if not match:
            self._refuse(f'"{text}" is no time such as "1 mon 08:00"')
        days = 7 * (int(match[1]) - 1) + _DAYS.index(match[2])
        return days * DAY + int(match[3]) * 3_600 + int(match[4]) * 60

    def _rows(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list) or not value:
            self._refuse(f"{name} is no list")
        return value

    def _fields(
        self, value: Any, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._refuse(f"{name} has no keys and values")
        for key in required:
            if key not in value:
                self._refuse(f"{name} lacks {key}")
        for key in value:
            if key not in required + optional:
                self._refuse(f"{name} has no {key}")
        return value

    def _refuse(self, fact: str) -> NoReturn:
        raise UsageError(f"{self._path}: {fact}.", hint="See examples/tickets.yaml for the form.") from None
