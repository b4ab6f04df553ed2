# SPDX-License-Identifier: Apache-2.0
"""Identities: the secret age keys that open bundles, in files that only their owner reads."""

import contextlib
import os
import stat
from pathlib import Path

from makegood.errors import NotFound, UsageError
from makegood.sealing import age
from makegood.sealing.key_lines import key_lines, limited

_SECRET = "AGE-SECRET-KEY-"  # noqa: S105  what secrets begin with, none itself


class Identity:
    """One secret key. `recipient` is the `age1…` to which others seal; nothing else shows in its text."""

    __slots__ = ("_secret", "recipient")

    def __init__(self, secret: str) -> None:
        """Raises UsageError, which does not repeat it, where this is no `AGE-SECRET-KEY-1…`."""
        recipient = age.recipient_of(secret)
        if recipient is None:
            raise UsageError("This is no age identity.", hint="One is a line AGE-SECRET-KEY-1….")
        self.recipient = recipient
        self._secret = secret

    def secret(self) -> str:
        """The `AGE-SECRET-KEY-1…`. Never for output."""
        return self._secret

    def __repr__(self) -> str:
        return f"Identity({self.recipient})"

    def __reduce__(self) -> str:
        raise TypeError("an identity stays in its process")


def new_identity(path: str | Path) -> str:
    """Make an identity, write it to a new file of mode 600 as age-keygen does, and return its recipient.

    Raises UsageError where something is at the path, which stays as it is, or where it cannot be written.
    """
    secret = age.generate()
    recipient = Identity(secret).recipient
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already; nothing was written.",
            hint="Give another path: without an old identity, what was sealed to it stays closed.",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123  a descriptor has no path
            os.fchmod(descriptor, 0o600)
            file.write(f"# public key: {recipient}\n{secret}\n")
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        raise _unwritable(path, error) from None
    return recipient


def read_identities(path: str | Path) -> tuple[Identity, ...]:
    """The identities in a file as age-keygen writes it, one a line, with comments (`#`) and empty lines.

    Raises NotFound where there is no such file, UsageError, with the line and never its text, for a file that
    others can read (anything but mode 600 or 400), for a line that is no identity, and for none at all.
    """
    lines = key_lines(_content(path), str(path))
    found = []
    for number, line in lines:
        if age.recipient_of(line) is None:
            kind = (
                "an identity of another kind than X25519" if line.startswith(_SECRET) else "no age identity"
            )
            raise UsageError(
                f"{path}, line {number}, is {kind}, or not whole.",
                hint="An identity is a line AGE-SECRET-KEY-1…, as `age-keygen` writes it.",
            )
        found.append(Identity(line))
    if not found:
        raise UsageError(f"{path} has no identity.", hint="Make one in a new file.")
    return tuple(found)


def _content(path: str | Path) -> bytes:
    try:
        # Not blocking: a pipe would wait for its writer before it is seen to be no file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path of the identity.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        _check_private(os.fstat(descriptor).st_mode, path)
    except UsageError:
        os.close(descriptor)
        raise
    with open(descriptor, "rb") as file:  # noqa: PTH123  the file that was checked, wherever its path leads now
        return limited(file, str(path))


def _check_private(mode: int, path: str | Path) -> None:
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no plain file.", hint="Give the file with the identity.")
    if mode & 0o177:
        raise UsageError(
            f"{path} has mode {stat.S_IMODE(mode):o}: others may use the identity.",
            hint=f"Run `chmod 600 {path}`; where others use this machine, make a new identity instead.",
        )


def _unwritable(path: str | Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {error.strerror}.", hint="Give a path in a folder of yours."
    )
