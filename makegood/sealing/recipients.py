# SPDX-License-Identifier: Apache-2.0
"""Recipients: the public age keys to which a bundle is sealed."""

from collections.abc import Iterable
from pathlib import Path

from makegood.errors import NotFound, UsageError
from makegood.sealing import age
from makegood.sealing.key_lines import key_lines, limited


def read_recipients(path: str | Path) -> tuple[str, ...]:
    """The `age1…` keys in a file, one a line; comments (`#`) and empty lines are passed over.

    Raises NotFound where there is no such file, UsageError, with the line, for anything else, and for none.
    """
    try:
        with Path(path).open("rb") as file:
            content = limited(file, str(path))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path of the recipients.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    lines = key_lines(content, str(path))
    for number, line in lines:
        _check(line, f"{path}, line {number},")
    if not lines:
        raise UsageError(f"{path} has no recipient.", hint="Write the age1… of each arbiter, one a line.")
    return tuple(line for _, line in lines)


def checked(recipients: Iterable[str]) -> list[str]:
    """The recipients as they are. Raises UsageError, with which one, for what is none."""
    if isinstance(recipients, str):
        recipients = [recipients]
    found = list(recipients)
    for number, recipient in enumerate(found, 1):
        _check(recipient, f"Recipient {number}")
    return found


def _check(text: str, what: str) -> None:
    # The text is never repeated: it may be a secret key, given by mistake.
    if isinstance(text, str) and text.upper().startswith("AGE-SECRET-KEY-"):
        raise UsageError(
            f"{what} is a secret key.",
            hint="Give its age1… instead; if others have seen the secret, make a new identity.",
        )
    if not isinstance(text, str) or not age.is_recipient(text):
        raise UsageError(
            f"{what} is no X25519 recipient of age.",
            hint="One begins with age1 and stands in the identity's file as its public key.",
        )
