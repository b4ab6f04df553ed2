# SPDX-License-Identifier: Apache-2.0
"""Signed namings of the desk's keeper, in the folder where the keeper looks for them.

Nobody but a requester and its keeper can prove a ticket of a batch. The bridge signs for requesters whose key
the desk holds; the others can sign in the browser in which they make their key.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from makegood import typed_data
from makegood.bridge.kept import Kept
from makegood.bridge.requesters import Requesters
from makegood.bridge.settings import Settings
from makegood.desk import Desk, Directory, KeySigner
from makegood.desk.contract import connect
from makegood.errors import MakegoodError, SignatureRefused
from makegood.keeper.namings import TYPE

COUNTS_FOR = 10 * 365 * 86_400
"""Seconds until a naming expires. Nobody can renew what a browser signed, and a keeper can only prove."""

_TIMEOUTS = (2.0, 5.0)  # seconds to connect, and for an answer
_AT_ONCE = 200
_OVERLAP = 600  # seconds in which one that is older than another may have been committed later


@dataclass(frozen=True)
class Offer:
    """What a browser signs, but for the requester: its first naming, so the nonce is 0."""

    chain_id: int
    directory: str
    keeper: str
    deadline: int


class Namings:
    """The folder of the desk's keeper; nothing is done where the settings name none."""

    def __init__(self, kept: Kept, settings: Settings, requesters: Requesters) -> None:
        self._kept, self._settings, self._requesters = kept, settings, requesters
        self._since = 0

    def offer(self, now: int) -> Offer | None:
        """What a requester can sign now; None where there is no keeper to be named.

        Raises MakegoodError where the chain cannot be asked.
        """
        if self._settings.namings is None:
            return None
        directory = str(self._directory.address)
        return Offer(self._kept.chain_id, directory, self._settings.keeper, now + COUNTS_FOR)

    def check(self, requester: str, deadline: int, signature: bytes, now: int) -> None:
        """Raises SignatureRefused where it is not the requester's over its first naming, or none is asked."""
        if self._settings.namings is None:
            raise SignatureRefused("No keeper can be named here.")
        if not now < deadline <= now + 2 * COUNTS_FOR:
            raise SignatureRefused("The naming of the keeper counts until no usable time.")
        if typed_data.recover(self._message(requester, 0, deadline), signature).lower() != requester.lower():
            raise SignatureRefused("The signature is not this address's.")

    def keep(self, requester: str, nonce: int, deadline: int, signature: bytes) -> None:
        """Write a naming for the keeper, unless one of this requester is there."""
        message = self._message(requester, nonce, deadline)["message"]
        content = {
            "chain_id": self._kept.chain_id,
            "desk": self._kept.desk,
            "signer": message["requester"],
            "deadline": deadline,
            "signature": "0x" + signature.hex(),
            "directory": str(self._directory.address),
            "keeper": message["keeper"],
            "nonce": nonce,
            "type": TYPE,
        }
        path = self._path(requester)
        if not path.exists():
            _write(path, json.dumps(content, indent=2) + "\n")

    def once(self, now: int) -> int:
        """Sign for requesters whose key the desk holds; returns for how many. Raises MakegoodError."""
        if self._settings.namings is None:
            return 0
        done, newest = 0, self._since
        for address, key, since in self._requesters.held_since(self._since - _OVERLAP):
            newest = max(newest, since)
            if self._path(address).exists():
                continue
            if done == _AT_ONCE:
                return done
            nonce, deadline = self._directory.keeper_nonce(address), now + COUNTS_FOR
            signature = KeySigner.from_key(key()).sign_typed(self._message(address, nonce, deadline))
            self.keep(address, nonce, deadline, signature)
            done += 1
        self._since = newest
        return done

    # ------------------------------------------------------------ internal

    @cached_property
    def _directory(self) -> Directory:
        w3 = Web3(
            HTTPProvider(
                self._settings.rpc, request_kwargs={"timeout": _TIMEOUTS}, exception_retry_configuration=None
            )
        )
        connect(w3, self._kept.chain_id)
        return Desk(w3, self._kept.desk).directory

    def _message(self, requester: str, nonce: int, deadline: int) -> dict[str, Any]:
        directory = str(self._directory.address)
        return typed_data.name_keeper(
            self._kept.chain_id,
            directory,
            requester=requester,
            keeper=self._settings.keeper,
            nonce=nonce,
            deadline=deadline,
        )

    def _path(self, requester: str) -> Path:
        assert self._settings.namings is not None  # noqa: S101
        name = f"{requester.lower()}-{self._settings.keeper.lower()}.json"
        return self._settings.namings / name


def _write(path: Path, text: str) -> None:
    """Whole or not at all: the keeper reads a file once."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise MakegoodError(f"The naming {path} cannot be written: {error.strerror}.") from None
