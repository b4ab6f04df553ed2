# SPDX-License-Identifier: Apache-2.0
"""Values at the very edge of what is taken, one further than any other test goes."""

import boa
import messages
import pytest
from batches import REPLIED, Batches, leaf_hash
from disputes import give
from eth_keys.datatypes import Signature
from house import DAY, ETH, HIGH, House, deployer, now
from policies import Policy
from treasury import deploy_treasury

HALF_ORDER = messages.SECP256K1_ORDER // 2
X_OF_G = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798


def test_an_index_just_behind_the_last_leaf_proves_no_ticket(house: House) -> None:
    """The anchored root is of two leaves, and said to be of one: what stands behind is in no batch."""
    batches = Batches(house)
    tickets = [batches.ticket(), batches.ticket()]
    batch = batches.anchor(tickets, counts=[1, 0, 0, 0, 0])
    give(house, house.requester, house.policy.prove_bond)
    first, second = batch.entries
    path = [leaf_hash(first.data)]
    value = house.policy.prove_bond if house.asset == ETH else 0
    with boa.reverts():
        house.lane.prove_ticket(
            batch.number,
            1,
            path,
            tickets[1].requester,
            second.digest,
            second.at,
            value=value,
            sender=house.requester,
        )
    assert house.desk.ticket_word(tickets[1].id) == 0


def test_an_index_just_behind_the_last_leaf_proves_no_entry(house: House) -> None:
    batches = Batches(house)
    other, ticket = batches.proven(), batches.proven()
    entries = [batches.entry(other, REPLIED), batches.entry(ticket, REPLIED)]
    batch = batches.anchor(later=entries, counts=[0, 0, 0, 0, 1])
    act, at, actor, digest, number, _, _ = batch.shown(entries[1])
    behind = (act, at, actor, digest, number, 1, [leaf_hash(entries[0].data)])
    word = house.desk.ticket_word(ticket.id)
    with boa.reverts("lane: path does not prove it"):
        house.lane.prove_entries(ticket.id, 1, [behind], sender=house.human)
    assert house.desk.ticket_word(ticket.id) == word


@pytest.mark.parametrize("v", [27, 28])
def test_the_highest_of_the_low_s_counts(house: House, v: int) -> None:
    """Half the order is low. Whose signature that is nobody chooses, so its signer is made the operator."""
    house.publish(Policy())
    arguments = {
        "holder": house.stranger,
        "policy_id": 1,
        "priority": HIGH,
        "places": 3,
        "until": now() + DAY,
        "deadline": now() + 600,
    }
    signed = messages.digest(messages.grant_coverage(house, **arguments))
    found = Signature(vrs=(v - 27, X_OF_G, HALF_ORDER)).recover_public_key_from_msg_hash(signed)
    signer = found.to_checksum_address()
    house.directory.transfer_ownership(signer, sender=house.operator)
    house.directory.accept_ownership(sender=signer)
    before = house.desk.coverage(house.stranger, 1)
    signature = X_OF_G.to_bytes(32, "big") + HALF_ORDER.to_bytes(32, "big") + bytes([v])
    house.desk.redeem_coverage(*arguments.values(), signature, sender=house.stranger)
    assert house.desk.coverage(house.stranger, 1) != before


def test_a_token_that_takes_what_it_should_bring_is_refused() -> None:
    """Its transfer goes well, and the pool then has less than before."""
    token = deployer("mocks/FeeOnTransferToken").deploy(0)
    treasury = deploy_treasury(token, funds=1_000)
    token.set_fee(20_000)
    with boa.reverts("pool: asset did not come in"):
        treasury.fund(100)
    assert treasury.books() == (1_000, 0, 0, 0, 0, 1_000)


def test_more_than_a_word_in_all_is_refused_in_words() -> None:
    """The books count what the token took away; with that the sum would not fit a word."""
    token = deployer("mocks/ConfiscatingToken").deploy()
    treasury = deploy_treasury(token, funds=100)
    token.confiscate(treasury.pool.address, 100)
    with boa.reverts("pool: amount too large"):
        treasury.fund(2**256 - 1)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
