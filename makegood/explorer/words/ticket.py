# SPDX-License-Identifier: Apache-2.0
"""A ticket in the words of whoever waits for it: whose turn it is, if it was answered, what it is worth."""

from __future__ import annotations

from makegood.explorer.phrases import Moment, Money, OpenTime, Part, Relative, Sentence, Span, Token, sentence
from makegood.explorer.words import names
from makegood.indexer.queries import Row
from makegood.indexer.standing import Standing
from makegood.indexer.tickets import CLOSED, FIRST_REPLY, HOLD, NEXT_REPLY, OPEN, PENDING

Tone = str
"""What a colour may say: `calm`, `due`, `late`, `paid`. A word always stands beside it."""

HELD_BY_DESK = sentence(
    "The desk holds the key of this address, since the customer named no other: what is paid to it, the desk "
    "has to pass on."
)


def turn(ticket: Row, stands: Standing, token: Token, now: int) -> Sentence:
    """Whose turn it is, and until when, as the requester reads it."""
    return _turn(ticket, stands, token, now, to_requester=True)


def told(ticket: Row, stands: Standing, token: Token, now: int) -> Sentence:
    """The same for whoever reads a list of tickets."""
    return _turn(ticket, stands, token, now, to_requester=False)


def _turn(ticket: Row, stands: Standing, token: Token, now: int, *, to_requester: bool) -> Sentence:
    if ticket["challenged"]:
        return _challenged(int(ticket["challenge_until"]), now)
    if ticket["status"] in (OPEN, HOLD):
        return _desks_turn(ticket, stands, now, to_requester=to_requester)
    if ticket["status"] == PENDING:
        left = OpenTime(int(ticket["resolution_remaining"]))
        return _requesters_turn(left) if to_requester else _their_turn(left)
    if ticket["status"] == CLOSED:
        return _closed(ticket, stands, token)
    if ticket["open_disputes"]:
        return sentence("The desk says that it is solved, and the requester disputes it: the arbiters' turn.")
    until = Moment(int(stands.contest_until or 0), now)
    if stands.over:
        return sentence(
            "The desk solved it, and nobody objected by %(until)s: anyone can close it.", until=until
        )
    left_to_object = Relative(until.at, now)
    if to_requester:
        return sentence(
            "The desk says that it is solved. If it is not, say so by %(until)s (%(left)s).",
            until=until,
            left=left_to_object,
        )
    return sentence(
        "The desk says that it is solved. The requester can object until %(until)s (%(left)s).",
        until=until,
        left=left_to_object,
    )


def _requesters_turn(left: OpenTime) -> Sentence:
    return sentence(
        "It is your turn: the desk asked you something. The desk's clock stands still, with %(left)s of open "
        "time left.",
        left=left,
    )


def _their_turn(left: OpenTime) -> Sentence:
    return sentence(
        "The requester's turn: the desk asked something. The desk's clock stands still, with %(left)s of "
        "open time left.",
        left=left,
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


# What the desk owes, and whether it is late: for the requester, and for others.
_OWED: dict[tuple[str, bool], tuple[Sentence, Sentence]] = {
    ("first reply", False): (
        sentence("The desk owes you a first reply by %(due)s (%(left)s)."),
        sentence("The desk owes a first reply by %(due)s (%(left)s)."),
    ),
    ("first reply", True): (
        sentence("The desk owes you a first reply and is late: it was due by %(due)s (%(left)s)."),
        sentence("The desk owes a first reply and is late: it was due by %(due)s (%(left)s)."),
    ),
    ("reply", False): (
        sentence("The desk owes you a reply by %(due)s (%(left)s)."),
        sentence("The desk owes a reply by %(due)s (%(left)s)."),
    ),
    ("reply", True): (
        sentence("The desk owes you a reply and is late: it was due by %(due)s (%(left)s)."),
        sentence("The desk owes a reply and is late: it was due by %(due)s (%(left)s)."),
    ),
    ("resolution", False): (
        sentence("The desk works on it and owes you a resolution by %(due)s (%(left)s)."),
        sentence("The desk works on it and owes a resolution by %(due)s (%(left)s)."),
    ),
    ("resolution", True): (
        sentence("The desk owes you a resolution and is late: it was due by %(due)s (%(left)s)."),
        sentence("The desk owes a resolution and is late: it was due by %(due)s (%(left)s)."),
    ),
}


def _desks_turn(ticket: Row, stands: Standing, now: int, *, to_requester: bool) -> Sentence:
    due = int(stands.due or 0)
    is_first = stands.owes == "reply" and not ticket["replied"]
    owed = "first reply" if is_first else stands.owes or "resolution"
    mine, theirs = _OWED[owed, stands.late]
    places: dict[str, Part] = {"due": Moment(due, now), "left": Relative(due, now)}
    return Sentence((mine if to_requester else theirs).text, places)


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
    """Whether it was answered in time: the first reply, and each that was owed later."""
    due, at = int(ticket["first_reply_due"]), ticket["first_reply_at"]
    if at is None:
        return _unanswered(ticket, stands, due, now)
    came = Moment(at, now)
    if at > due:
        return sentence("No: the first reply came at %(at)s, %(late)s late.", at=came, late=Span(at - due))
    if stands.breached & FIRST_REPLY:
        return sentence(
            "No: a reply came at %(at)s, but it does not count as one. Why stands below.", at=came
        )
    if stands.breached & NEXT_REPLY:
        return sentence(
            "Not always: the first reply came in time, at %(at)s, but a later one did not.", at=came
        )
    return sentence(
        "Yes: the first reply came at %(at)s, %(early)s before it was due.", at=came, early=Span(due - at)
    )


def _unanswered(ticket: Row, stands: Standing, due: int, now: int) -> Sentence:
    by = Moment(due, now)
    if ticket["closed_at"] is not None:
        if stands.breached & FIRST_REPLY:
            return sentence("No: it was closed without a reply, and one was due by %(due)s.", due=by)
        return sentence("It was closed before a reply was due.")
    if now > due:
        return sentence("No: there is no reply yet, and it was due by %(due)s.", due=by)
    return sentence(
        "Not yet. The desk still has time for its first reply, until %(due)s (%(left)s).",
        due=by,
        left=Relative(due, now),
    )


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
