# SPDX-License-Identifier: Apache-2.0
"""A verdict counts once, for one dispute: carried anywhere else, its signatures are worth nothing."""

from collections.abc import Callable
from dataclasses import replace

import boa
import messages
import pytest
from disputes import (
    FEE,
    SAYS_UPHELD,
    UPHELD,
    Dispute,
    Signed,
    Verdict,
    books,
    contest,
    message_of,
    refused,
    rejected,
    replied,
    report,
    report_of,
    seat,
    signed,
    signed_by,
    submit,
    upheld,
    wait_for_default,
)
from house import DAY, FIRST_REPLY, INCIDENT, NEXT_REPLY, PENDING, House, deploy_house, travel

NOT_THE_ARBITERS = "panel: signature is not the arbiter's"


def carry(house: House, verdict: Verdict, signatures: Signed) -> None:
    """A stranger submits."""
    house.panel.submit_verdict(verdict.on_chain(), signatures, sender=house.stranger)


def as_if_for(verdict: Verdict, dispute: Dispute) -> Verdict:
    """The same ruling, with all that names the dispute exchanged."""
    return replace(
        verdict,
        ticket_id=dispute.ticket_id,
        kind=dispute.kind,
        evidence_digest=dispute.evidence_digest,
        dispute=dispute.number,
        epoch=dispute.epoch,
    )


@pytest.mark.parametrize("ruling", [upheld, rejected])
@pytest.mark.parametrize("second", [upheld, rejected])
def test_after_use(
    house: House, ruling: Callable[[Dispute], Verdict], second: Callable[[Dispute], Verdict]
) -> None:
    dispute = contest(house, replied(house))
    submit(house, ruling(dispute))
    with refused(house, "panel: dispute was ruled before", dispute.name):
        submit(house, second(dispute))


def test_after_the_default(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    wait_for_default(house)
    house.panel.rule_by_default(*dispute.name)
    with refused(house, "panel: dispute was ruled before", dispute.name):
        submit(house, upheld(dispute))


def test_by_other_signers_after_use(house: House) -> None:
    """No second fee either."""
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    carry(house, verdict, signed_by(house, verdict, house.arbiters[:3]))
    with refused(house, "panel: dispute was ruled before", dispute.name):
        carry(house, verdict, signed_by(house, verdict, house.arbiters[2:]))
    assert books(house, dispute).bonded == FEE


def test_on_another_ticket(house: House) -> None:
    first, second = contest(house, replied(house)), contest(house, replied(house))
    verdict = upheld(first)
    signatures = signed(house, verdict)
    with refused(house, NOT_THE_ARBITERS, first.name, second.name):
        carry(house, as_if_for(verdict, second), signatures)
    with refused(house, "panel: verdict on another dispute", first.name, second.name):
        carry(house, replace(verdict, ticket_id=second.ticket_id), signatures)


def test_on_a_ticket_without_a_dispute(house: House) -> None:
    verdict, other = upheld(contest(house, replied(house))), replied(house)
    with refused(house, "panel: dispute unknown", (other, FIRST_REPLY)):
        carry(house, replace(verdict, ticket_id=other), signed(house, verdict))


def test_on_another_kind(house: House) -> None:
    ticket_id = replied(house)
    first, second = contest(house, ticket_id), contest(house, ticket_id, NEXT_REPLY)
    verdict = rejected(first)
    signatures = signed(house, verdict)
    with refused(house, NOT_THE_ARBITERS, first.name, second.name):
        carry(house, as_if_for(verdict, second), signatures)
    with refused(house, "panel: verdict on another dispute", first.name, second.name):
        carry(house, replace(verdict, kind=NEXT_REPLY), signatures)


def test_on_the_same_evidence_of_another_dispute(house: House) -> None:
    """A requester may show the same evidence twice: the number still tells the disputes apart."""
    ticket_id, other, evidence = replied(house), replied(house), house.digest()
    boa.env.set_balance(house.requester, 100)
    for each in (ticket_id, other):
        house.panel.contest(each, FIRST_REPLY, 1_000, evidence, value=50, sender=house.requester)
    verdict = Verdict(ticket_id, FIRST_REPLY, SAYS_UPHELD, 1_000, evidence, 1, 1)
    signatures = signed(house, verdict)
    names = [(ticket_id, FIRST_REPLY), (other, FIRST_REPLY)]
    with refused(house, "panel: verdict on another dispute", *names):
        carry(house, replace(verdict, ticket_id=other), signatures)
    with refused(house, NOT_THE_ARBITERS, *names):
        carry(house, replace(verdict, ticket_id=other, dispute=2), signatures)


def test_with_another_amount_of_an_incident(house: House) -> None:
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        carry(house, upheld(dispute), signed(house, upheld(dispute, amount=100)))


def test_turned_around(house: House) -> None:
    dispute = contest(house, replied(house))
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        carry(house, upheld(dispute), signed(house, rejected(dispute)))


def test_at_another_desk(house: House) -> None:
    """The same arbiters, the same numbers: the domain is the panel's."""
    other = deploy_house()
    here, there = contest(house, replied(house)), contest(other, replied(other))
    verdict = upheld(here)
    with refused(other, NOT_THE_ARBITERS, there.name):
        carry(other, as_if_for(verdict, there), signed(house, verdict))
    with refused(other, "panel: dispute unknown", there.name):
        carry(other, verdict, signed(house, verdict))


def test_on_another_chain(house: House) -> None:
    """A fork has the same ticket, the same dispute and the same panel."""
    dispute = contest(house, replied(house))
    verdict = upheld(dispute)
    signatures = signed(house, verdict)
    boa.env.evm.patch.chain_id = 61
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        carry(house, verdict, signatures)
    carry(house, verdict, signed(house, verdict))
    assert house.panel.dispute(*dispute.name).state == UPHELD


def test_in_another_epoch(house: House) -> None:
    """The same arbiters in a later panel sign anew."""
    first = contest(house, replied(house, PENDING))
    verdict = upheld(first)
    signatures = signed(house, verdict)
    seat(house, [one.address for one in house.arbiters], 3)
    second = contest(house, replied(house, PENDING))
    for changed, reason in (
        (replace(as_if_for(verdict, second), epoch=1), "panel: verdict of another epoch"),
        (as_if_for(verdict, second), NOT_THE_ARBITERS),
    ):
        with refused(house, reason, first.name, second.name):
            carry(house, changed, signatures)


def test_of_todays_epoch_on_a_dispute_of_a_former_one() -> None:
    house = deploy_house(notice=3 * DAY)
    house.panel.propose_panel([one.address for one in house.arbiters], 3, sender=house.operator)
    dispute = contest(house, replied(house, PENDING))
    travel(3 * DAY)
    house.panel.adopt_panel(sender=house.operator)
    with refused(house, "panel: verdict of another epoch", dispute.name):
        submit(house, upheld(dispute, epoch=2))
    submit(house, upheld(dispute))
    assert house.panel.dispute(*dispute.name).state == UPHELD


def test_a_verdict_as_a_report(house: House) -> None:
    dispute, other = contest(house, replied(house)), replied(house)
    verdict = upheld(dispute)
    signatures = signed(house, verdict)
    with refused(house, "panel: verdict on a dispute", dispute.name):
        house.panel.report_breach(verdict.on_chain(), signatures)
    with refused(house, NOT_THE_ARBITERS, dispute.name, (other, FIRST_REPLY)):
        house.panel.report_breach(replace(verdict, ticket_id=other, dispute=0).on_chain(), signatures)


def test_a_report_as_a_verdict(house: House) -> None:
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    signatures = signed(house, verdict)
    dispute = contest(house, ticket_id)
    with refused(house, "panel: verdict on another dispute", dispute.name):
        carry(house, verdict, signatures)
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        carry(house, as_if_for(verdict, dispute), signatures)


def test_a_report_on_another_ticket(house: House) -> None:
    first, second = replied(house), replied(house)
    verdict = report_of(house, first)
    with refused(house, NOT_THE_ARBITERS, (first, FIRST_REPLY), (second, FIRST_REPLY)):
        house.panel.report_breach(replace(verdict, ticket_id=second).on_chain(), signed(house, verdict))


def test_a_report_after_use(house: House) -> None:
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    report(house, verdict)
    with refused(house, "desk: kind already compensated", (ticket_id, FIRST_REPLY)):
        report(house, verdict)


def test_a_report_that_a_contest_overtook(house: House) -> None:
    """Signed before, carried after: the dispute is decided on its own evidence."""
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    dispute = contest(house, ticket_id)
    with refused(house, "panel: kind was contested before", dispute.name):
        report(house, verdict)


def test_a_ticket_opening_is_no_verdict(house: House) -> None:
    """Another message of the system's, signed by all arbiters, in the same domain."""
    dispute = contest(house, replied(house))
    message = messages.in_domain(
        messages.open_ticket(
            house,
            requester=house.requester,
            policy_id=1,
            priority=0,
            commitment=house.digest(),
            deadline=2**32,
        ),
        verifyingContract=message_of(house, upheld(dispute))["domain"]["verifyingContract"],
    )
    signatures = [(str(one.address), messages.sign(one, message)) for one in house.arbiters[:3]]
    with refused(house, NOT_THE_ARBITERS, dispute.name):
        carry(house, upheld(dispute), signatures)
