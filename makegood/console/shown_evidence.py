# SPDX-License-Identifier: Apache-2.0
"""Evidence as an arbiter gives it to check: plain files, and one sealed bundle, which opens in memory."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from makegood import sealing
from makegood.console import words
from makegood.console.output import Output
from makegood.desk import Dispute
from makegood.disputes import Evidence, Given, check_given
from makegood.errors import MakegoodError, NotSealedForYou, SignatureRefused, UsageError, VerificationFailed


@dataclass(frozen=True)
class Opened:
    """Plain files, the contents of a bundle by their names, and where those are to be written."""

    files: Sequence[Path]
    bundle: Path | None = None
    contents: Mapping[str, bytes] | None = None
    folder: Path | None = None

    def evidence(self, dispute: Dispute, known: Mapping[bytes, str]) -> Evidence:
        """What of it is the dispute's evidence.

        Raises NotFound for a file that is not there, VerificationFailed where none is a document, and for a
        bundle without the dispute's document.
        """
        sealed = [Given.content(name, content) for name, content in (self.contents or {}).items()]
        digest = dispute.evidence_digest
        if self.bundle is not None and all(each.digest != digest for each in sealed):
            raise VerificationFailed(
                f"{self.bundle} opens, but is not the evidence of dispute {dispute.number}: "
                f"it has no document with the digest 0x{digest.hex()}.",
                hint="Ask the requester for the bundle of this dispute.",
            )
        plain = [Given.file(path) for path in dict.fromkeys(self.files)]
        return check_given([*sealed, *plain], digest, known)

    def extract(self, output: Output) -> Path | None:
        """Write the bundle's contents, for nobody else to read, where that is wanted: all, or nothing.

        Returns the folder. Raises UsageError where something is at its path, MakegoodError where it cannot be
        written.
        """
        if self.folder is None or self.contents is None:
            return None
        _make(self.folder)
        try:
            for name, content in self.contents.items():
                # Names are plain: a bundle with others does not open.
                path = self.folder / name
                path.touch(mode=0o600, exist_ok=False)
                path.write_bytes(content)
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise _unwritable(self.folder, error) from None
        output.say(
            f"Extracted: {words.count(len(self.contents), 'file')} to {self.folder} "
            "(nothing seals them there: delete them once you have ruled)"
        )
        return self.folder


@dataclass(frozen=True)
class Shown:
    """What is given: files, of which one may be a bundle, its identity, and a folder for its contents."""

    files: Sequence[Path] = ()
    identity: Path | None = None
    folder: Path | None = None

    def check(self) -> None:
        """Raises UsageError for options that do not go together, and for a folder that is there already."""
        bundles = self._bundles()
        if len(bundles) > 1:
            raise UsageError("Two sealed bundles were given.", hint="A dispute's evidence is one bundle.")
        if bundles and self.identity is None:
            raise UsageError(
                f"{bundles[0]} is sealed.", hint="Give --identity FILE, the one whose card you gave out."
            )
        if not bundles and (self.identity is not None or self.folder is not None):
            raise UsageError(
                "--identity and --extract go with a sealed bundle.", hint="Give its .age file to --evidence."
            )
        if self.folder is not None and _is_there(self.folder):
            raise _there_already(self.folder)

    def opened(self) -> Opened:
        """Plain files as they are, and the bundle opened, in memory.

        Raises SignatureRefused where it is sealed for others, VerificationFailed where it is not as it was
        sealed, NotFound and UsageError for files that cannot be read.
        """
        bundles = self._bundles()
        plain = [path for path in self.files if path not in bundles]
        if not bundles or self.identity is None:
            return Opened(plain)
        identities = sealing.read_identities(self.identity)
        try:
            contents = sealing.unseal(sealing.read_bundle(bundles[0]), identities)
        except NotSealedForYou as error:
            # Somebody else's key, which is no matter of how the command was used.
            raise SignatureRefused(error.message, hint=error.hint) from None
        return Opened(plain, bundles[0], contents, self.folder)

    def _bundles(self) -> list[Path]:
        return [path for path in dict.fromkeys(self.files) if sealing.is_sealed(path)]


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise _there_already(folder) from None
    except OSError as error:
        raise _unwritable(folder, error) from None


def _there_already(folder: Path) -> UsageError:
    return UsageError(
        f"{folder} is there already, and nothing was written to it.", hint="Give a new folder to --extract."
    )


def _unwritable(folder: Path, error: OSError) -> MakegoodError:
    return MakegoodError(f"{folder} cannot be written: {error.strerror}.", hint="Give another to --extract.")
