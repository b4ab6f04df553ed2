# SPDX-License-Identifier: Apache-2.0
"""The lines of files with age keys, secret or public."""

from typing import BinaryIO

from makegood.errors import UsageError

FILE_MAX = 65_536
"""Bytes of a file with keys."""


def limited(file: BinaryIO, source: str) -> bytes:
    """All of a file. Raises UsageError where it is too large to be one with keys."""
    content = file.read(FILE_MAX + 1)
    if len(content) > FILE_MAX:
        raise UsageError(
            f"{source} is larger than {FILE_MAX:,} bytes, so no file with keys.", hint="Check its path."
        )
    return content


def key_lines(content: bytes, source: str) -> list[tuple[int, str]]:
    """Number, from 1, and text of each line that is neither empty nor a comment.

    Raises UsageError for a file that age encrypted with a passphrase, and for what is no text.
    """
    if content.startswith((b"age-encryption.org/", b"-----BEGIN AGE")):
        raise UsageError(f"{source} is encrypted.", hint="Decrypt it with `age -d` into a file of mode 600.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{source} is no text.", hint="Give the file with the keys.") from None
    lines = [(number, line.strip(" \t\r")) for number, line in enumerate(text.split("\n"), 1)]
    return [(number, line) for number, line in lines if line and not line.startswith("#")]
