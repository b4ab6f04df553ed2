# SPDX-License-Identifier: Apache-2.0
"""`open_ticket_signed`, `follow_up_signed` and `redeem_coverage`: what somebody signed, carried by anyone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boa
import messages
import pytest
from eth_account.signers.local import LocalAccount
from house import (
    CLOSED,
    DAY,
    ETH,
    FAR,
    HIGH,
    LOW,
    NORMAL,
    OPEN,
    SOLVED,
    URGENT,
    House,
    Policy,
    key_pair,
    now,
    travel,
    travel_to,
)
from logs import events, events_named
from messages import Message, sign, with_high_s

NOT_THE_SIGNERS = "desk: signature is not the signer's"


@dataclass
class Carried:
    """A signed message on its way: what was signed, by whom, how it is sent, and what it would change."""

    house: House
    signer: LocalAccount
    message: Message
    function: Any
    arguments: dict[str, Any]  # of the function but for the signature, in its order
    state: Callable[[], Any]
    others: dict[str, Any]  # for each argument, a value that was not signed

    def signature(self) -> bytes:
        return sign(self.signer, self.message)

    def send(self, signature: bytes, **changes: Any) -> Any:
        values = {**self.arguments, **changes}
        return self.function(*values.values(), signature, sender=self.house.stranger)

    def refused(self, reason: str, signature: bytes, **changes: Any) -> None:
        before = self.state()
        with boa.reverts(reason):
            self.send(signature, **changes)
        assert self.state() == before


def _opening(house: House) -> Carried:
    requester = key_pair("requester")
    house.publish(Policy())
    for policy_id in (1, 2):
        house.desk.grant_coverage(requester.address, policy_id, URGENT, 5, FAR, sender=house.operator)
    commitment = house.digest()
    arguments = {
        "requester": requester.address,
        "policy_id": 1,
        "priority": NORMAL,
        "commitment": commitment,
        "deadline": now() + 600,
    }
    ticket_id = house.ticket_id(0, requester.address, commitment)
    return Carried(
        house=house,
        signer=requester,
        message=messages.open_ticket(house, **arguments),
        function=house.desk.open_ticket_signed,
        arguments=arguments,
        state=lambda: (
            house.desk.ticket_word(ticket_id),
            house.desk.coverage(requester.address, 1),
            house.pool.books(),
        ),
        others={
            "requester": house.requester,
            "policy_id": 2,
            "priority": LOW,
            "commitment": house.digest(),
            "deadline": now() + 601,
        },
    )


def _following_up(house: House) -> Carried:
    requester = key_pair("requester")
    house.desk.grant_coverage(requester.address, 1, URGENT, 5, FAR, sender=house.operator)
    ticket_id, other = house.open(NORMAL, requester.address), house.open(NORMAL, requester.address)
    for each in (ticket_id, other):
        house.reply(each)
    arguments = {"ticket_id": ticket_id, "digest": house.digest(), "deadline": now() + 600}
    return Carried(
        house=house,
        signer=requester,
        message=messages.follow_up(house, **arguments, nonce=0),
        function=house.desk.follow_up_signed,
        arguments=arguments,
        state=lambda: (house.desk.ticket_word(ticket_id), house.desk.follow_up_nonce(ticket_id)),
        others={"ticket_id": other, "digest": house.digest(), "deadline": now() + 601},
    )


def _redeeming(house: House) -> Carried:
    operator = key_pair("operator")
    house.directory.transfer_ownership(operator.address, sender=house.operator)
    house.directory.accept_ownership(sender=operator.address)
    house.operator = operator.address
    house.publish(Policy())
    arguments = {
        "holder": house.stranger,
        "policy_id": 1,
        "priority": HIGH,
        "places": 3,
        "until": now() + DAY,
        "deadline": now() + 600,
    }
    return Carried(
        house=house,
        signer=operator,
        message=messages.grant_coverage(house, **arguments),
        function=house.desk.redeem_coverage,
        arguments=arguments,
        state=lambda: house.desk.coverage(house.stranger, 1),
        others={
            "holder": house.requester,
            "policy_id": 2,
            "priority": URGENT,
            "places": 4,
            "until": now() + DAY + 1,
            "deadline": now() + 601,
        },
    )


MADE = {"opening": _opening, "following up": _following_up, "redeeming": _redeeming}


@pytest.fixture(params=MADE, ids=lambda name: name.replace(" ", "_"))
def carried(request: pytest.FixtureRequest, house: House) -> Carried:
    return MADE[request.param](house)


@pytest.fixture
def opening(house: House) -> Carried:
    return _opening(house)


@pytest.fixture
def following_up(house: House) -> Carried:
    return _following_up(house)


@pytest.fixture
def redeeming(house: House) -> Carried:
    return _redeeming(house)


# ---------------------------------------------------------------- every signed message


def test_a_signature_counts_at_its_last_second(carried: Carried) -> None:
    before = carried.state()
    travel_to(carried.arguments["deadline"])
    carried.send(carried.signature())
    assert carried.state() != before


def test_a_signature_expired_by_one_second_is_refused(carried: Carried) -> None:
    travel_to(carried.arguments["deadline"] + 1)
    carried.refused("desk: signature expired", carried.signature())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"chainId": 10}, id="chain"),
        pytest.param({"verifyingContract": "0x" + "11" * 20}, id="contract"),
        pytest.param({"version": "2"}, id="version"),
        pytest.param({"name": "Makebad"}, id="name"),
    ],
)
def test_a_signature_for_another_domain_is_refused(carried: Carried, change: dict[str, Any]) -> None:
    message = messages.in_domain(carried.message, **change)
    carried.refused(NOT_THE_SIGNERS, sign(carried.signer, message))


def test_a_signature_does_not_count_on_a_fork_of_the_chain(carried: Carried) -> None:
    signature = carried.signature()
    boa.env.evm.patch.chain_id = 61
    carried.refused(NOT_THE_SIGNERS, signature)
    before = carried.state()
    carried.send(sign(carried.signer, messages.in_domain(carried.message, chainId=61)))
    if carried.function.func_t.name != "open_ticket_signed":  # whose ticket has another id there
        assert carried.state() != before


def test_a_signature_over_another_type_is_refused(carried: Carried) -> None:
    message = {**carried.message, "types": dict(carried.message["types"]), "primaryType": "Other"}
    message["types"]["Other"] = message["types"].pop(carried.message["primaryType"])
    carried.refused(NOT_THE_SIGNERS, sign(carried.signer, message))


def test_a_signature_does_not_count_for_other_arguments(carried: Carried) -> None:
    assert carried.others.keys() == carried.arguments.keys()
    for name, value in carried.others.items():
        carried.refused(NOT_THE_SIGNERS, carried.signature(), **{name: value})


def test_a_signature_of_somebody_elses_is_refused(carried: Carried) -> None:
    carried.refused(NOT_THE_SIGNERS, sign(key_pair("stranger"), carried.message))


def test_a_high_s_is_refused(carried: Carried) -> None:
    carried.refused(NOT_THE_SIGNERS, with_high_s(carried.signature()))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 35, 255])
def test_a_v_that_is_neither_27_nor_28_is_refused(carried: Carried, v: int) -> None:
    carried.refused(NOT_THE_SIGNERS, carried.signature()[:64] + bytes([v]))


def test_the_other_v_is_refused(carried: Carried) -> None:
    signature = carried.signature()
    carried.refused(NOT_THE_SIGNERS, signature[:64] + bytes([55 - signature[64]]))


def test_64_bytes_are_refused(carried: Carried) -> None:
    """Neither cut off nor in the compact form of EIP-2098."""
    signature = carried.signature()
    compact = signature[:32] + (
        (signature[64] - 27 << 255) | int.from_bytes(signature[32:64], "big")
    ).to_bytes(32, "big")
    carried.refused(NOT_THE_SIGNERS, signature[:64])
    carried.refused(NOT_THE_SIGNERS, compact)


def test_66_bytes_are_refused(carried: Carried) -> None:
    carried.refused(NOT_THE_SIGNERS, carried.signature() + b"\0")


def test_an_empty_signature_is_refused(carried: Carried) -> None:
    carried.refused(NOT_THE_SIGNERS, b"")


@pytest.mark.parametrize("signature", [b"\0" * 65, b"\0" * 64 + b"\x1b", b"\xff" * 64 + b"\x1c"])
def test_a_signature_that_recovers_nobody_is_refused(carried: Carried, signature: bytes) -> None:
    carried.refused(NOT_THE_SIGNERS, signature)


def test_over_1024_bytes_are_refused(carried: Carried) -> None:
    before = carried.state()
    with boa.reverts():
        carried.send(b"\1" * 1_025)
    assert carried.state() == before


# ---------------------------------------------------------------- opening


def test_a_signed_opening_is_the_requesters_own(opening: Carried) -> None:
    desk, arguments = opening.house.desk, opening.arguments
    ticket_id = opening.send(opening.signature())
    assert ticket_id == opening.house.ticket_id(0, opening.signer.address, arguments["commitment"])
    assert events_named(desk, "TicketOpened") == [
        {
            "ticket_id": ticket_id,
            "requester": opening.signer.address,
            "agent": ETH,
            "commitment": arguments["commitment"],
            "word": desk.ticket_word(ticket_id),
        }
    ]
    ticket = desk.ticket(ticket_id)
    assert (ticket.priority, ticket.backed, ticket.holds_place) == (NORMAL, True, True)
    assert desk.coverage(opening.signer.address, 1).used == 1


def test_a_signed_opening_is_refused_when_replayed(opening: Carried) -> None:
    opening.send(opening.signature())
    opening.refused("desk: ticket exists", opening.signature())


def test_a_signed_opening_is_refused_when_replayed_after_closing(opening: Carried) -> None:
    ticket_id = opening.send(opening.signature())
    opening.house.desk.close(ticket_id, sender=opening.signer.address)
    opening.refused("desk: ticket exists", opening.signature())
    assert opening.house.desk.ticket(ticket_id).status == CLOSED


def test_a_signed_opening_is_refused_after_the_same_one_was_sent_directly(opening: Carried) -> None:
    opening.house.desk.open_ticket(1, NORMAL, opening.arguments["commitment"], sender=opening.signer.address)
    opening.refused("desk: ticket exists", opening.signature())


def test_a_signed_opening_needs_coverage(opening: Carried) -> None:
    stranger = key_pair("stranger")
    fields = {**opening.arguments, "requester": stranger.address}
    signature = sign(stranger, messages.open_ticket(opening.house, **fields))
    opening.refused("coverage: none", signature, requester=stranger.address)


def test_a_signed_opening_of_nobody_is_refused(opening: Carried) -> None:
    opening.refused(NOT_THE_SIGNERS, b"\0" * 65, requester=ETH)


# ---------------------------------------------------------------- following up


def test_a_signed_follow_up_is_the_requesters_own(following_up: Carried) -> None:
    desk, arguments = following_up.house.desk, following_up.arguments
    following_up.send(following_up.signature())
    assert events(desk) == [
        ("FollowUpNonceUsed", {"ticket_id": arguments["ticket_id"], "nonce": 0}),
        (
            "TicketFollowedUp",
            {
                "ticket_id": arguments["ticket_id"],
                "digest": arguments["digest"],
                "word": desk.ticket_word(arguments["ticket_id"]),
            },
        ),
    ]
    ticket = desk.ticket(arguments["ticket_id"])
    assert (ticket.status, ticket.reply_due) == (OPEN, now() + 4_800)


def test_a_signed_follow_up_is_refused_when_replayed(following_up: Carried) -> None:
    following_up.send(following_up.signature())
    following_up.refused(NOT_THE_SIGNERS, following_up.signature())


def test_signed_follow_ups_count_in_the_order_of_their_nonces(following_up: Carried) -> None:
    arguments, house = following_up.arguments, following_up.house
    second = sign(following_up.signer, messages.follow_up(house, **arguments, nonce=1))
    following_up.refused(NOT_THE_SIGNERS, second)
    following_up.send(following_up.signature())
    following_up.send(second)
    assert house.desk.follow_up_nonce(arguments["ticket_id"]) == 2


def test_nonces_are_kept_by_ticket(following_up: Carried) -> None:
    following_up.send(following_up.signature())
    assert following_up.house.desk.follow_up_nonce(following_up.others["ticket_id"]) == 0


def test_a_signed_follow_up_of_an_unknown_ticket_is_refused(following_up: Carried) -> None:
    following_up.refused("desk: ticket unknown", following_up.signature(), ticket_id=b"\1" * 32)


def test_a_signed_follow_up_of_a_closed_ticket_is_refused(following_up: Carried) -> None:
    following_up.house.desk.close(following_up.arguments["ticket_id"], sender=following_up.signer.address)
    following_up.refused("desk: ticket is closed", following_up.signature())


def test_a_signed_follow_up_after_the_contest_window_is_refused(following_up: Carried) -> None:
    following_up.house.reply(following_up.arguments["ticket_id"], SOLVED)
    travel(3 * DAY + 1)
    arguments = {**following_up.arguments, "deadline": FAR}
    signature = sign(following_up.signer, messages.follow_up(following_up.house, **arguments, nonce=0))
    following_up.refused("desk: contest window is over", signature, deadline=FAR)


# ---------------------------------------------------------------- redeeming


def test_a_voucher_grants_what_the_operator_signed(redeeming: Carried) -> None:
    redeeming.send(redeeming.signature())
    arguments = redeeming.arguments
    assert events(redeeming.house.desk) == [
        (
            "CoverageGranted",
            {name: arguments[name] for name in ("holder", "policy_id", "priority", "places", "until")},
        )
    ]
    assert tuple(redeeming.state()) == (HIGH, 3, 0, arguments["until"])


def test_a_voucher_redeemed_twice_changes_nothing(redeeming: Carried) -> None:
    redeeming.send(redeeming.signature())
    redeeming.house.open(HIGH, redeeming.house.stranger)
    before = redeeming.state()
    redeeming.send(redeeming.signature())
    assert redeeming.state() == before


def test_a_voucher_takes_nothing_from_a_better_coverage(redeeming: Carried) -> None:
    house = redeeming.house
    house.desk.grant_coverage(house.stranger, 1, URGENT, 9, FAR, sender=house.operator)
    redeeming.send(redeeming.signature())
    assert tuple(redeeming.state()) == (URGENT, 9, 0, FAR)


def test_a_voucher_of_the_former_operator_is_refused(redeeming: Carried) -> None:
    directory, successor = redeeming.house.directory, key_pair("successor")
    directory.transfer_ownership(successor.address, sender=redeeming.house.operator)
    directory.accept_ownership(sender=successor.address)
    redeeming.refused(NOT_THE_SIGNERS, redeeming.signature())
    redeeming.send(sign(successor, redeeming.message))
    assert redeeming.state().places == 3


def test_a_voucher_signed_by_its_holder_is_refused(redeeming: Carried) -> None:
    holder = key_pair("holder")
    fields = {**redeeming.arguments, "holder": holder.address}
    signature = sign(holder, messages.grant_coverage(redeeming.house, **fields))
    redeeming.refused(NOT_THE_SIGNERS, signature, holder=holder.address)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"policy_id": 3}, "policy: unknown"),
        ({"holder": ETH}, "coverage: holder is zero"),
        ({"priority": 4}, "coverage: priority unknown"),
        ({"places": 0}, "coverage: places out of range"),
        ({"until": 2**40}, "coverage: end out of range"),
    ],
)
def test_a_voucher_that_cannot_be_granted_is_refused(
    redeeming: Carried, change: dict[str, Any], reason: str
) -> None:
    fields = {**redeeming.arguments, **change}
    signature = sign(redeeming.signer, messages.grant_coverage(redeeming.house, **fields))
    redeeming.refused(reason, signature, **change)
