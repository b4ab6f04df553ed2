# SPDX-License-Identifier: Apache-2.0
"""The section [explorer] of the settings file."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

from makegood import settings as files
from makegood.explorer.settings import Settings

_MOST_PROCESSES = 64


@dataclass(frozen=True)
class Section:
    """Where an explorer listens, and how it serves. `processes` is None for as many as suit the machine."""

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int | None = None
    serving: Settings = field(default_factory=Settings)

    @classmethod
    def of(cls, given: files.Settings) -> Section:
        """Read the section. Raises UsageError with its key for the first that cannot be used."""
        table, usual = given.table("explorer"), Settings()
        proxies = table.texts("trusted_proxies", ())
        for each in proxies:
            try:
                ip_address(each)
            except ValueError:
                table.refuse("trusted_proxies", f'has "{each}", which is no IP address')
        processes = table.integer("processes", 0, most=_MOST_PROCESSES)
        made = cls(
            host=table.text("host", "127.0.0.1"),
            port=table.integer("port", 8000, most=65_535),
            processes=processes if "processes" in given.section("explorer") else None,
            serving=Settings(
                rate=table.number("rate", usual.rate),
                burst=table.integer("burst", usual.burst, least=1),
                stale_after=table.seconds("stale_after", usual.stale_after),
                trusted_proxies=proxies,
                holders=table.url("holders"),
            ),
        )
        table.done()
        return made
