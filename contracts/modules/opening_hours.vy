# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  opening_hours
@author Makegood
@license AGPL-3.0-only
@notice Time that counts only while a desk is open, without walking through it.

        Opening hours are 168 bits: bit h is the hour h of the week in UTC, bit 0 is Monday 00:00-01:00.
        All ones means calendar hours. With P(t), the open seconds between a fixed Monday and t,
        left(t, d) = P(d) - P(t) and due(t, need) = P^-1(P(t) + need), the earliest such second.

        Times are seconds since 1970. Callers keep them below 2**40 and hours within 1 .. 2**168 - 1, so the
        unchecked operations here cannot wrap.
"""

CALENDAR: constant(uint256) = 2**168 - 1

WEEK: constant(uint256) = 604_800
HOUR: constant(uint256) = 3_600

# 1970-01-01 was a Thursday: 1969-12-29, a Monday, is three days earlier.
SINCE_MONDAY: constant(uint256) = 259_200

# Masks of the parallel bit count, each one byte repeated over the word: 0x55, 0x33, 0x0F, 0x01.
PAIRS: constant(uint256) = max_value(uint256) // 3
NIBBLES: constant(uint256) = max_value(uint256) // 5
BYTES: constant(uint256) = max_value(uint256) // 17
ONES: constant(uint256) = max_value(uint256) // 255


@internal
@pure
def due(hours: uint256, at: uint256, need: uint256) -> uint256:
    """
    @notice The earliest T >= at such that [at, T) holds `need` open seconds.
    @param hours The opening hours.
    @param at A time in seconds.
    @param need Seconds of open time.
    @return T; `at` itself where `need` is 0.
    """
    if need == 0 or hours == CALENDAR:
        return unsafe_add(at, need)
    counts: uint256 = self._running_counts(hours)
    week_open: uint256 = unsafe_mul(counts >> 248, HOUR)
    # One second less makes the last second of an open hour belong to that hour, not to the next open one.
    target: uint256 = unsafe_sub(unsafe_add(self._open_before(hours, counts, at), need), 1)
    within: uint256 = target % week_open
    hour: uint256 = self._hour_at(hours, counts, unsafe_div(within, HOUR))
    week_start: uint256 = unsafe_mul(unsafe_div(target, week_open), WEEK)
    return unsafe_sub(
        unsafe_add(unsafe_add(week_start, unsafe_mul(hour, HOUR)), unsafe_add(within % HOUR, 1)),
        SINCE_MONDAY,
    )


@internal
@pure
def left(hours: uint256, at: uint256, due_at: uint256) -> uint256:
    """
    @notice The open seconds in [at, due_at).
    @param hours The opening hours.
    @param at A time in seconds.
    @param due_at A time in seconds.
    @return Seconds of open time; 0 where `due_at <= at`.
    """
    if due_at <= at:
        return 0
    if hours == CALENDAR:
        return unsafe_sub(due_at, at)
    counts: uint256 = self._running_counts(hours)
    return unsafe_sub(self._open_before(hours, counts, due_at), self._open_before(hours, counts, at))


@internal
@pure
def open_hours_a_week(hours: uint256) -> uint256:
    """
    @notice How many hours of the week are open.
    @param hours The opening hours.
    @return 0 .. 168.
    """
    return self._running_counts(hours) >> 248


@internal
@pure
def _running_counts(bits: uint256) -> uint256:
    # Byte i of the result is the number of ones in bytes 0 .. i of `bits`: at most 168, so no byte overflows.
    # Warren, Hacker's Delight (2nd ed.), 5-1.
    x: uint256 = unsafe_sub(bits, (bits >> 1) & PAIRS)
    x = unsafe_add(x & NIBBLES, (x >> 2) & NIBBLES)
    x = unsafe_add(x, x >> 4) & BYTES
    return unsafe_mul(x, ONES)


@internal
@pure
def _open_before(hours: uint256, counts: uint256, at: uint256) -> uint256:
    # P(at): open seconds from the fixed Monday to `at`.
    since: uint256 = unsafe_add(at, SINCE_MONDAY)
    within: uint256 = since % WEEK
    hour: uint256 = unsafe_div(within, HOUR)
    earlier: uint256 = unsafe_sub(convert(1, uint256) << hour, 1)
    before: uint256 = self._running_counts(hours & earlier) >> 248
    whole: uint256 = unsafe_add(unsafe_mul(unsafe_div(since, WEEK), counts >> 248), before)
    return unsafe_add(unsafe_mul(whole, HOUR), unsafe_mul((hours >> hour) & 1, within % HOUR))


@internal
@pure
def _hour_at(hours: uint256, counts: uint256, index: uint256) -> uint256:
    # The position of the (index + 1)th one of `hours`. The byte that holds it is the first whose running count
    # exceeds `index`: a binary search over the bytes, then over the bits of that byte.
    base: uint256 = 0
    for step: uint256 in [128, 64, 32, 16, 8]:
        # The running count of the last byte that the lower half of what remains holds.
        if ((counts >> unsafe_sub(unsafe_add(base, step), 8)) & 255) <= index:
            base = unsafe_add(base, step)
    wanted: uint256 = index
    if base != 0:
        wanted = unsafe_sub(index, (counts >> unsafe_sub(base, 8)) & 255)
    bits: uint256 = (hours >> base) & 255
    position: uint256 = base
    for _: uint256 in range(7):
        if wanted == 0 and bits & 1 == 1:
            break
        wanted = unsafe_sub(wanted, bits & 1)
        bits >>= 1
        position = unsafe_add(position, 1)
    return position
