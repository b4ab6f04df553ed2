# SPDX-License-Identifier: Apache-2.0
"""All checks, one after the other: what one finds broken keeps the others from nothing but what needs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from makegood.doctor.contracts import contracts, policy, rights
from makegood.doctor.data import databases, disk, index
from makegood.doctor.finding import Check, Finding, Known, warn, wrong
from makegood.doctor.machine import machine
from makegood.doctor.node import money, node
from makegood.doctor.sections import keys, sections
from makegood.doctor.web import web
from makegood.errors import MakegoodError
from makegood.rpc import clean
from makegood.serving.secrets import secrets_in
from makegood.serving.services import INSTALL
from makegood.settings import load

CHECKS: dict[str, Check] = {
    "settings": sections,
    "keys": keys,
    "node": node,
    "contracts": contracts,
    "money": money,
    "rights": rights,
    "policy": policy,
    "database": databases,
    "index": index,
    "disk": disk,
    "web": web,
}
"""In this order: a check may use what those before it found out."""


def examine(path: Path, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """What is found, check by check; nothing of it repeats a secret."""
    yield from _safely("machine", machine())
    try:
        given = load(path)
    except MakegoodError as error:
        do = error.hint or "correct the file: docs/services.md"
        yield wrong("settings", error.message.rstrip("."), do.rstrip("."))
        return
    secrets = secrets_in(given)
    known = Known(given, clock())
    for name, check in CHECKS.items():
        for found in _safely(name, check(known)):
            says, do = (clean(each, secrets).rstrip(".") for each in (found.says, found.do))
            yield replace(found, says=says, do=do)
    if known.w3 is None and not known.other_chain:
        yield warn(
            "node", "without it contracts, money, rights and policy were not looked at", "run this again"
        )


def _safely(name: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except MakegoodError as error:
        yield wrong(name, error.message, error.hint or "see docs/services.md")
    except ModuleNotFoundError as error:
        yield wrong(name, f"the package {error.name} is not installed", INSTALL)
    except Exception as error:  # noqa: BLE001 - a node can answer anything, a disk refuse anything
        yield wrong(name, f"it cannot be looked at ({type(error).__name__})", "see what answers there")
