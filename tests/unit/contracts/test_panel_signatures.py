# SPDX-License-Identifier: Apache-2.0
"""Which signatures make a verdict, and which are refused; tried on a verdict and on a report."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import boa
import messages
import pytest
from disputes import (
    UPHELD,
    Signed,
    Verdict,
    ascending,
    contest,
    message_of,
    refused,
    replied,
    report_of,
    seat,
    signed,
    signed_by,
    upheld,
)
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak
from house import DAY, FIRST_REPLY, PENDING, House, deploy_house, key_pair, now, travel, travel_to
from logs import events_named

NOT_THE_ARBITERS = "panel: signature is not the arbiter's"

# A contract that accepts one signature over one digest, and may break.
CONTRACT_ARBITER = """
# pragma version 0.4.3
# pragma evm-version cancun

digest: bytes32
signature: bytes32

@external
def expect(digest: bytes32, signature: bytes32):
    self.digest = digest
    self.signature = signature

@view
@external
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> bytes4:
    if self.signature == empty(bytes32):
        raise "arbiter: broken"
    if digest != self.digest or keccak256(signature) != self.signature:
        return empty(bytes4)
    return 0x1626BA7E
"""


@cache
def _contract_arbiter() -> Any:
    return boa.loads_partial(CONTRACT_ARBITER)


@dataclass
class Carried:
    """A verdict or a report on its way, and what it would change."""

    house: House
    verdict: Verdict
    function: Any

    def send(self, signatures: Signed, **changes: Any) -> None:
        """A stranger carries it."""
        verdict = replace(self.verdict, **changes)
        self.function(verdict.on_chain(), signatures, sender=self.house.stranger)

    def done(self) -> bool:
        """Whether it took effect."""
        return bool(self.house.desk.ticket(self.verdict.ticket_id).compensated & self.verdict.kind)

    @contextmanager
    def refused(self, reason: str) -> Iterator[None]:
        with refused(self.house, reason, (self.verdict.ticket_id, self.verdict.kind)):
            yield
        assert not self.done()


def _verdict(house: House) -> Carried:
    dispute = contest(house, replied(house, PENDING))
    return Carried(house, upheld(dispute, deadline=now() + 600), house.panel.submit_verdict)


def _report(house: House) -> Carried:
    verdict = report_of(house, replied(house, PENDING), deadline=now() + 600)
    return Carried(house, verdict, house.panel.report_breach)


MADE: dict[str, Callable[[House], Carried]] = {"verdict": _verdict, "report": _report}


@pytest.fixture(params=MADE)
def carried(request: pytest.FixtureRequest, house: House) -> Carried:
    return MADE[request.param](house)


def with_last(signatures: Signed, signature: bytes) -> Signed:
    """The last arbiter's signature replaced."""
    return [*signatures[:-1], (signatures[-1][0], signature)]


# ---------------------------------------------------------------- how many, in which order


@pytest.mark.parametrize("count", [3, 4, 5])
def test_the_threshold_and_more_are_enough(carried: Carried, count: int) -> None:
    carried.send(signed(carried.house, carried.verdict, count))
    assert carried.done()


@pytest.mark.parametrize("chosen", [(0, 1, 2), (2, 3, 4), (0, 2, 4), (1, 3, 4)])
def test_any_of_the_arbiters_are_enough(carried: Carried, chosen: tuple[int, ...]) -> None:
    arbiters = [carried.house.arbiters[index] for index in chosen]
    carried.send(signed_by(carried.house, carried.verdict, arbiters))
    name = "DisputeRuled" if carried.verdict.dispute else "BreachReported"
    assert events_named(carried.house.panel, name)[0]["signers"] == sum(1 << index for index in chosen)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_below_the_threshold_is_refused(carried: Carried, count: int) -> None:
    with carried.refused("panel: too few signatures"):
        carried.send(signed(carried.house, carried.verdict, count))


def test_a_duplicate_is_refused(carried: Carried) -> None:
    first, second = signed(carried.house, carried.verdict, 2)
    for signatures in ([first, first, second], [first, second, second]):
        with carried.refused("panel: signatures not ascending"):
            carried.send(signatures)


def test_unsorted_is_refused(carried: Carried) -> None:
    first, second, third = signed(carried.house, carried.verdict)
    for signatures in ([second, first, third], [first, third, second], [third, second, first]):
        with carried.refused("panel: signatures not ascending"):
            carried.send(signatures)


def test_the_zero_address_is_refused(carried: Carried) -> None:
    """Which is what a signature that is none would be recovered to."""
    signatures = signed(carried.house, carried.verdict, 2)
    with carried.refused("panel: signer is no arbiter"):
        carried.send([("0x" + "00" * 20, b"\0" * 65), *signatures])


def test_more_than_fifteen_signatures_are_refused(carried: Carried) -> None:
    signatures = signed(carried.house, carried.verdict, 5) * 4
    with boa.reverts():
        carried.send(signatures[:16])
    assert not carried.done()


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("made", MADE)
def test_an_empty_panel_decides_nothing(made: str, count: int) -> None:
    house = deploy_house(arbiters=[], threshold=0)
    carried = MADE[made](house)
    signers = sorted((key_pair(f"nobody {n}") for n in range(count)), key=lambda one: int(one.address, 16))
    reason = "panel: signer is no arbiter" if count else "panel: too few signatures"
    with carried.refused(reason):
        carried.send(signed_by(house, carried.verdict, signers))


# ---------------------------------------------------------------- who


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_signer_who_is_no_arbiter_is_refused(carried: Carried, position: int) -> None:
    """Wherever in the order its address happens to be."""
    house = carried.house
    keys = (key_pair(f"stranger {n}") for n in range(200))
    stranger = next(
        key
        for key in keys
        if sorted([int(one.address, 16) for one in [*house.arbiters[:2], key]]).index(int(key.address, 16))
        == position
    )
    signers = [*house.arbiters[:2], stranger]
    with carried.refused("panel: signer is no arbiter"):
        carried.send(ascending(signed_by(house, carried.verdict, signers)))


@pytest.mark.parametrize("role", ["operator", "requester"])
def test_the_parties_keys_are_no_arbiters(carried: Carried, role: str) -> None:
    signers = [*carried.house.arbiters[:3], key_pair(role)]
    with carried.refused("panel: signer is no arbiter"):
        carried.send(ascending(signed_by(carried.house, carried.verdict, signers)))


def test_another_arbiters_signature_is_refused(carried: Carried) -> None:
    house = carried.house
    signatures = with_last(
        signed(house, carried.verdict), signed_by(house, carried.verdict, [house.arbiters[3]])[0][1]
    )
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signatures)


def test_one_wrong_signature_beyond_the_threshold_spoils_it(carried: Carried) -> None:
    """Who carries it leaves it out: nobody is paid a share for a signature that is none."""
    signatures = with_last(signed(carried.house, carried.verdict, 4), b"\1" * 65)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signatures)


def test_an_arbiter_removed_before_the_dispute_began_is_refused(house: House) -> None:
    removed, stay = house.arbiters[0], house.arbiters[1:]
    seat(house, [one.address for one in stay], 3)
    for make in MADE.values():
        carried = make(house)
        with carried.refused("panel: signer is no arbiter"):
            carried.send(signed_by(house, carried.verdict, [removed, *stay[:2]]))


def test_an_arbiter_of_a_proposal_that_runs_is_refused(carried: Carried) -> None:
    house, newcomer = carried.house, key_pair("newcomer")
    house.panel.propose_panel([newcomer.address], 1, sender=house.operator)
    for epoch, reason in ((1, "panel: too few signatures"), (2, "panel: verdict of another epoch")):
        verdict = replace(carried.verdict, epoch=epoch)
        with carried.refused(reason):
            carried.send(signed_by(house, verdict, [newcomer]), epoch=epoch)
    with carried.refused("panel: signer is no arbiter"):
        carried.send(ascending(signed_by(house, carried.verdict, [*house.arbiters[:2], newcomer])))


def test_an_arbiter_of_a_lapsed_proposal_is_refused(house: House) -> None:
    newcomer = key_pair("newcomer")
    house.panel.propose_panel([newcomer.address], 1, sender=house.operator)
    travel(38 * DAY)
    for make in MADE.values():
        carried = make(house)
        with carried.refused("panel: verdict of another epoch"):
            carried.send(signed_by(house, replace(carried.verdict, epoch=2), [newcomer]), epoch=2)
        with carried.refused("panel: signer is no arbiter"):
            carried.send(ascending(signed_by(house, carried.verdict, [*house.arbiters[:2], newcomer])))


def test_an_arbiter_of_a_proposal_taken_back_is_refused_once_another_is_adopted(house: House) -> None:
    """Its epoch is never used again, so no seat is left behind."""
    dropped = key_pair("newcomer")
    house.panel.propose_panel([dropped.address], 1, sender=house.operator)
    house.panel.cancel_panel(sender=house.operator)
    assert seat(house, [house.arbiters[0].address], 1) == 3
    carried = _verdict(house)
    for epoch, reason in ((2, "panel: verdict of another epoch"), (3, "panel: signer is no arbiter")):
        with carried.refused(reason):
            carried.send(signed_by(house, replace(carried.verdict, epoch=epoch), [dropped]), epoch=epoch)


# ---------------------------------------------------------------- one signature


def test_a_high_s_is_refused(carried: Carried) -> None:
    signatures = signed(carried.house, carried.verdict)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signatures, messages.with_high_s(signatures[-1][1])))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 35, 255])
def test_a_v_that_is_neither_27_nor_28_is_refused(carried: Carried, v: int) -> None:
    signatures = signed(carried.house, carried.verdict)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signatures, signatures[-1][1][:64] + bytes([v])))


def test_the_other_v_is_refused(carried: Carried) -> None:
    signatures = signed(carried.house, carried.verdict)
    last = signatures[-1][1]
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signatures, last[:64] + bytes([55 - last[64]])))


def test_64_bytes_are_refused(carried: Carried) -> None:
    """Neither cut off nor in the compact form of EIP-2098."""
    signatures = signed(carried.house, carried.verdict)
    last = signatures[-1][1]
    folded = (last[64] - 27 << 255) | int.from_bytes(last[32:64], "big")
    for short in (last[:64], last[:32] + folded.to_bytes(32, "big")):
        with carried.refused(NOT_THE_ARBITERS):
            carried.send(with_last(signatures, short))


def test_66_bytes_are_refused(carried: Carried) -> None:
    signatures = signed(carried.house, carried.verdict)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signatures, signatures[-1][1] + b"\0"))


def test_an_empty_signature_is_refused(carried: Carried) -> None:
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signed(carried.house, carried.verdict), b""))


@pytest.mark.parametrize("junk", [b"\0" * 65, b"\0" * 64 + b"\x1b", b"\xff" * 64 + b"\x1c"])
def test_a_signature_that_recovers_nobody_is_refused(carried: Carried, junk: bytes) -> None:
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(with_last(signed(carried.house, carried.verdict), junk))


@pytest.mark.parametrize("position", [0, 1, 2])
def test_each_signature_is_checked(carried: Carried, position: int) -> None:
    signatures = signed(carried.house, carried.verdict)
    signatures[position] = (signatures[position][0], b"\1" * 65)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signatures)


# ---------------------------------------------------------------- until when


def test_a_verdict_counts_in_its_last_second(carried: Carried) -> None:
    travel_to(carried.verdict.deadline)
    carried.send(signed(carried.house, carried.verdict))
    assert carried.done()


def test_a_verdict_expired_by_one_second_is_refused(carried: Carried) -> None:
    travel_to(carried.verdict.deadline + 1)
    with carried.refused("panel: verdict expired"):
        carried.send(signed(carried.house, carried.verdict))


# ---------------------------------------------------------------- what was signed


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
    house = carried.house
    message = messages.in_domain(message_of(house, carried.verdict), **change)
    signatures = with_last(signed(house, carried.verdict), messages.sign(house.arbiters[2], message))
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signatures)


def test_a_signature_in_the_desks_domain_is_refused(carried: Carried) -> None:
    house = carried.house
    message = messages.in_domain(
        message_of(house, carried.verdict), verifyingContract=str(house.desk.address)
    )
    with carried.refused(NOT_THE_ARBITERS):
        carried.send([(str(one.address), messages.sign(one, message)) for one in house.arbiters[:3]])


def test_a_signature_over_another_type_is_refused(carried: Carried) -> None:
    house = carried.house
    message = message_of(house, carried.verdict)
    message["types"]["Opinion"] = message["types"].pop("Verdict")
    message["primaryType"] = "Opinion"
    with carried.refused(NOT_THE_ARBITERS):
        carried.send([(str(one.address), messages.sign(one, message)) for one in house.arbiters[:3]])


@pytest.mark.parametrize(
    "field", ["ticket_id", "kind", "outcome", "amount", "evidence_digest", "dispute", "epoch", "deadline"]
)
def test_a_signature_over_another_field_is_refused(carried: Carried, field: str) -> None:
    """What is sent is right; what was signed differs in one field."""
    house, verdict = carried.house, carried.verdict
    value = house.digest() if isinstance(getattr(verdict, field), bytes) else getattr(verdict, field) + 1
    changes: dict[str, Any] = {field: value}
    other = replace(verdict, **changes)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signed(house, other))


def test_personal_messages_are_no_verdicts(carried: Carried) -> None:
    """Over the digest, as a wallet signs text (EIP-191, version 0x45)."""
    house = carried.house
    text = encode_defunct(primitive=messages.digest(message_of(house, carried.verdict)))
    signatures = [(str(one.address), bytes(one.sign_message(text).signature)) for one in house.arbiters[:3]]
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(signatures)


# ---------------------------------------------------------------- arbiters with code


@pytest.fixture
def contract_arbiter(house: House) -> Any:
    """A contract that is one of three arbiters, two of whom decide."""
    contract = _contract_arbiter().deploy()
    seats = [str(contract.address), *(one.address for one in house.arbiters[:2])]
    seat(house, sorted(seats, key=lambda one: int(one, 16)), 2)
    return contract


def by_contract(house: House, verdict: Verdict, contract: Any, signature: bytes) -> Signed:
    """Its signature and one arbiter's, ascending."""
    others = signed_by(house, verdict, house.arbiters[:1])
    return ascending([*others, (str(contract.address), signature)])


@pytest.mark.parametrize("length", [0, 1, 64, 65, 130, 1_023, 1_024])
def test_a_contract_signs_with_up_to_1024_bytes(house: House, contract_arbiter: Any, length: int) -> None:
    carried = _verdict(house)
    signature = hashlib.shake_256(b"signature").digest(length)
    digest = messages.digest(message_of(house, carried.verdict))
    contract_arbiter.expect(digest, keccak(signature))
    carried.send(by_contract(house, carried.verdict, contract_arbiter, signature))
    assert carried.done()


def test_a_contract_reports(house: House, contract_arbiter: Any) -> None:
    carried = _report(house)
    digest = messages.digest(message_of(house, carried.verdict))
    contract_arbiter.expect(digest, keccak(b"signature"))
    carried.send(by_contract(house, carried.verdict, contract_arbiter, b"signature"))
    assert carried.done()


def test_1025_bytes_are_refused(house: House, contract_arbiter: Any) -> None:
    carried = _verdict(house)
    signature = b"\1" * 1_025
    contract_arbiter.expect(messages.digest(message_of(house, carried.verdict)), keccak(signature))
    with boa.reverts():
        carried.send(by_contract(house, carried.verdict, contract_arbiter, signature))
    assert not carried.done()


def test_a_contract_that_refuses_is_believed(house: House, contract_arbiter: Any) -> None:
    carried = _verdict(house)
    contract_arbiter.expect(messages.digest(message_of(house, carried.verdict)), keccak(b"the right one"))
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(by_contract(house, carried.verdict, contract_arbiter, b"another"))


def test_a_contract_that_reverts_is_no_yes(house: House, contract_arbiter: Any) -> None:
    carried = _verdict(house)
    with carried.refused(NOT_THE_ARBITERS):
        carried.send(by_contract(house, carried.verdict, contract_arbiter, b"signature"))


def test_a_contract_collects_its_share(house: House, contract_arbiter: Any) -> None:
    """Where it takes the asset; this one is in the way of nobody but itself."""
    carried = _verdict(house)
    contract_arbiter.expect(messages.digest(message_of(house, carried.verdict)), keccak(b"signature"))
    carried.send(by_contract(house, carried.verdict, contract_arbiter, b"signature"))
    name = (carried.verdict.ticket_id, FIRST_REPLY)
    with refused(house, "pool: asset did not go out", name):
        house.panel.collect_fees(contract_arbiter.address, [name])
    assert house.panel.collect_fees(house.arbiters[0].address, [name]) == 15


# ---------------------------------------------------------------- a key and code (EIP-7702)


@pytest.mark.parametrize("made", MADE)
def test_an_arbiter_with_a_key_and_code_is_recovered_first(house: House, made: str) -> None:
    """Its code would break; it is not asked."""
    carried = MADE[made](house)
    boa.env.set_code(house.arbiters[1].address, boa.env.get_code(_contract_arbiter().deploy().address))
    carried.send(signed(house, carried.verdict))
    assert carried.done()


def test_an_arbiter_with_a_delegation_is_recovered_first(house: House) -> None:
    carried = _verdict(house)
    boa.env.set_code(house.arbiters[1].address, b"\xef\x01\x00" + b"\x11" * 20)
    carried.send(signed(house, carried.verdict))
    assert carried.done()


@pytest.mark.parametrize("length", [65, 130])
def test_an_arbiters_code_is_asked_where_recovery_fails(house: House, length: int) -> None:
    carried, arbiter = _verdict(house), house.arbiters[2]
    boa.env.set_code(arbiter.address, boa.env.get_code(_contract_arbiter().deploy().address))
    signature = hashlib.shake_256(b"passkey").digest(length)
    digest = messages.digest(message_of(house, carried.verdict))
    _contract_arbiter().at(arbiter.address).expect(digest, keccak(signature))
    carried.send(with_last(signed(house, carried.verdict), signature))
    assert house.panel.dispute(carried.verdict.ticket_id, FIRST_REPLY).state == UPHELD


def test_an_arbiter_with_code_refuses_what_neither_accepts(house: House) -> None:
    carried, arbiter = _verdict(house), house.arbiters[2]
    boa.env.set_code(arbiter.address, boa.env.get_code(_contract_arbiter().deploy().address))
    signatures = signed(house, carried.verdict)
    for other in (messages.with_high_s(signatures[-1][1]), b"", signatures[0][1]):
        with carried.refused(NOT_THE_ARBITERS):
            carried.send(with_last(signatures, other))
