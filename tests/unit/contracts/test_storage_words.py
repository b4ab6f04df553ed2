# SPDX-License-Identifier: Apache-2.0
"""Every packed word: each field at its place, up to its maximum, beside neighbours that are full or empty."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boa
import pytest
from eth_utils.address import to_checksum_address
from house import deployer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makegood.clock import Kind, Priority, Status, TicketState
from makegood.errors import MalformedWord

# From bit 0 up, as the design lays them out.
TICKET = [160, 32, 32, 13, 2, 3, 1, 4, 4, 1, 1, 1, 1, 1]
LAST_SECOND = 2**32 - 1


@pytest.fixture(scope="module")
def harness() -> Iterator[Any]:
    with boa.env.anchor():
        yield deployer("mocks/ClockHarness").deploy()


Packer = Callable[[Any, list[int]], tuple[int, list[int]]]


def _plain(harness: Any, name: str, fields: list[int]) -> tuple[int, list[int]]:
    word, read = getattr(harness, name)(fields)
    return word, list(read)


def _ticket(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_ticket((_address(fields[0]), *fields[1:]))
    return word, [int(read[0], 16), *read[1:]]


def _struct(harness: Any, name: str, fields: list[int]) -> tuple[int, list[int]]:
    word, read = getattr(harness, name)(tuple(fields))
    return word, list(read)


def _batch(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_batch((_address(fields[0]), *fields[1:]))
    return word, [int(read[0], 16), *read[1:]]


def _bonds(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_bonds(*fields)
    return word, list(read)


def _terms(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_terms(*fields)
    return word, list(read)


def _targets(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_targets(fields[:3], fields[3])
    return word, list(read)


def _agent(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read, revoked = harness.pack_agent(fields[:3], fields[3] == 1)
    return word, [*read, int(revoked)]


def _channel(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_channel(*fields)
    return word, list(read)


def _halves(harness: Any, fields: list[int]) -> tuple[int, list[int]]:
    word, read = harness.pack_halves(*fields)
    return word, list(read)


WORDS: dict[str, tuple[list[int], Packer]] = {
    "ticket": (TICKET, _ticket),
    "terms": ([168, 29, 29, 23], _terms),
    "targets": ([32, 32, 32, 96], _targets),
    "three": ([85, 85, 85], lambda harness, fields: _plain(harness, "pack_three", fields)),
    "bonds": ([85, 85], _bonds),
    "incidents": ([96, 14, 20, 19, 85], lambda harness, fields: _struct(harness, "pack_incidents", fields)),
    "coverage": ([40, 16, 16, 2], lambda harness, fields: _plain(harness, "pack_coverage", fields)),
    "agent": ([40, 40, 2, 1], _agent),
    "channel": ([40, 40], _channel),
    "halves": ([128, 128], _halves),
    "account": ([128, 64, 64], lambda harness, fields: _plain(harness, "pack_account", fields)),
    "panels": (
        [32, 32, 64, 32, 40, 40],
        lambda harness, fields: _struct(harness, "pack_panels", fields),
    ),
    "dispute": (
        [3, 32, 40, 64, 15, 98],
        lambda harness, fields: _struct(harness, "pack_dispute", fields),
    ),
    "incident": ([96, 96], lambda harness, fields: _plain(harness, "pack_incident", fields)),
    "batch": ([160, 13, 40, 40, 1], _batch),
    "proof": (
        [40, 40, 32, 40, 85, 1, 1],
        lambda harness, fields: _struct(harness, "pack_proof", fields),
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_word_is_read_as_it_was_packed(harness: Any, name: str) -> None:
    widths, packer = WORDS[name]
    for fields in _samples(widths):
        assert packer(harness, fields) == (_word(widths, fields), fields)


@pytest.mark.parametrize(
    "name", ["ticket", "channel", "halves", "incidents", "panels", "dispute", "incident", "batch", "proof"]
)
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_field_spills_into_another(harness: Any, name: str, data: st.DataObject) -> None:
    """Whatever the others hold, changing one field changes its own bits of the word and no others."""
    widths, packer = WORDS[name]
    fields = [data.draw(st.integers(0, 2**width - 1)) for width in widths]
    index = data.draw(st.integers(0, len(widths) - 1))
    changed = [*fields]
    changed[index] = data.draw(st.integers(0, 2 ** widths[index] - 1))
    (before, read), (after, read_after) = packer(harness, fields), packer(harness, changed)
    assert (read, read_after) == (fields, changed)
    first = sum(widths[:index])
    assert (before ^ after) >> first < 2 ** widths[index]
    assert (before ^ after) % 2**first == 0


def test_words_fit_into_256_bits() -> None:
    assert all(sum(widths) <= 256 for widths, _ in WORDS.values())


@pytest.mark.parametrize("time", [LAST_SECOND, LAST_SECOND + 1, 2**40, 2**256 - 1])
def test_a_tickets_times_stop_at_the_last_second_of_32_bits(harness: Any, time: int) -> None:
    """A due time beyond 2106 is written over no other field."""
    fields = [0, time, time, 5, 1, 1, *[0] * 8]
    _, read = _ticket(harness, fields)
    assert read == [0, LAST_SECOND, LAST_SECOND, 5, 1, 1, *[0] * 8]


MAX_LEAVES = 2**24 - 1
PLACES = [24, 24, 24, 24, 24, 128]


@pytest.mark.parametrize(
    "counts",
    [
        (0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0),
        (0, 0, 0, 0, 1),
        (1, 2, 3, 4, 5),
        (MAX_LEAVES, 0, 0, 0, 0),
        (0, 0, 0, 0, MAX_LEAVES),
    ],
)
@pytest.mark.parametrize("reserved", [0, 1, 2**128 - 1])
def test_places_hold_where_each_priority_ends(harness: Any, counts: tuple[int, ...], reserved: int) -> None:
    ends = [sum(counts[: index + 1]) for index in range(5)]
    word, read = harness.pack_places(counts, reserved)
    assert (word, list(read)) == (_word(PLACES, [*ends, reserved]), [*ends, reserved])


@pytest.mark.parametrize(("before", "after"), [(0, 2**128 - 1), (2**128 - 1, 0), (5, 4)])
def test_another_reserve_leaves_the_places(harness: Any, before: int, after: int) -> None:
    ends = [1, 2, 3, MAX_LEAVES, MAX_LEAVES]
    word = _word(PLACES, [*ends, before])
    assert harness.change_reserved(word, after) == _word(PLACES, [*ends, after])


# ---------------------------------------------------------------- the package's words


def test_a_dispute_has_room_for_the_largest_bond() -> None:
    """A contest bond of 85 bits, and the whole of an incident of 96."""
    assert 2 ** WORDS["dispute"][0][-1] > 2**85 - 1 + 2**96 - 1


def test_the_package_packs_tickets_as_the_contracts_do(harness: Any) -> None:
    random_ = random.Random("package")
    for _ in range(300):
        fields = [random_.getrandbits(width) for width in TICKET]
        fields[5] = random_.randrange(1, 6)
        word, _ = _ticket(harness, fields)
        state = _state(fields)
        assert state.pack() == word
        assert TicketState.unpack(word) == state


def test_the_package_packs_the_largest_ticket_as_the_contracts_do(harness: Any) -> None:
    fields = [2**width - 1 for width in TICKET]
    fields[5] = 5
    word, _ = _ticket(harness, fields)
    assert _state(fields).pack() == word
    assert TicketState.unpack(word) == _state(fields)


@pytest.mark.parametrize("status", [0, 6, 7])
def test_the_package_reads_no_word_of_an_unknown_status(status: int) -> None:
    with pytest.raises(MalformedWord):
        TicketState.unpack(status << 239)


def _state(fields: Sequence[int]) -> TicketState:
    requester, clock, resolution, policy_id, priority, status, replied, breached, compensated, *flags = fields
    return TicketState(
        to_checksum_address(_address(requester)),
        clock,
        resolution,
        policy_id,
        Priority(priority),
        Status(status),
        bool(replied),
        Kind(breached),
        Kind(compensated),
        *(bool(flag) for flag in flags),
    )


# ---------------------------------------------------------------- samples


def _address(number: int) -> str:
    return "0x" + number.to_bytes(20, "big").hex()


def _word(widths: Sequence[int], fields: Sequence[int]) -> int:
    word = shift = 0
    for width, field in zip(widths, fields, strict=True):
        word += field * 2**shift
        shift += width
    return word


def _samples(widths: Sequence[int]) -> Iterator[list[int]]:
    largest = [2**width - 1 for width in widths]
    yield [0] * len(widths)
    yield largest
    for index, top in enumerate(largest):
        yield [top if each == index else 0 for each in range(len(widths))]
        yield [0 if each == index else value for each, value in enumerate(largest)]
        yield [1 if each == index else 0 for each in range(len(widths))]
    random_ = random.Random("samples")
    for _ in range(50):
        yield [random_.getrandbits(width) for width in widths]
