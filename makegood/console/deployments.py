# SPDX-License-Identifier: Apache-2.0
"""The desks that were deployed from this project folder, by chain, so that commands need no address."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makegood.errors import MakegoodError

if TYPE_CHECKING:
    # Not else: it needs Ape, and where things are kept is known without.
    from makegood.console.network import Chain

VERSION = 1
_FOLDER_VARIABLE = "MAKEGOOD_DATA_FOLDER"


def data_folder() -> Path:
    """Where commands keep what they remember: `.makegood` here, or what MAKEGOOD_DATA_FOLDER names."""
    return Path(os.environ.get(_FOLDER_VARIABLE, ".makegood"))


@dataclass(frozen=True)
class RememberedDesk:
    """A desk, its block of deployment, and what the operator calls it."""

    desk: str
    pool: str
    directory: str
    name: str
    block: int


@dataclass(frozen=True)
class ChainRecord:
    """What is remembered of one chain; the last desk is the one that commands take."""

    factory: str | None = None
    blueprints: Mapping[str, str] | None = None
    desks: tuple[RememberedDesk, ...] = ()

    def desk(self, address: str) -> RememberedDesk | None:
        """The remembered desk at this address."""
        return next((desk for desk in self.desks if desk.desk == address), None)


class Deployments:
    """The file `deployments.json`, read and written whole. A chain that does not last has no record."""

    def __init__(self, chain: Chain, folder: Path | None = None) -> None:
        self._chain = chain
        self._path = (folder or data_folder()) / "deployments.json"

    def record(self) -> ChainRecord:
        """What is remembered of the chain. Raises MakegoodError where the file is not what was written."""
        if not self._chain.lasting:
            return ChainRecord()
        try:
            return _record(self._read()["chains"].get(self._chain.identity, {}))
        except (KeyError, TypeError, AttributeError) as error:
            raise self._broken(repr(error)) from error

    def remember_blueprint(self, name: str, address: str) -> None:
        """Keep a blueprint's address, so that a deployment that stops half-way goes on from there."""
        record = self.record()
        self._write(replace(record, blueprints={**(record.blueprints or {}), name: address}))

    def remember_factory(self, address: str) -> None:
        """Keep the factory's address; it knows its blueprints."""
        self._write(replace(self.record(), factory=address, blueprints=None))

    def remember_desk(self, desk: RememberedDesk) -> None:
        """Keep a desk; it becomes the one that commands take."""
        record = self.record()
        others = tuple(each for each in record.desks if each.desk != desk.desk)
        self._write(replace(record, desks=(*others, desk)))

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {"version": VERSION, "chains": {}}
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except (ValueError, OSError) as error:
            raise self._broken(str(error)) from error
        if not isinstance(content, dict) or content.get("version") != VERSION:
            raise self._broken("it is of another version")
        return content

    def _broken(self, why: str) -> MakegoodError:
        return MakegoodError(
            f"{self._path} cannot be read: {why}.", hint="Repair or remove it, and give --desk ADDRESS."
        )

    def _write(self, record: ChainRecord) -> None:
        if not self._chain.lasting:
            return
        content = self._read()
        content["chains"][self._chain.identity] = asdict(record)
        # A reader never sees half a file, and a full disk leaves the old one.
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
            draft.replace(self._path)
        except OSError as error:
            raise MakegoodError(f"{self._path} cannot be written: {error.strerror}.") from error


def _record(fields: Mapping[str, Any]) -> ChainRecord:
    return ChainRecord(
        factory=fields.get("factory"),
        blueprints=fields.get("blueprints"),
        desks=tuple(RememberedDesk(**desk) for desk in fields.get("desks", ())),
    )
