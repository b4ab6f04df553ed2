# SPDX-License-Identifier: Apache-2.0
"""What the challenge of a proven ticket comes to, if nothing more is shown for it."""

from __future__ import annotations

from dataclasses import dataclass

from makegood import clock
from makegood.clock import Kind, TicketState
from makegood.desk import Proof
from makegood.policy import ChainPolicy


@dataclass(frozen=True)
class Forecast:
    """A challenge's window, by the last seconds of its first half and of all of it, and what is at stake.

    `kinds` are the clock kinds that are breached and unpaid when it ends, or now where it is over, if nothing
    more is shown; against the `certain` ones of them nothing that can still be shown helps. Amounts are in
    the asset's smallest units.
    """

    half: int
    until: int
    kinds: Kind
    certain: Kind
    amount: int
    certain_amount: int

    @property
    def avertable(self) -> Kind:
        """What the desk can still avert by showing a reply."""
        return self.kinds & ~self.certain


def forecast(state: TicketState, policy: ChainPolicy, now: int, proof: Proof | None = None) -> Forecast:
    """What a challenged ticket comes to; without a proof, a ticket that is proven right `now`."""
    proven_at = now if proof is None else proof.proven_at
    half, until = proven_at + policy.challenge_window // 2, proven_at + policy.challenge_window
    kinds = clock.check(state, max(now, until)).breached & ~state.compensated
    certain = _certain(state, policy, now, half, until) & kinds
    return Forecast(
        half, until, kinds, certain, _amount(kinds, state, policy), _amount(certain, state, policy)
    )


def _certain(state: TicketState, policy: ChainPolicy, now: int, half: int, until: int) -> Kind:
    if now > until:
        return clock.check(state, now).breached
    if now <= half:
        # Whatever was anchored before can be shown, so only what is on record stands for sure.
        return state.breached
    # A desk's entry is taken only if it was anchored in this half, and so counts at the lag earlier at best.
    return clock.check(state, half + 1 - policy.anchor_lag).breached


def _amount(kinds: Kind, state: TicketState, policy: ChainPolicy) -> int:
    amounts = policy.compensation[state.priority]
    return sum(amount for index, amount in enumerate(amounts) if int(kinds) >> index & 1)
