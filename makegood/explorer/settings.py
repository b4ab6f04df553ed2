# SPDX-License-Identifier: Apache-2.0
"""What whoever runs an explorer decides."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "zh")
"""In the order of the switch."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one explorer.

    `rate` and `burst` bound the requests of a client a second, 0 for no bound; `streams` its live pages.
    `stale_after` is how many seconds old the newest block of a chain may be before every page says so, 0 for
    never. `trusted_proxies` are the addresses whose X-Forwarded-For names the client. `processes` make pages
    beside the one that answers; with 0 it makes them itself. `holders` is where the desk's bridge says whose
    keys the desk holds, "" for nowhere.
    """

    rate: float = 20.0
    burst: int = 60
    streams: int = 12
    all_streams: int = 1_000
    stale_after: int = 180
    trusted_proxies: tuple[str, ...] = ()
    threads: int = 4
    processes: int = 0
    holders: str = ""
