# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a signature."""

from dataclasses import replace
from typing import TYPE_CHECKING

from fuzz.encode import CONTRACT_FLAWS, KEY_FLAWS, VARIANTS, Signature

if TYPE_CHECKING:
    from fuzz.world import World


def flawed(w: "World", one: Signature) -> Signature:
    """Good, mostly."""
    name = w.cast.names.get(one.signer)
    if name == "delegated" and w.odds(0.5):
        one = replace(one, flaw=w.one_of(VARIANTS))
    if w.odds(0.85):
        return one
    roll = w.r.random()
    if roll < 0.5:
        return replace(one, flaw=w.one_of(KEY_FLAWS if one.signer in w.cast.keys else CONTRACT_FLAWS))
    if roll < 0.7:
        return replace(one, signer=w.one_of((*w.cast.senders, w.cast["wallet"], w.cast["seat"])))
    if roll < 0.8:
        return replace(one, contract=w.one_of((w.at.desk, w.at.panel, w.at.directory, w.at.pool)))
    i = int(w.r.random() * len(one.fields))
    fields = list(one.fields)
    fields[i] ^= 1
    return replace(one, fields=tuple(fields))
