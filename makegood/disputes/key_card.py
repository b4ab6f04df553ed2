# SPDX-License-Identifier: Apache-2.0
"""An arbiter's evidence key card: the age key to which evidence is sealed for it, signed by the arbiter."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import Web3

from makegood import sealing, typed_data
from makegood.desk.panel import MAX_SIGNATURE, Seats
from makegood.disputes.json_object import JsonObject
from makegood.disputes.signature import is_signed
from makegood.disputes.verdict_file import MAX_NUMBER
from makegood.errors import SignatureRefused

TYPE = "makegood/evidence-key/1"

_NAMES = ("chain_id", "panel", "arbiter", "recipient", "signature")
# An X25519 recipient has 62 characters.
_RECIPIENT_MAX = 100
_AGAIN = "Ask the arbiter for the card that `ape run evidence_key` made."


@dataclass(frozen=True)
class KeyCard:
    """A recipient (`age1…`), whose it is, in which panel, and the arbiter's signature over it."""

    chain_id: int
    panel: str
    arbiter: str
    recipient: str
    signature: bytes = b""

    def message(self) -> dict[str, Any]:
        """The EIP-712 message that the signature must be over."""
        return typed_data.evidence_key(
            self.chain_id, self.panel, arbiter=self.arbiter, recipient=self.recipient
        )

    def fields(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "type": TYPE,
            "chain_id": self.chain_id,
            "panel": self.panel,
            "arbiter": self.arbiter,
            "recipient": self.recipient,
            "signature": "0x" + self.signature.hex(),
        }

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.fields(), indent=2) + "\n"


def read_card(path: str | Path) -> KeyCard:
    """The card in a file; whether its signature is right is not looked at here.

    Raises NotFound where there is no such file, DocumentError, with the place, for what is no such card.
    """
    found = JsonObject.read(path, TYPE, _NAMES)
    recipient = found.short_text("recipient", _RECIPIENT_MAX)
    if not sealing.is_recipient(recipient):
        # Not repeated: it may be a secret key, given by mistake.
        found.refuse("recipient", "is no X25519 recipient of age")
    return KeyCard(
        chain_id=found.number("chain_id", MAX_NUMBER),
        panel=found.address("panel"),
        arbiter=found.address("arbiter"),
        recipient=recipient,
        signature=found.hexadecimal("signature", 1, MAX_SIGNATURE),
    )


def check_card(w3: Web3, name: str, card: KeyCard, place: tuple[int, str], epoch: int, seats: Seats) -> None:
    """Raises SignatureRefused, with the card's `name`, unless evidence can be sealed by it.

    It must be of this `place`, the chain's id and the panel's address, by one of the `seats` of today's
    `epoch`, and signed by that arbiter. Raises NodeUnreachable where the node does not answer.
    """
    if (card.chain_id, card.panel) != place:
        raise SignatureRefused(
            f"{name} is for the panel {card.panel} on chain {card.chain_id}, "
            f"not for {place[1]} on chain {place[0]}.",
            hint="Ask the arbiter for a card of this desk's panel.",
        )
    if card.arbiter not in seats.arbiters:
        whose = (
            f"no arbiter of epoch {epoch}, whose panel decides now" if epoch else "no arbiter: there is none"
        )
        raise SignatureRefused(
            f"{name} is by {card.arbiter}, who is {whose}.",
            hint="Seal for today's arbiters; `ape run status` lists them.",
        )
    if not is_signed(w3, card):
        raise SignatureRefused(
            f"The signature in {name} is not {card.arbiter}'s over what the card says.", hint=_AGAIN
        )
