# SPDX-License-Identifier: Apache-2.0
"""Files that commands read and write. What was there before is never overwritten.

What people said is nobody else's on the machine: a file can be read by its owner only, and so can a folder
that is made for it, unless it is told to be public.
"""

import os
from pathlib import Path

from makegood.errors import MakegoodError, NotFound, UsageError


def read_text(path: Path) -> str:
    """The UTF-8 text of a file. Raises NotFound, or UsageError where it cannot be read."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check its path.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def write_new(path: Path, text: str, *, public: bool = False) -> None:
    """Write a file that is not there yet. Raises UsageError where it is, MakegoodError where it cannot be."""
    write_new_bytes(path, text.encode("utf-8"), public=public)


def write_new_bytes(path: Path, content: bytes, *, public: bool = False) -> None:
    """As `write_new`, for what is no text."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o777 if public else 0o700, parents=True)
        _write(path, content, public=public)
    except FileExistsError as error:
        if error.filename != str(path):
            raise MakegoodError(f"{path} cannot be written: {error.filename} is no folder.") from None
        raise UsageError(
            f"{path} is there already and is not overwritten.", hint="Give another path."
        ) from None
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None


def write_anew(path: Path, text: str, *, public: bool = False) -> None:
    """Write a file in the place of an earlier one, which a full disk leaves. Raises MakegoodError."""
    draft = path.with_suffix(".new")
    try:
        draft.unlink(missing_ok=True)
        _write(draft, text.encode("utf-8"), public=public)
        draft.replace(path)
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None


def _write(path: Path, content: bytes, *, public: bool) -> None:
    descriptor = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if public else 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
