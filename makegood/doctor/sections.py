# SPDX-License-Identifier: Apache-2.0
"""Checks of the settings file: each section, and who can read what it points to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from makegood.doctor.finding import Finding, Known, ok, warn, wrong
from makegood.errors import MakegoodError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def sections(known: Known) -> Iterator[Finding]:
    """Read each; what one cannot use keeps the others from nothing."""
    from makegood.explorer.section import Section
    from makegood.indexer.settings import Settings as IndexSettings
    from makegood.keeper.settings import Settings as KeeperSettings
    from makegood.serving.services import INSTALL, bridge_settings, missing

    given = known.given
    read: dict[str, Any] = {
        "index": lambda: IndexSettings.of(given),
        "explorer": lambda: Section.of(given),
        "bridge": lambda: bridge_settings(given),
        "keeper": lambda: KeeperSettings.from_table(given.section("keeper"), given.path.parent),
    }
    for name, do in read.items():
        if name in ("bridge", "keeper") and name not in given.sections:
            continue
        if lacks := missing(name):
            yield wrong("versions", f"[{name}] needs {', '.join(lacks)}, not installed here", INSTALL)
            continue
        try:
            setattr(known, name, do())
        except MakegoodError as error:
            yield wrong("settings", error.message, error.hint or f"correct [{name}] in {given.path}")
    named = [name for name in read if getattr(known, name)]
    yield ok("settings", f"{given.path} can be used by {', '.join(named) or 'no service'}")
    yield from _ports(known)
    yield from _folders(known)
    yield from _anchoring(known)


def _ports(known: Known) -> Iterator[Finding]:
    places: dict[tuple[str, int], str] = {}
    for name in ("explorer", "bridge", "keeper"):
        service = getattr(known, name)
        if service is None or not service.port:
            continue
        other = places.setdefault((service.host, service.port), name)
        if other != name:
            what = f"[{name}] and [{other}] have the same host and port"
            yield wrong("settings", what, f"give another [{name}] port")


def _folders(known: Known) -> Iterator[Finding]:
    """Whether bridge and keeper look for each other's files in the same places."""
    if known.bridge is None or known.keeper is None:
        return
    pairs = {
        "receipts": (known.bridge.receipts, "[keeper.anchor] receipts", known.keeper.anchor.receipts),
        "namings": (known.bridge.namings, "[keeper] namings", known.keeper.namings),
    }
    for key, (ours, name, theirs) in pairs.items():
        if ours is not None and (theirs is None or ours.resolve() != theirs.resolve()):
            says = f"[bridge] {key} is {ours}, {name} is {theirs or 'missing'}"
            yield wrong("settings", says, "name one folder in both")


def _anchoring(known: Known) -> Iterator[Finding]:
    """Whether anything here brings to the chain what the bridge takes."""
    says = "no keeper here anchors what the bridge takes"
    if "bridge" not in known.given.sections:
        return
    if "keeper" not in known.given.sections:
        yield warn("settings", f"{says}: there is no section [keeper]", "add it, unless one runs elsewhere")
    elif known.keeper is not None and "anchor" not in known.keeper.duties:
        yield warn(
            "settings", f"{says}: [keeper] duties lacks anchor", "add it, unless another keeper does it"
        )


def keys(known: Known) -> Iterator[Finding]:
    """Whether the keeper's key opens, and nobody else can read what is secret."""
    from makegood.keeper.key import account_of

    for path in sorted(set(_secret_files(known.given.sections, known.given.path.parent))):
        if path.exists() and path.stat().st_mode & _OTHERS and not _is_credential(path):
            yield warn("keys", f"others can read {path}", f"chmod 600 {path}")
    if known.keeper is not None:
        known.account = account_of(known.keeper.key, known.keeper.password).address
        yield ok("keys", f"{known.keeper.key} opens, and is of {known.account}")
        if known.bridge is not None and known.bridge.keeper not in ("", known.account):
            says = f"[bridge] keeper is {known.bridge.keeper}, which is not the account of [keeper] key"
            yield warn("keys", says, "name that account, unless another keeper proves for requesters")


def _is_credential(path: Path) -> bool:
    """Whether systemd gave it to this unit alone: by an access list, which looks like a group's rights."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    with suppress(OSError):
        return bool(folder) and path.parent.samefile(str(folder))
    return False


def _secret_files(values: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _secret_files(value, folder)
        elif key.endswith("_file") and isinstance(value, str):
            # RuntimeError: the home of somebody who is not here.
            with suppress(RuntimeError):
                yield folder / Path(value).expanduser()
