# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  coverages
@author Makegood
@license AGPL-3.0-only
@notice Who may open tickets directly: kept per holder and policy. A further grant can only raise it, so that no
        grant takes back what an earlier one gave, and a voucher redeemed twice changes nothing.
"""

from ..interfaces import ISupportDesk
from . import refusal
from . import storage_words as words

# By holder, then by policy id.
_coverages: HashMap[address, HashMap[uint256, uint256]]


@internal
def grant(holder: address, policy_id: uint256, priority: uint256, places: uint256, until: uint256):
    """
    @notice Raises a holder's coverage under a policy to at least what is given, and logs what it then is.
    @param holder Who is covered; not zero.
    @param policy_id A published policy.
    @param priority The most urgent one allowed, 0 urgent .. 3 low.
    @param places How many tickets may be open at once.
    @param until The last second of the coverage; not past.
    """
    if holder == empty(address):
        refusal.because("coverage: holder is zero")
    if priority > 3:
        refusal.because("coverage: priority unknown")
    if places == 0 or places > words.MAX_PLACES:
        refusal.because("coverage: places out of range")
    if until < block.timestamp or until > words.MAX_UNTIL:
        refusal.because("coverage: end out of range")

    word: uint256 = self._coverages[holder][policy_id]
    had_until: uint256 = 0
    had_places: uint256 = 0
    used: uint256 = 0
    had_priority: uint256 = 0
    had_until, had_places, used, had_priority = words.unpack_coverage(word)
    new_until: uint256 = max(until, had_until)
    new_places: uint256 = max(places, had_places)
    new_priority: uint256 = priority if word == 0 else min(priority, had_priority)
    self._coverages[holder][policy_id] = words.pack_coverage(new_until, new_places, used, new_priority)
    log ISupportDesk.CoverageGranted(
        holder=holder, policy_id=policy_id, priority=new_priority, places=new_places, until=new_until
    )


@internal
def take_place(holder: address, policy_id: uint256, priority: uint256):
    """
    @notice Takes one of the holder's places; refuses where the coverage does not reach.
    @param holder Who opens a ticket.
    @param policy_id A published policy.
    @param priority The ticket's.
    """
    until: uint256 = 0
    places: uint256 = 0
    used: uint256 = 0
    most_urgent: uint256 = 0
    until, places, used, most_urgent = words.unpack_coverage(self._coverages[holder][policy_id])
    if places == 0:
        refusal.because("coverage: none")
    if block.timestamp > until:
        refusal.because("coverage: ended")
    if priority < most_urgent:
        refusal.because("coverage: priority too urgent")
    if used >= places:
        refusal.because("coverage: no place left")
    self._coverages[holder][policy_id] = words.pack_coverage(until, places, used + 1, most_urgent)


@internal
def give_back(holder: address, policy_id: uint256):
    """
    @notice Gives back the place of a ticket that is closed.
    @param holder Who took it.
    @param policy_id Under which policy.
    """
    until: uint256 = 0
    places: uint256 = 0
    used: uint256 = 0
    most_urgent: uint256 = 0
    until, places, used, most_urgent = words.unpack_coverage(self._coverages[holder][policy_id])
    self._coverages[holder][policy_id] = words.pack_coverage(until, places, used - 1, most_urgent)


@internal
@view
def unpacked(holder: address, policy_id: uint256) -> ISupportDesk.Coverage:
    """
    @notice A holder's coverage under a policy.
    @param holder Anyone.
    @param policy_id A policy.
    @return The coverage; all zero where there is none.
    """
    c: ISupportDesk.Coverage = empty(ISupportDesk.Coverage)
    c.until, c.places, c.used, c.priority = words.unpack_coverage(self._coverages[holder][policy_id])
    return c
