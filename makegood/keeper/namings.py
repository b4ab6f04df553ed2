# SPDX-License-Identifier: Apache-2.0
"""Requesters' signed namings of a keeper, as `ape run name_keeper --sign FILE` writes them, in one folder."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import is_address, to_checksum_address

from makegood.desk import Call, Desk
from makegood.logs import fields

log = logging.getLogger(__name__)

TYPE = "makegood/signed-keeper/1"
_MOST = 16_384  # bytes
_SIGNATURE = 65  # bytes


@dataclass(frozen=True)
class Naming:
    """That a requester lets `keeper` prove its tickets. Whether the signature holds, the chain says."""

    requester: str
    keeper: str
    nonce: int
    deadline: int
    signature: bytes

    def call(self, desk: Desk) -> Call[None]:
        """The call that anyone can send."""
        return desk.directory.name_keeper_signed(self.requester, self.keeper, self.deadline, self.signature)


class Namings:
    """The files of a folder that name an account for a desk; each is read once."""

    def __init__(self, folder: Path | None, desk: Desk, account: str) -> None:
        self._folder = folder
        self._place = (desk.chain_id, str(desk.address))
        self._account = account
        self._known: dict[str, Naming | None] = {}

    def standing(self, now: int) -> dict[str, Naming]:
        """By requester, in lower case, those that have not expired."""
        if self._folder is None or not self._folder.is_dir():
            return {}
        for path in self._folder.glob("*.json"):
            if path.name not in self._known:
                self._known[path.name] = self._read(path)
        found = (each for each in self._known.values() if each is not None and each.deadline >= now)
        return {each.requester.lower(): each for each in sorted(found, key=lambda each: each.nonce)}

    def _read(self, path: Path) -> Naming | None:
        try:
            with path.open("rb") as file:
                given = json.loads(file.read(_MOST))
            if (given["chain_id"], given["desk"]) != self._place or given["type"] != TYPE:
                return None
            signature = bytes.fromhex(given["signature"].removeprefix("0x"))
            if not (is_address(given["signer"]) and is_address(given["keeper"])):
                raise ValueError("no address")
            nonce, deadline = given["nonce"], given["deadline"]
            if not (_is_number(nonce) and _is_number(deadline) and len(signature) == _SIGNATURE):
                raise ValueError("not what can be sent")
            made = Naming(
                to_checksum_address(given["signer"]),
                to_checksum_address(given["keeper"]),
                nonce,
                deadline,
                signature,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # It comes from anybody who sent one.
            log.warning("no signed naming of a keeper", extra=fields(file=path.name))
            return None
        return made if made.keeper == self._account else None


def _is_number(value: object) -> bool:
    """Whether it is a number as the chain has them."""
    return type(value) is int and 0 <= value < 2**256
