# SPDX-License-Identifier: Apache-2.0
"""Where the passphrase of a key file comes from: a prompt or a file descriptor.

Never an argument or the environment: other processes can read those.
"""

import getpass
import os
import warnings
from collections.abc import Callable

from makegood.errors import UsageError

Passphrase = Callable[[], str]
"""Asked when the passphrase is needed."""

_MAX_BYTES = 1024


def prompt(question: str = "Passphrase of the key file: ", *, twice: bool = False) -> Passphrase:
    """Asks on the terminal without echo; `twice` for a new one. Raises UsageError where there is none."""

    def ask() -> str:
        try:
            with warnings.catch_warnings():
                # It would read on, with what is typed shown.
                warnings.simplefilter("error", getpass.GetPassWarning)
                first = getpass.getpass(question)
                second = getpass.getpass("Once more: ") if twice else first
        except (EOFError, getpass.GetPassWarning):
            raise UsageError(
                "There is no terminal to ask for the passphrase.", hint="Give it on a file descriptor."
            ) from None
        if first != second:
            raise UsageError("The two passphrases differ.", hint="Try again.")
        return first

    return ask


def from_descriptor(descriptor: int) -> Passphrase:
    """Reads the first line of an open file descriptor, once, and closes it. Raises UsageError."""

    def read() -> str:
        try:
            with os.fdopen(descriptor, "rb") as file:
                line = file.readline(_MAX_BYTES + 1)
            if len(line) > _MAX_BYTES:
                raise UsageError(f"The passphrase has more than {_MAX_BYTES:,} bytes.")
            return line.decode().removesuffix("\n")
        except (OSError, UnicodeDecodeError):
            raise UsageError(
                f"File descriptor {descriptor} gives no passphrase.", hint="Open it for reading, as UTF-8."
            ) from None

    return read
