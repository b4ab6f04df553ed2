# SPDX-License-Identifier: Apache-2.0
"""A ticket in the words of whoever waits for it: whose turn it is, if it was answered, what it is worth."""

from __future__ import annotations

from makegood.explorer.phrases import Moment, Money, OpenTime, Part, Relative, Sentence, Span, Token, sentence
from makegood.explorer.words import names
from makegood.indexer.queries import Row
from makegood.indexer.standing import Standing
from makegood.indexer.tickets import CLOSED, FIRST_REPLY, HOLD, OPEN, PENDING

Tone = str
"""What a colour may say: `calm`, `due`, `late`, `paid`. A word always stands beside it."""


def turn(ticket: Row, stands: Standing, token: Token, now: int) -> Sentence:
    """Whose turn it is, and until when."""
    if ticket["challenged"]:
        return _challenged(int(ticket["challenge_until"]), now)
    if ticket["status"] in (OPEN, HOLD):
        return _desks_turn(ticket, stands, now)
    if ticket["status"] == PENDING:
        return sentence(
            "It is your turn: the desk asked you something. Its own clock stands still, with %(left)s of "
            "open "
            "time left.",
            left=OpenTime(int(ticket["resolution_remaining"])),
        )
    if ticket["status"] == CLOSED:
        return _closed(ticket, stands, token)
    if ticket["open_disputes"]:
        return sentence("The desk says that it is solved, and the requester disputes it: the arbiters' turn.")
    until = int(stands.contest_until or 0)
    if stands.over:
        return sentence(
            "The desk solved it, and nobody objected by %(until)s: anyone can close it.",
            until=Moment(until, now),
        )
    return sentence(
        "The desk says that it is solved. If it is not, say so by %(until)s (%(left)s).",
        until=Moment(until, now),
        left=Relative(until, now),
    )


def _closed(ticket: Row, stands: Standing, token: Token) -> Sentence:
    if ticket["paid"]:
        return sentence(
            "Closed: a promise was broken, and %(paid)s was granted for it.",
            paid=Money(ticket["paid"], token),
        )
    if stands.breached:
        return sentence("Closed: a promise was broken.")
    return sentence("Closed: no promise was broken.")


def _desks_turn(ticket: Row, stands: Standing, now: int) -> Sentence:
    due = int(stands.due or 0)
    places: dict[str, Part] = {"due": Moment(due, now), "left": Relative(due, now)}
    if stands.owes == "reply" and not ticket["replied"]:
        if stands.late:
            return sentence(
                "The desk owes you a first reply and is late: it was due by %(due)s (%(left)s).", **places
            )
        return sentence("The desk owes you a first reply by %(due)s (%(left)s).", **places)
    if stands.owes == "reply":
        if stands.late:
            return sentence(
                "The desk owes you a reply and is late: it was due by %(due)s (%(left)s).", **places
            )
        return sentence("The desk owes you a reply by %(due)s (%(left)s).", **places)
    if stands.late:
        return sentence(
            "The desk owes you a resolution and is late: it was due by %(due)s (%(left)s).", **places
        )
    return sentence("The desk works on it and owes you a resolution by %(due)s (%(left)s).", **places)


def _challenged(until: int, now: int) -> Sentence:
    places: dict[str, Part] = {"until": Moment(until, now), "left": Relative(until, now)}
    if now > until:
        return sentence(
            "The time in which the desk could answer the proof ended at %(until)s (%(left)s): anyone can now "
            "end the challenge and claim what is broken.",
            **places,
        )
    return sentence(
        "This ticket is being proven: until %(until)s (%(left)s) the desk can show what counts for it, and "
        "nothing else can happen.",
        **places,
    )


def tone(ticket: Row, stands: Standing) -> Tone:
    """Of the first line."""
    if stands.late or stands.claimable:
        return "late"
    if ticket["status"] in (OPEN, HOLD) or ticket["challenged"]:
        return "due"
    return "calm"


def answered(ticket: Row, stands: Standing, now: int) -> Sentence:
    """Whether the first reply came in time."""
    due, at = int(ticket["first_reply_due"]), ticket["first_reply_at"]
    if at is not None and at > due:
        return sentence(
            "No: the first reply came at %(at)s, %(late)s late.",
            at=Moment(at, now),
            late=Span(at - due),
        )
    if at is not None and stands.breached & FIRST_REPLY:
        return sentence(
            "A reply came at %(at)s, but the arbiters found that it was none.",
            at=Moment(at, now),
        )
    if at is not None:
        return sentence(
            "Yes: the first reply came at %(at)s, %(early)s before it was due.",
            at=Moment(at, now),
            early=Span(due - at),
        )
    if now > due and ticket["closed_at"] is None:
        return sentence(
            "No: there is no reply yet, and it was due by %(due)s.",
            due=Moment(due, now),
        )
    if ticket["closed_at"] is not None:
        return sentence("It was closed without a reply.")
    return sentence("It is not due yet.")


def worth(ticket: Row, stands: Standing, token: Token, now: int) -> Sentence:
    """What it is owed, was paid, or can be claimed."""
    if stands.claimable:
        return _claimable(ticket, stands, Money(stands.amount, token), now)
    if ticket["paid"]:
        paid = Money(ticket["paid"], token)
        kinds = names.kinds(int(ticket["compensated"]))
        if not ticket["backed"]:
            return sentence(
                "%(paid)s was granted for %(kinds)s; without a reserve of its own it is paid "
                "as the desk's funds come in.",
                paid=paid,
                kinds=kinds,
            )
        return sentence("%(paid)s was paid for %(kinds)s.", paid=paid, kinds=kinds)
    if stands.breached:
        return sentence(
            "Nothing any more, although it was broken: %(kinds)s.",
            kinds=names.kinds(stands.breached),
        )
    if ticket["status"] == CLOSED:
        return sentence("Nothing: no promise was broken.")
    return sentence(
        "Nothing so far: no promise was broken. Up to %(worst)s if all are.",
        worst=Money(stands.worst_case, token),
    )


def _claimable(ticket: Row, stands: Standing, amount: Money, now: int) -> Sentence:
    kinds = names.kinds(stands.claimable)
    if stands.way == "claim":
        return sentence(
            "%(amount)s can be claimed now, by anyone, and goes to you only. Broken: %(kinds)s.",
            amount=amount,
            kinds=kinds,
        )
    if stands.way == "end_challenge":
        return sentence(
            "%(amount)s can be claimed as soon as the challenge is ended, which anyone can do now. Broken: "
            "%(kinds)s.",
            amount=amount,
            kinds=kinds,
        )
    if stands.way == "wait":
        return sentence(
            "%(amount)s for %(kinds)s, unless the desk shows an entry in time that counts.",
            amount=amount,
            kinds=kinds,
        )
    until = int(ticket["provable_until"] or 0)
    if stands.way == "prove":
        return sentence(
            "By the published leaves %(amount)s for %(kinds)s. To be paid it must be proven "
            "first, by %(until)s (%(left)s).",
            amount=amount,
            kinds=kinds,
            until=Moment(until, now),
            left=Relative(until, now),
        )
    return sentence(
        "Nothing any more: nobody proved it by %(until)s. Broken: %(kinds)s.",
        kinds=kinds,
        until=Moment(until, now),
    )


def backing(ticket: Row, stands: Standing, token: Token) -> Sentence:
    """What is set aside for it."""
    if ticket["status"] == CLOSED:
        return sentence("The ticket is closed: nothing is set aside for it any more.")
    if not ticket["backed"]:
        return sentence(
            "Nothing is set aside for it: the desk's free funds did not reach when it was recorded. What it "
            "comes to cost is a debt of the desk."
        )
    if ticket["source"] != "chain":
        return sentence(
            "Its whole worst case, %(reserved)s, is set aside in its batch.",
            reserved=Money(stands.reserved, token),
        )
    if stands.reserved == stands.worst_case:
        return sentence(
            "Its whole worst case, %(reserved)s, is set aside.", reserved=Money(stands.reserved, token)
        )
    return sentence(
        "%(reserved)s is still set aside for it; the rest was paid.", reserved=Money(stands.reserved, token)
    )
