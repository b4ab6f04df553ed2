# SPDX-License-Identifier: Apache-2.0
"""How far the index is on each chain, and whether a page must say that it lags."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.explorer.phrases import Moment, Number, Relative, Sentence, Span, sentence
from makegood.explorer.reading import Reader

_BLOCKS_BEHIND = 5
_SKEW = 600


@dataclass(frozen=True, slots=True)
class Indexed:
    """One chain: its newest indexed block."""

    chain: int
    head: int
    head_at: Moment
    ago: Relative
    safe: int
    final: int
    behind: int
    lags: bool


@dataclass(frozen=True, slots=True)
class Indexes:
    """All chains, and what every page says above all else where something is wrong."""

    chains: list[Indexed]
    banners: list[Sentence]
    notes: list[Sentence]
    version: str


def build(reader: Reader, stale_after: int) -> Indexes:
    """As of this state of the index."""
    chains, banners, notes = [], [], []
    for cursor in reader.cursors.values():
        behind = max(0, cursor.node_number - cursor.head_number)
        age = reader.wall - cursor.head_time
        lags = behind > _BLOCKS_BEHIND
        stale = bool(stale_after) and age > stale_after
        now = reader.now(cursor.chain)
        chains.append(
            Indexed(
                cursor.chain,
                cursor.head_number,
                Moment(cursor.head_time, now),
                Relative(min(cursor.head_time, now), now),
                cursor.safe_number,
                cursor.final_number,
                behind,
                lags or stale,
            )
        )
        if lags:
            banners.append(
                sentence(
                    "This page is behind: the index of chain %(chain)s still has %(behind)s blocks to read. "
                    "What "
                    "happened since %(at)s is missing here; what you are owed does not depend on it.",
                    chain=str(cursor.chain),
                    behind=Number(behind),
                    at=Moment(cursor.head_time, now),
                )
            )
        elif stale:
            banners.append(
                sentence(
                    "This page may be behind: the newest block of chain %(chain)s here is from %(at)s, "
                    "%(age)s ago. "
                    "What happened since is missing; what you are owed does not depend on it.",
                    chain=str(cursor.chain),
                    at=Moment(cursor.head_time, now),
                    age=Span(age),
                )
            )
        if cursor.head_time - reader.wall > _SKEW:
            notes.append(
                sentence(
                    "Chain %(chain)s is a test chain whose clock runs %(ahead)s ahead of the world's. Times "
                    "here are "
                    "the chain's.",
                    chain=str(cursor.chain),
                    ahead=Span(now - reader.wall),
                )
            )
    if not chains:
        banners.append(
            sentence("The index is empty: nothing was read from any chain yet. Come back in a minute.")
        )
    version = ",".join(f"{each.chain}:{each.revision}" for each in reader.cursors.values())
    return Indexes(chains, banners, notes, version)
