# SPDX-License-Identifier: Apache-2.0
"""The section [keeper] of the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from makegood.batches.batch import MAX_SIZE
from makegood.sending import FeeRules
from makegood.sending.fees import GWEI
from makegood.settings import Table

DUTIES = ("anchor", "answer", "prove", "claim", "collect", "close", "release", "warn")
"""What a keeper can do, in the order of a round."""

_MINUTE = 60


@dataclass(frozen=True)
class AnchorSettings:
    """When and how batches are anchored.

    One is anchored once `size` events wait, or the oldest is `age` seconds old, or a ticket that waits has to
    be answered within `before_due` seconds; in any case `margin` seconds before the policy's anchor lag.
    """

    size: int = 1_000
    age: int = 5 * _MINUTE
    before_due: int = 10 * _MINUTE
    margin: int = 2 * _MINUTE
    most: int = 10_000
    uri: str = ""
    must_back: bool = False
    policy: int = 0
    folder: Path = Path("batches")
    receipts: Path = Path("receipts")
    publish: Path | None = None


@dataclass(frozen=True)
class WarnSettings:
    """Before which open time to a breach somebody is told, and where: Apprise's addresses, and a file."""

    before: tuple[int, ...] = ()
    channels: tuple[str, ...] = field(default=(), repr=False)
    file: Path | None = None


@dataclass(frozen=True)
class Settings:
    """Of one keeper. Times are in seconds, amounts in smallest units; `namings` is a folder of signatures."""

    key: Path
    password: str = field(repr=False)
    duties: tuple[str, ...] = DUTIES
    every: float = 5.0
    slow_every: float = 60.0
    at_once: int = 16
    fees: FeeRules = field(default_factory=FeeRules)
    collect_from: int = 1
    namings: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8_020
    anchor: AnchorSettings = field(default_factory=AnchorSettings)
    warn: WarnSettings = field(default_factory=WarnSettings)

    @classmethod
    def from_table(cls, values: Mapping[str, Any], folder: Path = Path()) -> Settings:
        """Read the section. Raises UsageError with its key for the first that cannot be used."""
        table = Table(values, "keeper", folder)
        key = table.path("key")
        assert key is not None  # noqa: S101
        duties = table.texts("duties", DUTIES)
        for each in duties:
            if each not in DUTIES:
                table.refuse("duties", f'has "{each}", which is none of {", ".join(DUTIES)}')
        made = cls(
            key=key,
            password=table.secret("password"),
            duties=tuple(each for each in DUTIES if each in duties),
            every=table.number("every", 5.0, least=0.05),
            slow_every=table.number("slow_every", 60.0, least=0.05),
            at_once=table.integer("at_once", 16, least=1, most=500),
            fees=FeeRules(int(table.number("most_gwei", 0) * GWEI), table.seconds("stuck_after", _MINUTE)),
            collect_from=_amount(table, "collect_from"),
            namings=table.path("namings", None),
            host=table.text("host", "127.0.0.1"),
            port=table.integer("port", 8_020, most=65_535),
            anchor=_anchor(table.inner("anchor"), folder),
            warn=_warn(table.inner("warn")),
        )
        table.done()
        return made


def _amount(table: Table, key: str) -> int:
    text = table.text(key, "1")
    if not (text.isascii() and text.isdigit()):
        table.refuse(key, "is no amount", 'Give smallest units as a text: "1000".')
    return int(text)


def _anchor(table: Table, folder: Path) -> AnchorSettings:
    made = AnchorSettings(
        size=table.integer("size", 1_000, least=1),
        age=table.seconds("age", 5 * _MINUTE),
        before_due=table.seconds("before_due", 10 * _MINUTE),
        margin=table.seconds("margin", 2 * _MINUTE),
        most=table.integer("most", 10_000, least=1, most=MAX_SIZE),
        uri=table.text("uri", ""),
        must_back=table.flag("must_back", False),
        policy=table.integer("policy", 0),
        folder=table.path("folder", folder / "batches") or folder,
        receipts=table.path("receipts", folder / "receipts") or folder,
        publish=table.path("publish", None),
    )
    table.done()
    return made


def _warn(table: Table) -> WarnSettings:
    # One address a line: they hold passwords and tokens, so they stand in a file or a variable.
    lines = table.secret("channels", "").splitlines()
    channels = tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    made = WarnSettings(table.spans("before", ()), channels, table.path("file", None))
    if made.before and not made.channels and made.file is None:
        table.refuse("before", "is there, but nobody to be told", "Give channels_file, or file.")
    table.done()
    return made
