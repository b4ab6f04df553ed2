# SPDX-License-Identifier: Apache-2.0
"""A receipt verified step by step. What the chain can tell is never taken from the file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from web3 import Web3

from makegood import documents
from makegood.errors import DocumentError, MakegoodError, NodeSilent, NotFound, UsageError
from makegood.identity import Resolver
from makegood.receipts import batch_standing, batch_worth, inclusion, recording, signing, standing, worth
from makegood.receipts.reading import read
from makegood.receipts.receipt import TYPE, Receipt
from makegood.receipts.recording import Place
from makegood.receipts.signing import Signed
from makegood.receipts.step import STEPS, Outcome, Step, Verification, failed, passed, skipped

_OFFLINE = "No node was asked."
_NAME_ONE = "Name a node of the receipt's chain to check it."

# What a step is called where it failed and so kept another from being taken.
_CALLED = {
    "file": "the file is no receipt",
    "ticket_id": "the ticket id does not follow",
    "inclusion": "the batch was not found to have this opening",
    "signatures": "not every signature was found right",
    "recorded": "it was not found recorded",
}
_UNSEEN = "not every signature could be checked"


def verify_file(
    path: str | Path, w3: Web3 | None = None, *, now: int, resolver: Resolver | None = None
) -> Verification:
    """As `verify`, for a file that may be none. Raises NotFound where there is no file."""
    try:
        receipt = read(path)
    except NotFound:
        raise
    except DocumentError as error:
        first = failed("file", error.message, error.hint or "")
        rest = [skipped(name, f"Not checked, since {_CALLED['file']}.") for name in STEPS[1:]]
        return Verification((first, *rest), error)
    return verify(receipt, w3, now=now, resolver=resolver)


def verify(
    receipt: Receipt, w3: Web3 | None = None, *, now: int, resolver: Resolver | None = None
) -> Verification:
    """What is true of a receipt that was read, step by step.

    Without a node (`w3`) nothing is asked over the network, except by a `resolver` for the keys of a did:web.
    `now` is in Unix seconds; where the chain's newest block is later, that counts. A node that does not
    answer, contradicts itself or is of another chain leaves steps out, and is the `error`; nothing is raised.
    """
    return _Verifier(receipt, w3, now, resolver).run()


class _Verifier:
    def __init__(self, receipt: Receipt, w3: Web3 | None, now: int, resolver: Resolver | None) -> None:
        self._receipt = receipt
        self._w3 = w3
        self._now = now
        self._resolver = resolver
        self._steps: dict[str, Step] = {}
        self._signed: list[Signed] = []
        self._place: Place | None = None
        self._error: MakegoodError | None = None
        self._left: dict[str, str] = {"signatures": _UNSEEN}  # why a step was not taken, by its name

    def run(self) -> Verification:
        self._steps["file"] = passed("file", f"The file is well formed: {TYPE}.")
        self._steps["document"] = self._document()
        self._steps["ticket_id"] = self._ticket_id()
        if self._receipt.inclusion is None:
            self._steps["inclusion"] = inclusion.check(self._receipt)
            recorded_needs: tuple[str, ...] = ("ticket_id",)
        else:
            self._take("inclusion", ("ticket_id",), self._inclusion)
            recorded_needs = ("ticket_id", "inclusion")
        self._take("signatures", ("ticket_id",), self._signatures)
        self._take("recorded", recorded_needs, self._recorded)
        self._take("standing", ("recorded", "signatures"), self._standing)
        self._take("worth", ("recorded",), self._worth)
        return Verification(tuple(self._steps[name] for name in STEPS), self._error)

    def _take(self, name: str, needs: tuple[str, ...], step: Callable[[], Step]) -> None:
        online = name not in ("inclusion", "signatures")
        missing = next((need for need in needs if self._steps[need].outcome is not Outcome.PASSED), None)
        if name == "standing" and not self._receipt.statements:
            self._steps[name] = skipped(name, "The receipt holds no signed statement.")
        elif missing is not None and self._steps[missing].outcome is Outcome.FAILED:
            self._leave(name, _CALLED[missing])
        elif online and self._w3 is None:
            self._steps[name] = skipped(name, _OFFLINE, _NAME_ONE)
        elif missing is not None:
            self._leave(name, self._left[missing])
        else:
            try:
                self._steps[name] = step()
            except MakegoodError as error:
                self._error = self._error or error
                self._left.setdefault(name, _untold(error))
                self._steps[name] = skipped(name, f"It could not be checked: {error.message}", error.hint)

    def _leave(self, name: str, reason: str) -> None:
        self._left[name] = reason
        self._steps[name] = skipped(name, f"Not checked, since {reason}.")

    def _document(self) -> Step:
        document, digest = self._receipt.document, self._receipt.document_digest
        if document is None or digest is None:
            return skipped("document", "The receipt holds no document, which its owner may keep to himself.")
        if digest == self._receipt.commitment:
            return _committed(document)
        return failed(
            "document",
            f"The document is not the one committed to: its digest is 0x{digest.hex()}, the commitment "
            f"0x{self._receipt.commitment.hex()}.",
            "One of them was altered: ask for the document as it was when the ticket was opened.",
        )

    def _ticket_id(self) -> Step:
        computed = self._receipt.computed_ticket_id()
        if computed == self._receipt.ticket_id:
            return passed(
                "ticket_id", "The ticket id follows from chain, desk, lane, requester and commitment."
            )
        return failed(
            "ticket_id",
            f"The ticket id does not follow from chain, desk, lane, requester and commitment: these give "
            f"0x{computed.hex()}, not 0x{self._receipt.ticket_id.hex()}.",
            "One of the six was altered: ask the desk for the receipt anew.",
        )

    def _inclusion(self) -> Step:
        return inclusion.check(self._receipt)

    def _signatures(self) -> Step:
        found = signing.signed(self._receipt, self._resolver)
        self._signed = [one for one in found if isinstance(one, Signed)]
        return signing.check(found)

    def _recorded(self) -> Step:
        assert self._w3 is not None  # noqa: S101
        step, self._place = recording.check(self._receipt, self._w3, self._now)
        return step

    def _standing(self) -> Step:
        assert self._place is not None  # noqa: S101
        if self._place.batch is not None:
            return batch_standing.check(self._receipt, self._signed, self._place, self._now)
        return standing.check(self._receipt, self._signed, self._place, self._now)

    def _worth(self) -> Step:
        assert self._place is not None  # noqa: S101
        if self._place.batch is not None:
            return batch_worth.check(self._receipt, self._place, self._now)
        return worth.check(self._receipt, self._place, self._now)


def _untold(error: MakegoodError) -> str:
    """Why what follows is not checked where nobody told what is recorded: no word against the receipt."""
    if isinstance(error, NodeSilent):
        return "no node could be asked"
    if isinstance(error, UsageError):
        return "the node is of another chain"
    return "it could not be checked whether it is recorded"


def _committed(document: Mapping[str, Any]) -> Step:
    """The step for a document whose digest is right; of a known type its form is looked at too.

    A wrong form is said and fails nothing: whatever tool made the document, this is what was committed to.
    """
    why = "The document is the one committed to: its digest is the commitment."
    document_type = document.get("type")
    if document_type not in documents.TYPES:
        return passed("document", why)
    try:
        documents.check(document)
    except DocumentError as error:
        why += f" Its form is not that of {document_type}: {error.message}"
        return passed("document", why, type=document_type, flaw=error.message)
    return passed("document", why, type=document_type, flaw=None)
