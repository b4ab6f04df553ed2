# SPDX-License-Identifier: Apache-2.0
"""Disputes: contesting, verdicts signed by eth-account over a hand-written document, and the money after."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, NamedTuple

import boa
import messages
from eth_account.signers.local import LocalAccount
from house import DAY, ETH, FAR, FIRST_REPLY, HOLD, INCIDENT, House, deployer, key_pair, travel, typed_data

# States of a dispute.
NONE, UNDER_DISPUTE, UPHELD, REJECTED, DEFAULTED = range(5)
# What arbiters sign.
SAYS_UPHELD, SAYS_REJECTED = 1, 2

# Of `house.Policy`, for an urgent ticket.
COMPENSATION = {1: 1_000, 2: 500, 4: 4_000}
WORST_CASE = 5_500
BOND = 50
FEE = 30
RULING_WINDOW = 7 * DAY

# The bit of a ticket's word that says it was contested.
DISPUTED = 2**254

VERDICT = [
    ("ticket_id", "bytes32"),
    ("kind", "uint256"),
    ("outcome", "uint256"),
    ("amount", "uint256"),
    ("evidence_digest", "bytes32"),
    ("dispute", "uint256"),
    ("epoch", "uint256"),
    ("deadline", "uint256"),
]

Signed = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Verdict:
    """What arbiters sign, in the order of IArbiterPanel.Verdict."""

    ticket_id: bytes
    kind: int
    outcome: int
    amount: int
    evidence_digest: bytes
    dispute: int
    epoch: int
    deadline: int = FAR

    def on_chain(self) -> tuple[Any, ...]:
        """As the panel takes it."""
        return astuple(self)


@dataclass(frozen=True)
class Dispute:
    """A dispute as the test began it; `amount` is what is asked, `bond` what was sent."""

    number: int
    ticket_id: bytes
    kind: int
    amount: int
    evidence_digest: bytes
    epoch: int
    bond: int

    @property
    def name(self) -> tuple[bytes, int]:
        """What names it on chain."""
        return self.ticket_id, self.kind


class Books(NamedTuple):
    """The pool's books, in the order of ICompensationPool.Books."""

    funds: int
    reserved: int = 0
    credited: int = 0
    bonded: int = 0
    debt: int = 0
    free: int = 0


# ---------------------------------------------------------------- contesting


def replied(house: House, status: int = HOLD, requester: str | None = None) -> bytes:
    """A ticket that a human answered in time."""
    ticket_id = house.open(requester=requester) if requester is None else house.open_for(requester)
    house.reply(ticket_id, status)
    return bytes(ticket_id)


def bond_of(house: House, kind: int, amount: int) -> int:
    """What contesting costs by the design: the bond, and an incident's share of what it asks."""
    share = amount * house.policy.incident_bond_share // 10_000 if kind == INCIDENT else 0
    return house.policy.contest_bond + share


def give(house: House, account: str, amount: int) -> None:
    """Puts some of the asset into an account; a token is approved to the pool too."""
    if house.asset == ETH:
        boa.env.set_balance(account, boa.env.get_balance(account) + amount)
    else:
        house.asset.mint(account, amount)
        house.asset.approve(house.pool.address, amount, sender=account)


def balance(house: House, account: Any) -> int:
    """What an account holds of the asset."""
    if house.asset == ETH:
        return int(boa.env.get_balance(account))
    return int(house.asset.balanceOf(account))


def contest(
    house: House,
    ticket_id: bytes,
    kind: int = FIRST_REPLY,
    amount: int | None = None,
    requester: str | None = None,
    given: bool = True,
) -> Dispute:
    """The requester contests a clock kind for its compensation; the bond is `given` to it before."""
    sender = house.requester if requester is None else requester
    asked = COMPENSATION[kind] if amount is None else amount
    bond, evidence, epoch = bond_of(house, kind, asked), house.digest(), house.panel.epoch()
    if given:
        give(house, sender, bond)
    value = bond if house.asset == ETH else 0
    number = house.panel.contest(ticket_id, kind, asked, evidence, value=value, sender=sender)
    return Dispute(number, ticket_id, kind, asked, evidence, epoch, bond)


# ---------------------------------------------------------------- verdicts


def upheld(dispute: Dispute, /, **changes: Any) -> Verdict:
    """The requester is right, and gets what it asked."""
    verdict = Verdict(
        ticket_id=dispute.ticket_id,
        kind=dispute.kind,
        outcome=SAYS_UPHELD,
        amount=dispute.amount,
        evidence_digest=dispute.evidence_digest,
        dispute=dispute.number,
        epoch=dispute.epoch,
    )
    return replace(verdict, **changes)


def rejected(dispute: Dispute, /, **changes: Any) -> Verdict:
    """The requester is wrong."""
    return upheld(dispute, outcome=SAYS_REJECTED, amount=0, **changes)


def report_of(house: House, ticket_id: bytes, kind: int = FIRST_REPLY, **changes: Any) -> Verdict:
    """A breach that nobody contested."""
    verdict = Verdict(
        ticket_id=ticket_id,
        kind=kind,
        outcome=SAYS_UPHELD,
        amount=COMPENSATION.get(kind, 0),
        evidence_digest=house.digest(),
        dispute=0,
        epoch=house.panel.epoch(),
    )
    return replace(verdict, **changes)


def message_of(house: House, verdict: Verdict) -> dict[str, Any]:
    """The EIP-712 document of a verdict in the panel's domain."""
    document = typed_data(house, "Verdict", VERDICT, asdict(verdict))
    return messages.in_domain(document, verifyingContract=str(house.panel.address))


def signed_by(house: House, verdict: Verdict, arbiters: Iterable[LocalAccount]) -> Signed:
    """These arbiters' signatures, in this order."""
    message = message_of(house, verdict)
    return [(arbiter.address, messages.sign(arbiter, message)) for arbiter in arbiters]


def signed(house: House, verdict: Verdict, count: int = 3) -> Signed:
    """The signatures of the first `count` of the house's arbiters."""
    return signed_by(house, verdict, house.arbiters[:count])


def ascending(signatures: Signed) -> Signed:
    """In the order that the panel wants."""
    return sorted(signatures, key=lambda pair: int(str(pair[0]), 16))


def submit(house: House, verdict: Verdict, count: int = 3, collect: bool = False) -> None:
    """A stranger carries a verdict that `count` arbiters signed."""
    house.panel.submit_verdict(
        verdict.on_chain(), signed(house, verdict, count), collect, sender=house.stranger
    )


def report(house: House, verdict: Verdict, count: int = 3) -> None:
    """A stranger carries a report that `count` arbiters signed."""
    house.panel.report_breach(verdict.on_chain(), signed(house, verdict, count), sender=house.stranger)


def wait_for_default(house: House) -> None:
    """The first second at which the newest dispute can only be ruled by default."""
    travel(house.policy.ruling_window + 1)


def seat(house: House, arbiters: Sequence[str], threshold: int) -> int:
    """Proposes a panel, waits for the notice and adopts it; returns its epoch."""
    epoch = house.panel.propose_panel(arbiters, threshold, sender=house.operator)
    travel(house.pool.notice())
    house.panel.adopt_panel(sender=house.operator)
    return int(epoch)


# ---------------------------------------------------------------- what is left unchanged, what must agree


def state(house: House, *names: tuple[bytes, int]) -> tuple[Any, ...]:
    """All that a call of the panel could change, for these tickets and kinds."""
    return (
        [house.panel.dispute(*name) for name in names],
        [house.desk.ticket_word(ticket_id) for ticket_id, _ in names],
        house.panel.dispute_count(),
        house.panel.epoch(),
        house.panel.proposal(),
        house.pool.books(),
        balance(house, house.pool.address),
    )


@contextmanager
def refused(house: House, reason: str, *names: tuple[bytes, int]) -> Iterator[None]:
    """What is done inside is refused for this reason, and changes nothing."""
    before = state(house, *names)
    with boa.reverts(reason):
        yield
    assert state(house, *names) == before


def books(house: House, *disputes: Dispute) -> Books:
    """The pool's books, once they agree with the pool's balance and with all disputes that there are."""
    found = Books(*house.pool.books())
    assert found.funds == balance(house, house.pool.address)
    committed = found.reserved + found.credited + found.bonded + found.debt
    assert found.free == max(0, found.funds - committed)
    assert house.panel.dispute_count() == len(disputes), "the test names every dispute"
    shown = [house.panel.dispute(*dispute.name) for dispute in disputes]
    assert found.bonded == sum(one.bond + one.fee_share * len(one.fee_open) for one in shown)
    return found


def a_token() -> Any:
    """An ERC-20 as it should be."""
    return deployer("mocks/PlainToken").deploy(6)


def fifteen_arbiters() -> list[LocalAccount]:
    """As many as a panel can have, ascending by address."""
    return sorted((key_pair(f"seat {n}") for n in range(15)), key=lambda one: int(one.address, 16))
