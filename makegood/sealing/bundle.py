# SPDX-License-Identifier: Apache-2.0
"""Sealing files into a bundle, and opening it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from makegood.errors import BundleTooLarge, NotFound, UsageError
from makegood.sealing import age
from makegood.sealing.archive import CONTENTS_MAX, pack, unpack
from makegood.sealing.identity import Identity
from makegood.sealing.recipients import checked

RECIPIENTS_MAX = 32
"""More than twice the arbiters that a panel may have, and room in the header of age."""
BUNDLE_MAX = CONTENTS_MAX + (1 << 20)
"""Bytes. Headers and padding of 64 files, and 16 bytes for each 64 KiB, fit into the difference."""


def seal(files: Mapping[str, bytes], recipients: Sequence[str]) -> bytes:
    """The bundle: these files by their names, for these recipients (`age1…`), each of whom can open it.

    Recipients learn how many they are, not who the others are. Raises UsageError for a name or recipient that
    is refused, BundleTooLarge for more than the package's limits.
    """
    unique = list(dict.fromkeys(checked(recipients)))
    if not unique:
        raise UsageError("There are no recipients.", hint="Give the age1… of each arbiter.")
    if len(unique) > RECIPIENTS_MAX:
        raise UsageError(
            f"There are {len(unique)} recipients; a bundle has at most {RECIPIENTS_MAX}.",
            hint="Seal it twice, for some of them each.",
        )
    return age.encrypt(pack(files), unique)


def unseal(bundle: bytes, identities: Sequence[Identity]) -> dict[str, bytes]:
    """Names and contents of a bundle's files, sorted by name.

    Raises NotSealedForYou where no identity is a recipient's, BundleDamaged where it is not as it was sealed,
    BundleTooLarge beyond the package's limits. A header that somebody changed can also look as sealed for
    others. Anyone can seal: who did is not proven by that.
    """
    if len(bundle) > BUNDLE_MAX:
        raise _too_large("The bundle", len(bundle))
    return unpack(age.decrypt(bundle, [identity.secret() for identity in identities]))


def is_sealed(path: str | Path) -> bool:
    """Whether a file is, or by its name means to be, a bundle. False where it cannot be read."""
    if str(path).endswith(".age"):
        return True
    try:
        with Path(path).open("rb") as file:
            return age.is_encrypted(file.read(age.INTRODUCTION_MAX))
    except OSError:
        return False


def read_bundle(path: str | Path) -> bytes:
    """A bundle's file, still sealed. Raises NotFound, UsageError where unreadable, BundleTooLarge unread."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(BUNDLE_MAX + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path of the bundle.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > BUNDLE_MAX:
        raise _too_large(str(path), len(content))
    return content


def _too_large(what: str, size: int) -> BundleTooLarge:
    return BundleTooLarge(
        f"{what} has {size:,} bytes or more; a bundle has at most {BUNDLE_MAX:,}.",
        hint="Use the file as it was sealed.",
    )
