# SPDX-License-Identifier: Apache-2.0
"""Sealing evidence for the arbiters: by the cards in which they signed their keys, or to bare recipients."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from makegood import documents, sealing
from makegood.console import kept, words
from makegood.console.files import write_new_bytes
from makegood.console.message import Message, Said
from makegood.console.output import Output
from makegood.console.run import Run
from makegood.desk import Seats
from makegood.disputes import check_card, read_card, seal_evidence
from makegood.disputes.case import NO_SEATS
from makegood.errors import UsageError


@dataclass(frozen=True)
class SealedTo:
    """One who can open the bundle: a recipient, and the arbiter who signed for it; None where nobody did."""

    recipient: str
    arbiter: str | None = None


@dataclass(frozen=True)
class Bundle:
    """Sealed evidence, and the file for it."""

    path: Path
    content: bytes
    sealed_to: tuple[SealedTo, ...]

    def keep(self, output: Output, said: Said) -> None:
        """Write bundle and document, before anything is sent: both, or neither."""
        write_new_bytes(self.path, self.content)
        try:
            said.keep(output)
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise
        output.say(f"Bundle: {self.path} (send it to the arbiters, over any channel)")

    def openers(self) -> str:
        """Who can open it, each on a line."""
        unsigned = sum(each.arbiter is None for each in self.sealed_to)
        signed = dict.fromkeys(each.arbiter for each in self.sealed_to if each.arbiter is not None)
        lines = [*signed, *([f"{words.count(unsigned, 'recipient')} without a card"] if unsigned else [])]
        return "\n".join(lines)


@dataclass(frozen=True)
class Sealing:
    """How a requester wants evidence sealed: the files of --seal-to, and where the bundle goes."""

    to: Sequence[Path] = ()
    bundle: Path | None = None

    def check(self, message: Message, files: Sequence[Path]) -> None:
        """Raises UsageError for options that do not go together."""
        if self.bundle is not None and not self.to:
            raise UsageError(
                "--bundle goes with --seal-to only.", hint="Give the arbiters' cards to --seal-to."
            )
        if self.to and message.digest is not None:
            raise UsageError(
                "A digest alone cannot be sealed.", hint="Give the document: --text or --document."
            )
        if files and message.text is None and not self.to:
            raise UsageError(
                "--evidence goes with --text, or with --seal-to.", hint="A document lists its files already."
            )

    def recipients(self, run: Run) -> tuple[SealedTo, ...]:
        """Who is to open it, each checked; says where too few of today's arbiters could.

        Raises SignatureRefused for a card that is not one of today's arbiters'.
        """
        epoch = run.desk.panel.epoch()
        seats = run.desk.panel.seats(epoch) if epoch else NO_SEATS
        found = [each for path in self.to for each in _recipients(run, path, epoch, seats)]
        if self.to:
            _warn(run.output, found, seats)
        return tuple(dict.fromkeys(found))

    def bundle_of(
        self, message: Message, said: Said, files: Sequence[Path], sealed_to: tuple[SealedTo, ...]
    ) -> Bundle | None:
        """The document and its files, sealed; None where nobody asked for it. Nothing is written yet.

        Raises UsageError where the bundle's file is there already, and as `seal_evidence` does.
        """
        if not self.to:
            return None
        path = self.bundle or kept.bundle_path(said.digest)
        if path.exists():
            raise UsageError(
                f"{path} is there already and is not overwritten.", hint="Give another --bundle."
            )
        document = said.document
        if document is None:
            document = documents.read(str(message.document))
            if documents.digest(document) != said.digest:
                raise UsageError(f"{message.document} has just changed.", hint="Try again.")
        recipients = [each.recipient for each in sealed_to]
        return Bundle(path, seal_evidence(document, files, recipients), sealed_to)


def _recipients(run: Run, path: Path, epoch: int, seats: Seats) -> list[SealedTo]:
    if not _is_json(path):
        bare = [SealedTo(each) for each in sealing.read_recipients(path)]
        what = words.count(len(bare), "recipient")
        run.output.say(f"Nobody signed for the {what} in {path}: check where the file comes from.")
        return bare
    card = read_card(path)
    place = (run.desk.chain_id, run.desk.panel.address)
    check_card(run.chain.w3, str(path), card, place, epoch, seats)
    return [SealedTo(card.recipient, card.arbiter)]


def _is_json(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b"{")
    except OSError:
        # Whoever reads it next says why it cannot be read.
        return True


def _warn(output: Output, found: Sequence[SealedTo], seats: Seats) -> None:
    cards = len({each.arbiter for each in found if each.arbiter is not None})
    if cards < seats.threshold:
        output.say(
            f"Warning: there are cards of {words.count(cards, 'arbiter')}, and {seats.threshold} must sign a "
            "verdict. Unless more of them can open the bundle, the dispute cannot be judged."
        )
