# SPDX-License-Identifier: Apache-2.0
"""What a page says, before it is said in a language: sentences with the things in them kept apart.

A sentence is written once, in English, with named places. A catalog has it in other languages, in whose order
the places then stand. So a view is made once, and read as HTML in any language, or as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Union

Units = Annotated[int, "smallest units"]
"""A plain amount, which JSON has as a text: it may be larger than many a reader's numbers."""


@dataclass(frozen=True, slots=True)
class Token:
    """An asset as it is shown. A token may call itself anything, or not say what it is."""

    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in seconds since 1970, read at `now`."""

    at: int
    now: int


@dataclass(frozen=True, slots=True)
class Relative:
    """How far a time is from `now`: `in 2 h 10 min`, `3 d ago`."""

    at: int
    now: int


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class OpenTime:
    """A length of opening time in seconds: told in hours, since a day is not always 24 open ones."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest units of an asset."""

    units: int
    token: Token


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    value: int


@dataclass(frozen=True, slots=True)
class Percent:
    """`part` of `whole`, which is more than 0."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Hex:
    """An address, id or digest: shortened in the middle, whole on demand. `path` is its page, if any."""

    value: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A thing with a page."""

    label: Part
    path: str


@dataclass(frozen=True, slots=True)
class Code:
    """What is typed or copied as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` has a place such as `%(due)s` for each of `parts`; `many` is for other counts than 1."""

    text: str
    parts: Mapping[str, Part] = field(default_factory=dict)
    many: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """Several things in a row."""

    items: tuple[Part, ...]


# What is a str was said by somebody else, and is shown as it is.
Part = Union[
    str,
    int,
    Moment,
    Relative,
    Span,
    OpenTime,
    Money,
    Number,
    Percent,
    Hex,
    Link,
    Code,
    "Sentence",
    "Listed",
]


def sentence(text: str, /, **parts: Part) -> Sentence:
    """A sentence that the catalogs have."""
    return Sentence(text, parts)


def counted(one: str, many: str, count: int, /, **parts: Part) -> Sentence:
    """A sentence with a count in it, at the place `%(count)s`."""
    return Sentence(one, {"count": Number(count), **parts}, many, count)
