# SPDX-License-Identifier: Apache-2.0
"""A call of a contract as a page shows it: its data for any wallet, and the same as a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from makegood.desk.abi import abi_of
from makegood.explorer.phrases import Hex, Sentence, Units, sentence
from makegood.explorer.reading import DeskRow, shown_address

_NATIVE = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Yours:
    """What only the reader knows, by the name that a command has in its place."""

    name: str


@dataclass(frozen=True, slots=True)
class Action:
    """A call: who may send it, to which contract, with which data; `cast` is the same as a command.

    Where something only the reader knows is missing, `calldata` is empty, `cast` names it in capitals, and
    `notes` say what it is; `value` is None where it depends on that. `typed` is what to sign instead, so that
    somebody else can send it.
    """

    what: Sentence
    who: Sentence
    to: str
    calldata: str
    value: Units | None
    cast: str
    notes: list[Sentence]
    typed: str = ""


DIGEST = Yours("YOUR_DIGEST")
WHAT_DIGEST = sentence(
    "YOUR_DIGEST is the SHA-256 of your salted document, with 0x in front. The commands ape run follow_up "
    "and ape run contest make one from your text, and send it."
)


def call(
    what: Sentence,
    who: Sentence,
    contract: tuple[str, str],
    function: str,
    arguments: Sequence[tuple[str, Any]],
    value: int | Yours = 0,
    notes: Sequence[Sentence] = (),
    typed: str = "",
) -> Action:
    """One call of a contract; what of it is `Yours` only the reader knows."""
    artifact, address = contract
    kinds = ",".join(kind for kind, _ in arguments)
    shown = " ".join(_argument(each) for _, each in arguments)
    to = shown_address(address)
    paid = f" --value {_argument(value)}" if value else ""
    calldata = ""
    if not any(isinstance(each, Yours) for _, each in arguments):
        encoded = abi_of(artifact).encode(function, [_raw(kind, each) for kind, each in arguments])
        calldata = "0x" + encoded.hex()
    cast = f'cast send {to} "{function}({kinds})" {shown}{paid} --rpc-url "$RPC" --account YOU'
    units = None if isinstance(value, Yours) else value
    return Action(what, who, to, calldata, units, cast, list(notes), typed)


def _argument(value: Any) -> str:
    if isinstance(value, Yours):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f'"[{",".join(value)}]"'
    return str(value)


def _raw(kind: str, value: Any) -> Any:
    if kind == "bytes32[]":
        return [bytes.fromhex(part[2:]) for part in value]
    return bytes.fromhex(value[2:]) if kind == "bytes32" else value


def value_of(desk: DeskRow, bond: int | Yours) -> int | Yours:
    """What of a bond is sent with the call: nothing of one in a token."""
    return bond if desk.row["asset"] == _NATIVE else 0


def approval(desk: DeskRow) -> list[Sentence]:
    """What is to be done before: a bond in a token is taken only from what was approved to the pool."""
    if desk.row["asset"] == _NATIVE:
        return []
    return [
        sentence(
            "The bond is in a token: approve it to the pool %(pool)s first.",
            pool=Hex(shown_address(desk.row["pool"])),
        )
    ]
