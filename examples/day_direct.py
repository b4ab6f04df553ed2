# SPDX-License-Identifier: Apache-2.0
"""The direct lane of the day: tickets that covered requesters open on chain, and what they contest."""

from __future__ import annotations

from hashlib import sha256

from day_house import COIN, FAR, House
from day_script import Direct

from makegood.clock import Kind, Priority, Status
from makegood.desk import KeySigner
from makegood.desk.panel import ArbiterSignature, Ruling, Verdict


def open_directly(house: House, direct: Direct, number: int) -> bytes:
    """A covered requester needs nobody's help."""
    commitment = sha256(f"{house.seed} direct {number}".encode()).digest()
    call = house.desk.open_ticket(1, Priority(direct.priority), commitment)
    return bytes(call.send(_requester(house, direct)).event("TicketOpened")["ticket_id"])


def answer_directly(house: House, ticket: bytes) -> None:
    """On chain, by a human agent."""
    house.desk.reply(ticket, Status.SOLVED, sha256(ticket).digest()).send(house.people["ben"])


def contest(house: House, direct: Direct, ticket: bytes) -> None:
    """The requester says that the answer was none; or, by default, that an error cost it money."""
    kind, amount = _contested(house, direct)
    digest = sha256(b"evidence" + ticket).digest()
    bond = house.policy.bond_of(amount if kind is Kind.INCIDENT else 0)
    house.desk.panel.contest(ticket, kind, amount, digest, bond).send(_requester(house, direct))


def rule(house: House, direct: Direct, ticket: bytes) -> None:
    """Two of three arbiters sign, and collect their fee; or they stay silent until the window is over."""
    kind, amount = _contested(house, direct)
    panel = house.desk.panel
    if direct.contest == "default":
        panel.rule_by_default(ticket, kind).send(house.people["one"])
        return
    found = panel.dispute(ticket, kind)
    upheld = direct.contest == "upheld"
    verdict = Verdict(
        ticket,
        kind,
        Ruling.UPHELD if upheld else Ruling.REJECTED,
        amount if upheld else 0,
        found.evidence_digest,
        found.number,
        found.epoch,
        FAR,
    )
    message = verdict.message(house.desk.chain_id, panel.address)
    judges = [house.people[name] for name in ("judge", "juror")]
    signed = [ArbiterSignature(each.address, each.sign_typed(message)) for each in judges]
    panel.submit_verdict(verdict, signed).send(judges[0])
    for each in judges:
        panel.collect_fees(each.address, [(ticket, kind)]).send(each)


def _requester(house: House, direct: Direct) -> KeySigner:
    return house.people[("one", "two", "three")[direct.requester]]


def _contested(house: House, direct: Direct) -> tuple[Kind, int]:
    """The kind, and what is asked."""
    if direct.contest == "default":
        return Kind.INCIDENT, COIN // 10
    return Kind.FIRST_REPLY, house.policy.compensation[direct.priority][0]
