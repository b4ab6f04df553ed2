# SPDX-License-Identifier: Apache-2.0
"""The archive inside a bundle: the one form of a ustar file that these names and contents have."""

import re
import unicodedata
from collections.abc import Mapping

from makegood.errors import BundleDamaged, BundleTooLarge, UsageError

FILES_MAX = 64
CONTENTS_MAX = 64 << 20
"""Bytes, all files together."""
NAME_MAX = 100
"""Bytes of UTF-8: the name field of a ustar header."""

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_SIZE = re.compile(rb"[0-7]{11}\0")
# Those that Linux, macOS or Windows take for something else than a part of a name.
_UNSAFE = frozenset('/\\:*?"<>|')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive. Raises UsageError for a refused name or no file, BundleTooLarge beyond the limits."""
    _check_size(len(files), sum(map(len, files.values())))
    if not files:
        raise UsageError("There are no files to seal.", hint="Give at least one.")
    for name in files:
        check_name(name)
    _check_distinct(files)
    return _packed(files)


def unpack(archive: bytes) -> dict[str, bytes]:
    """Names and contents. Raises BundleDamaged for anything but what `pack` returns, BundleTooLarge."""
    files: dict[str, bytes] = {}
    at = 0
    while archive[at : at + 1] not in (b"", b"\0"):
        header = archive[at : at + _BLOCK]
        size = _SIZE.fullmatch(header[124:136])
        if size is None:
            raise _no_archive()
        length = int(size[0][:-1], 8)
        at += _BLOCK
        files[_name(header)] = archive[at : at + length]
        _check_size(len(files), 0)
        at += _padded(length)
    try:
        same = pack(files) == archive
    except BundleTooLarge:
        raise
    except UsageError as error:
        raise BundleDamaged(f"The bundle has a file that is refused. {error.message}") from None
    if not same:
        raise _no_archive()
    return files


def check_name(name: str) -> None:
    """Raises UsageError for what is no plain file name, safe to write on any system."""
    if not isinstance(name, str):
        raise _bad_name("A file's name is text.")
    shown = ascii(name)
    if not name or name.startswith((".", "-", " ")) or name.endswith((".", " ")):
        raise _bad_name(
            f"The file name {shown} is empty, begins with a dot, hyphen or space, or ends in one."
        )
    for place, character in enumerate(name, 1):
        if character in _UNSAFE:
            raise _bad_name(f"Character {place} of the file name {shown} is {character!a}.")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            raise _bad_name(
                f"Character {place} of the file name {shown} is invisible, a control character or unknown."
            )
    if len(name.encode("utf-8")) > NAME_MAX:
        raise _bad_name(f"The file name {shown} is longer than {NAME_MAX} bytes.")
    if unicodedata.normalize("NFC", name) != name:
        raise _bad_name(f"The file name {shown} has letters and their marks apart.")
    if _DEVICE.fullmatch(name):
        raise _bad_name(f"The file name {shown} is a device on Windows.")


def _check_distinct(files: Mapping[str, bytes]) -> None:
    seen: dict[str, str] = {}
    for name in files:
        # Some file systems keep only one of them.
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise _bad_name(f"The file names {other!a} and {name!a} differ only in case.")


def _check_size(count: int, total: int) -> None:
    if count > FILES_MAX:
        raise BundleTooLarge(
            f"There are {count} files; a bundle has at most {FILES_MAX}.", hint="Put some of them together."
        )
    if total > CONTENTS_MAX:
        raise BundleTooLarge(
            f"The files have {total:,} bytes; a bundle has at most {CONTENTS_MAX:,}.",
            hint="Leave out what arbiters need not see, or make the files smaller.",
        )


def _packed(files: Mapping[str, bytes]) -> bytes:
    parts = []
    for name in sorted(files):
        content = files[name]
        parts += [_header(name, len(content)), content, bytes(_padded(len(content)) - len(content))]
    return b"".join([*parts, _END])


def _header(name: str, size: int) -> bytes:
    # POSIX.1-2017, pax, "ustar Interchange Format"; the checksum counts its own field as spaces.
    before = name.encode("utf-8").ljust(NAME_MAX, b"\0") + b"0000600\0" + 2 * b"0000000\0"
    before += b"%011o\0" % size + b"%011o\0" % 0
    after = (b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + 2 * b"0000000\0").ljust(_BLOCK - 156, b"\0")
    return before + b"%06o\0 " % (sum(before) + sum(after) + 8 * ord(" ")) + after


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _name(header: bytes) -> str:
    try:
        return header[:NAME_MAX].rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        raise _no_archive() from None


def _no_archive() -> BundleDamaged:
    return BundleDamaged(
        "The bundle opens, but what is inside was not packed by Makegood.",
        hint="Ask for evidence that `ape run contest` sealed.",
    )


def _bad_name(message: str) -> UsageError:
    return UsageError(message, hint="Rename the file to plain letters and digits, such as chat-1.png.")
