# SPDX-License-Identifier: Apache-2.0
"""What those who carry somebody's signature can do by choosing when, and what of it they send."""

import boa
import messages
import pytest
from batches import Batches
from disputes import contest, rejected, replied, signed, submit
from eth_account.signers.local import LocalAccount
from house import DAY, ETH, FAR, URGENT, House, Policy, key_pair, now, travel


@pytest.fixture
def signer() -> LocalAccount:
    return key_pair("signer")


@pytest.fixture
def keeper() -> str:
    return str(boa.env.generate_address("keeper"))


def naming(house: House, signer: LocalAccount, keeper: str) -> tuple[str, str, int, bytes]:
    """What `name_keeper_signed` takes, with the signer's next nonce."""
    nonce = house.directory.keeper_nonce(signer.address)
    message = messages.name_keeper(house, requester=signer.address, keeper=keeper, nonce=nonce, deadline=FAR)
    return signer.address, keeper, FAR, messages.sign(signer, message)


# ---------------------------------------------------------------- a keeper that was dismissed


@pytest.mark.parametrize("way", ["direct", "signed"])
def test_a_dismissed_keeper_does_not_come_back_by_a_signature_that_was_not_used(
    house: House, signer: LocalAccount, keeper: str, way: str
) -> None:
    kept = naming(house, signer, keeper)
    if way == "direct":
        house.directory.name_keeper(ETH, sender=signer.address)
    else:
        house.directory.name_keeper_signed(*naming(house, signer, ETH), sender=house.stranger)
    with boa.reverts("directory: signature is not good"):
        house.directory.name_keeper_signed(*kept, sender=keeper)
    assert house.directory.keeper(signer.address) == ETH


def test_a_keeper_that_is_the_desks_puppet_proves_the_worthless_promise(house: House, keeper: str) -> None:
    """The opening stands in a backed batch and in one that pays nothing: who is named chooses, for good."""
    batches = Batches(house)
    worthless = house.publish(Policy(compensation=((0, 0, 0),) * 4, prove_bond=0))
    ticket = batches.ticket()
    trap, promised = batches.anchor([ticket], policy_id=worthless), batches.anchor([ticket], must_back=True)
    house.directory.name_keeper(keeper, sender=ticket.requester)
    travel(1_801)
    batches.prove(ticket, trap, sender=keeper, bond=0)
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == 0
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket, promised)


# ---------------------------------------------------------------- late on purpose


def test_a_relayer_delays_a_signed_opening_to_its_deadline_and_no_longer(
    house: House, signer: LocalAccount
) -> None:
    """The clocks start when it is recorded: sign short deadlines, and look for the ticket."""
    house.desk.grant_coverage(signer.address, 1, URGENT, 1, FAR, sender=house.operator)
    commitment, deadline = house.digest(), now() + 600
    fields = {"requester": signer.address, "policy_id": 1, "priority": URGENT, "commitment": commitment}
    signature = messages.sign(signer, messages.open_ticket(house, **fields, deadline=deadline))
    travel(600)
    with boa.env.anchor():
        travel(1)
        with boa.reverts("desk: signature expired"):
            house.desk.open_ticket_signed(*fields.values(), deadline, signature, sender=house.stranger)
    ticket = house.desk.open_ticket_signed(*fields.values(), deadline, signature, sender=house.stranger)
    assert house.desk.ticket(ticket).reply_due == deadline + 1_800


def test_a_voucher_that_was_handed_out_is_good_until_its_deadline(signer: LocalAccount, house: House) -> None:
    """The operator cannot take it back but by handing the desk over; nor could it take back a grant."""
    house.directory.transfer_ownership(signer.address, sender=house.operator)
    house.directory.accept_ownership(sender=signer.address)
    holder, deadline = house.stranger, now() + DAY
    fields = {"holder": holder, "policy_id": 1, "priority": URGENT, "places": 5, "until": FAR}
    signature = messages.sign(signer, messages.grant_coverage(house, **fields, deadline=deadline))
    house.desk.grant_coverage(holder, 1, 3, 1, FAR, sender=signer.address)
    house.desk.redeem_coverage(*fields.values(), deadline, signature, sender=house.stranger)
    assert house.desk.coverage(holder, 1).places == 5
    other = {**fields, "holder": house.bot}
    late = messages.sign(signer, messages.grant_coverage(house, **other, deadline=deadline))
    house.directory.transfer_ownership(house.operator, sender=signer.address)
    house.directory.accept_ownership(sender=house.operator)
    with boa.reverts("desk: signature is not the signer's"):
        house.desk.redeem_coverage(*other.values(), deadline, late, sender=house.stranger)


# ---------------------------------------------------------------- signatures left out


def test_who_submits_a_verdict_chooses_among_the_signers_who_share_the_fee(house: House) -> None:
    """Three of the five that signed are enough: the other two get nothing, and cannot be added."""
    dispute = contest(house, replied(house))
    verdict = rejected(dispute)
    submit(house, verdict, 3)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.fee_share, shown.fee_open) == (10, [one.address for one in house.arbiters[:3]])
    with boa.reverts("panel: dispute was ruled before"):
        house.panel.submit_verdict(verdict.on_chain(), signed(house, verdict, 5), sender=house.stranger)
    with boa.reverts("panel: no fee to collect"):
        house.panel.collect_fees(house.arbiters[4].address, [dispute.name])
