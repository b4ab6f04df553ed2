# SPDX-License-Identifier: Apache-2.0
"""The events of a contract's last call, as plain values."""

from typing import Any

Event = tuple[str, dict[str, Any]]


def events(contract: Any) -> list[Event]:
    """What the last call through `contract` logged, the pool's share included: names and fields, in order."""
    return [_plain(log) for log in contract.get_logs()]


def events_named(contract: Any, name: str) -> list[dict[str, Any]]:
    """The fields of those of them that have this name."""
    return [fields for logged, fields in events(contract) if logged == name]


def _plain(log: Any) -> Event:
    fields = log._asdict()
    del fields["address"]
    return type(log).__name__, fields
