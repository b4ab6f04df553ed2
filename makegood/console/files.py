# SPDX-License-Identifier: Apache-2.0
"""Files that commands read and write. What was there before is never overwritten."""

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


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises UsageError where it is, MakegoodError where it cannot be."""
    write_new_bytes(path, text.encode("utf-8"))


def write_new_bytes(path: Path, content: bytes) -> None:
    """As `write_new`, for what is no text."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        if error.filename != str(path):
            raise MakegoodError(f"{path} cannot be written: {error.filename} is no folder.") from None
        raise UsageError(
            f"{path} is there already and is not overwritten.", hint="Give another path."
        ) from None
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None
