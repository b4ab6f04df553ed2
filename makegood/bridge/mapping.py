# SPDX-License-Identifier: Apache-2.0
"""The operator's table: what a helpdesk's priorities and statuses mean, who its agents are, which requesters
are known.

One YAML file, checked whole before anything is taken; docs/bridge.md has its form.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from eth_utils.address import (
    is_address,
    is_checksum_address,
    is_checksum_formatted_address,
    to_checksum_address,
)

from makegood.bridge.helpdesks import KINDS
from makegood.clock import Priority, Status
from makegood.errors import NotFound, UsageError

_MEANINGS = {"hold": Status.HOLD, "pending": Status.PENDING, "solved": Status.SOLVED}
_SECTIONS = ("priorities", "statuses", "agents", "bots", "requesters")
_DEFAULT = "default"


@dataclass(frozen=True)
class Table:
    """What the words of one helpdesk mean. Accounts and customers are as the helpdesk knows them."""

    priorities: Mapping[str, Priority]
    statuses: Mapping[str, Status]
    agents: Mapping[str, str]
    bots: frozenset[str]
    requesters: Mapping[str, str] = field(repr=False)

    def priority(self, word: str) -> Priority | None:
        """The priority that a word means, or the default; None where neither is known."""
        return self.priorities.get(word, self.priorities.get(_DEFAULT))

    def answered(self, word: str) -> Status | None:
        """How an agent's message leaves a ticket of this status; None where the word is not known."""
        return self.statuses.get(word)


def load(path: Path | None, kinds: Mapping[str, str]) -> dict[str, Table]:
    """The tables of the helpdesks in the settings, each name with its kind; without a file the defaults.

    Raises NotFound where there is no such file, UsageError with the first place that cannot be used.
    """
    found: Mapping[str, Any] = {} if path is None else _parsed(path)
    place = str(path)
    for name in found:
        if name not in kinds:
            raise UsageError(
                f'{place}: "{name}" is no helpdesk of the settings.',
                hint=f"They have {', '.join(sorted(kinds))}.",
            )
    return {name: _table(f"{place}: {name}", found.get(name) or {}, kind) for name, kind in kinds.items()}


class _Loader(yaml.SafeLoader):
    """YAML without a key twice, which would hide the first."""


def _once(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    pairs = [
        (loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value
    ]
    found = dict(pairs)
    if len(found) != len(pairs):
        raise yaml.constructor.ConstructorError(None, None, "a key stands there twice", node.start_mark)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _once)


def _parsed(path: Path) -> Mapping[str, Any]:
    try:
        found = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506
    except FileNotFoundError:
        raise NotFound(f"There is no table {path}.", hint="[bridge] mapping names it.") from None
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"The table {path} cannot be read.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: The file is not YAML: {error.problem}.") from None
    except yaml.YAMLError:
        raise UsageError(f"{path}: The file is not YAML.") from None
    if found is None:
        return {}
    return _mapping(found, f"{path}: The file")


def _table(place: str, given: Any, kind: str) -> Table:
    fields = _mapping(given, place)
    for name in fields:
        if name not in _SECTIONS:
            raise UsageError(f'{place} has no "{name}".', hint=f"It has {', '.join(_SECTIONS)}.")
    helpdesk = KINDS[kind]
    priorities = _words(f"{place}.priorities", helpdesk.PRIORITIES, fields.get("priorities"))
    statuses = _words(f"{place}.statuses", helpdesk.STATUSES, fields.get("statuses"))
    agents = _addresses(f"{place}.agents", fields.get("agents"))
    bots = _accounts(f"{place}.bots", fields.get("bots"))
    for account in sorted(bots & agents.keys()):
        raise UsageError(f'{place}: "{account}" is an agent and a bot.', hint="Keep one of them.")
    return Table(
        priorities={word: _priority(f"{place}.priorities", value) for word, value in priorities.items()},
        statuses={word: _status(f"{place}.statuses", value) for word, value in statuses.items()},
        agents=agents,
        bots=bots,
        requesters={
            name.lower(): address
            for name, address in _addresses(f"{place}.requesters", fields.get("requesters")).items()
        },
    )


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{place} is no list of keys and values.")
    return {_key(name, place): each for name, each in value.items()}


def _key(value: Any, place: str) -> str:
    # A helpdesk's ids are numbers, and YAML reads them as such.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(
            f"{place} has a key that is neither text nor a whole number.", hint="Put it in quotes."
        )
    return str(value)


def _words(place: str, known: Mapping[str, str], given: Any) -> Mapping[str, Any]:
    words = {} if given is None else _mapping(given, place)
    return {**known, **{word.strip().lower(): value for word, value in words.items()}}


def _priority(place: str, value: Any) -> Priority:
    found = next((each for each in Priority if each.label == value), None)
    if found is None:
        raise UsageError(f"{place}: {_shown(value)} is no priority.", hint="Use urgent, high, normal or low.")
    return found


def _status(place: str, value: Any) -> Status:
    if not isinstance(value, str) or value not in _MEANINGS:
        raise UsageError(
            f"{place}: {_shown(value)} is not what an answer leaves behind.",
            hint=f"Use {', '.join(_MEANINGS)}.",
        )
    return _MEANINGS[value]


def _addresses(place: str, given: Any) -> dict[str, str]:
    found = {} if given is None else _mapping(given, place)
    for name, value in found.items():
        if not isinstance(value, str) or not is_address(value) or not int(value, 16):
            raise UsageError(
                f"{place}: what stands for {_shown(name)} is no address.",
                hint="Give 0x and 40 digits, in quotes.",
            )
        if is_checksum_formatted_address(value) and not is_checksum_address(value):
            raise UsageError(
                f"{place}: the address of {_shown(name)} fails its checksum.", hint="It has a typing error."
            )
    return {name: to_checksum_address(value) for name, value in found.items()}


def _accounts(place: str, given: Any) -> frozenset[str]:
    if given is None:
        return frozenset()
    if not isinstance(given, list):
        raise UsageError(f"{place} is no list of accounts.", hint='Write [12, "13"].')
    return frozenset(_key(each, place) for each in given)


def _shown(value: Any) -> str:
    text = str(value)
    return '"…"' if "@" in text else f'"{text[:40]}"'
