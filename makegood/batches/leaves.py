# SPDX-License-Identifier: Apache-2.0
"""The published leaves of a batch: one file of its entries, 192 bytes each, in leaf order, and nothing else.

It is named by the root, so that a folder holds any number of batches and no file ever changes.
docs/batches.md has the format.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from makegood.batches.batch import MAX_SIZE, Batch, Counts
from makegood.batches.entry import ENTRY_BYTES
from makegood.errors import LeavesDamaged, LeavesMissing, LeavesOfAnotherRoot, MakegoodError, UsageError

TIMEOUT = 120.0
"""Seconds that a download may take in all."""
SUFFIX = ".leaves"

_SILENCE = 20.0  # seconds without a byte
_REDIRECTS = 5
_PIECE = 1 << 20


def file_name(root: bytes) -> str:
    """The name of the file with the leaves under this root."""
    return f"{root.hex()}{SUFFIX}"


# ---------------------------------------------------------------- writing


def write_leaves(batch: Batch, folder: Path) -> Path:
    """Publish a batch's leaves in a folder; returns the file, which is there as a whole or not at all.

    When this returns, the file outlasts a crash of the machine. Raises MakegoodError where it cannot be
    written.
    """
    path = folder / file_name(batch.root)
    # Beside it, since only within one file system a renaming is one step; random, for two writers at once.
    part = folder / f".{path.name}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as file:
                file.write(batch.leaves)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def _sync(folder: Path) -> None:
    # The new name is the folder's; without this a crash may take it away again.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- reading


def read_leaves(source: Path | str, root: bytes, counts: Sequence[int], *, timeout: float = TIMEOUT) -> Batch:
    """The batch with this root and these counts, as the chain has them, from where its leaves are published.

    A Path is a file or a folder of files; a str is an http(s) address of a folder, or of the file in it:
    never a file of this machine, since such addresses are read from the chain. No more is read than the
    counts allow.

    Nothing is returned that was not checked: there are as many leaves as the chain says, and their root is
    the anchored one. What a desk anchored may still be nonsense; `Batch.misplaced` tells. Raises
    LeavesMissing, LeavesDamaged or LeavesOfAnotherRoot; UsageError for what is no root, no counts or no
    address.
    """
    numbers = _counts(root, counts)
    size = sum(numbers)
    limit = size * ENTRY_BYTES
    if isinstance(source, Path):
        name, pieces = _file(source, root)
    else:
        name, pieces = _download(source, root, timeout)
    # One byte more than there may be tells that there are too many.
    leaves = bytearray()
    with contextlib.closing(pieces):
        for piece in pieces:
            leaves += piece[: limit + 1 - len(leaves)]
            if len(leaves) > limit:
                break
    _check_length(name, len(leaves), size)
    batch = Batch(bytes(leaves), numbers)
    if batch.root != root:
        _refuse_root(name, batch, root)
    return batch


def _counts(root: bytes, counts: Sequence[int]) -> Counts:
    if len(root) != 32 or not any(root):
        raise UsageError("The root of a batch has 32 bytes, which are not all zero.")
    if len(counts) != 5 or min(counts) < 0 or not 0 < sum(counts) <= MAX_SIZE:
        raise UsageError(
            f"{list(counts)} are not the counts of a batch.",
            hint=f"They are five, together 1 to {MAX_SIZE:,}.",
        )
    urgent, high, normal, low, later = counts
    return urgent, high, normal, low, later


def _check_length(name: str, length: int, size: int) -> None:
    expected = size * ENTRY_BYTES
    if length > expected:
        raise LeavesDamaged(
            f"{name} is damaged: it has more than the {expected:,} bytes of the batch's {size:,} leaves."
        )
    if length < expected:
        raise LeavesDamaged(
            f"{name} is damaged: it has {length:,} of the {expected:,} bytes of the batch's {size:,} leaves."
        )


def _refuse_root(name: str, batch: Batch, root: bytes) -> None:
    for index in batch.misplaced():
        raise LeavesDamaged(
            f"{name} is damaged: its root is not 0x{root.hex()}, and leaf {index} is no entry of its place."
        )
    raise LeavesOfAnotherRoot(
        f"{name} has the leaves of another root: theirs is 0x{batch.root.hex()}, not 0x{root.hex()}."
    )


def _file(path: Path, root: bytes) -> tuple[str, Generator[bytes]]:
    path = path / file_name(root) if path.is_dir() else path
    return str(path), _pieces_of_file(path)


def _pieces_of_file(path: Path) -> Generator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except FileNotFoundError:
        raise LeavesMissing(f"The leaves are missing: there is no file {path}.") from None
    except OSError as error:
        raise LeavesMissing(f"The leaves are missing: {path} cannot be read: {error.strerror}.") from None


def _download(address: str, root: bytes, timeout: float) -> tuple[str, Generator[bytes]]:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            "The address of the leaves is not one of http or https.", hint="Get the file, and give its path."
        )
    path = parts.path
    if not path.endswith(SUFFIX):
        path = f"{path.rstrip('/')}/{file_name(root)}"
    # What is told has neither a password nor a key in it.
    host = parts.netloc.rpartition("@")[2]
    name = urlunsplit((parts.scheme, host, path, "", ""))
    return name, _pieces_of_answer(urlunsplit((*parts[:2], path, parts.query, "")), name, timeout)


def _pieces_of_answer(address: str, name: str, timeout: float) -> Generator[bytes]:
    deadline = time.monotonic() + timeout
    try:
        with requests.Session() as session:
            session.max_redirects = _REDIRECTS
            # Packed bytes could be many more than are sent.
            session.headers["Accept-Encoding"] = "identity"
            with session.get(address, stream=True, timeout=min(_SILENCE, timeout)) as answer:
                if answer.status_code != requests.codes.ok:
                    raise LeavesMissing(f"The leaves are missing: {name} answers {answer.status_code}.")
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise LeavesMissing(
                        f"The leaves are missing: {name} sends them packed, which was not asked."
                    )
                # What has come so far, so that no server holds us up by sending slowly.
                while piece := answer.raw.read1(_PIECE):
                    if time.monotonic() > deadline:
                        raise LeavesMissing(f"The leaves are missing: {name} took over {timeout:g} seconds.")
                    yield piece
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise LeavesMissing(
            f"The leaves are missing: {name} cannot be read ({type(error).__name__}).",
            hint="Try again, or get the file elsewhere.",
        ) from None
