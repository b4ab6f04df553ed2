# SPDX-License-Identifier: Apache-2.0
"""A policy: one version of an SLA, held to what a desk takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from makegood.errors import PolicyError
from makegood.policy import chain, description, document, limits
from makegood.policy.chain import ChainPolicy
from makegood.policy.money import from_units
from makegood.policy.section import NO_BONDS, NO_INCIDENT, NO_TERMS, Bonds, Incident, Targets, Terms, Windows


@dataclass(frozen=True)
class Policy:
    """One version of an SLA. Making one raises PolicyError where the desk would refuse it whatever its asset.

    `targets` is by priority, urgent first. `lines` says in which line of `source` a key such as
    `targets.low.resolution` stands.
    """

    name: str
    hours: int
    targets: tuple[Targets, Targets, Targets, Targets]
    windows: Windows
    incident: Incident = NO_INCIDENT
    bonds: Bonds = NO_BONDS
    fee: Decimal = Decimal(0)
    terms: Terms = NO_TERMS
    source: str | None = field(default=None, compare=False, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        limits.check(self)

    def check_dues(self, published_at: int) -> None:
        """Raises PolicyError where a ticket opened within twenty years of publishing could be due past 2**32.

        That is the end of the desk's time. The bound is published_at + 631,152,000 + (target // open seconds
        a week + 2) * 604,800, as on chain.
        """
        limits.check_dues(self, published_at)

    def check_notice(self, notice: int) -> None:
        """Raises PolicyError where the contest window is longer than the pool's notice, in seconds.

        Else the money could leave before a contest begins.
        """
        limits.check_notice(self, notice)

    def to_chain(self, decimals: int = 18) -> ChainPolicy:
        """The struct that the desk publishes, for an asset of so many decimals.

        Raises PolicyError where an amount is finer than the asset's smallest unit or more than the desk
        holds.
        """
        return chain.to_chain(self, decimals)

    @classmethod
    def from_chain(
        cls,
        struct: Sequence[Any] | Mapping[str, Any],
        decimals: int = 18,
        *,
        name: str = "",
        terms: Terms = NO_TERMS,
    ) -> Policy:
        """The policy in a struct as web3 or Ape returns it; name and terms are in its event."""
        published = chain.read_struct(struct)
        return cls(
            name=name,
            hours=published.hours,
            targets=chain.read_targets(published, decimals),
            windows=chain.read_windows(published),
            incident=chain.read_incident(published, decimals),
            bonds=chain.read_bonds(published, decimals),
            fee=from_units(published.fee, decimals),
            terms=terms,
        )

    def to_document(self) -> dict[str, Any]:
        """The policy in the shape of a policy file: only objects and strings, every default spelled out."""
        return document.to_document(self)

    def describe(self, unit: str = "") -> list[tuple[str, str]]:
        """The policy in words, as rows of a label and a text; `unit` is the asset's symbol, such as ETH."""
        return description.describe(self, unit)

    def refuse(self, key: str, fact: str, hint: str | None) -> NoReturn:
        """Raises PolicyError about a key, with the line where it or the section around it stands."""
        place = key
        while place not in self.lines and "." in place:
            place = place.rpartition(".")[0]
        raise PolicyError(
            f"{key}: {fact}", hint=hint, line=self.lines.get(place), source=self.source
        ) from None
