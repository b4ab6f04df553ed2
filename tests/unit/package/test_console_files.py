# SPDX-License-Identifier: Apache-2.0
"""Files that commands write: for their owner's eyes, and never over what was there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from makegood.console.files import write_anew, write_new
from makegood.errors import MakegoodError, UsageError


@pytest.fixture(autouse=True)
def no_mask() -> Iterator[None]:
    """Nothing but the program itself takes rights away."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_its_new_folder_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "documents" / "a.json"
    write_new(path, "first")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write_new(tmp_path / "a.json", "first")
    assert mode(tmp_path) == 0o755


def test_what_is_public_is_as_the_users_mask_says(tmp_path: Path) -> None:
    os.umask(0o022)
    path = tmp_path / "cards" / "a.json"
    write_new(path, "first", public=True)
    assert (mode(path), mode(path.parent)) == (0o644, 0o755)


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("mine")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="is there already and is not overwritten"):
        write_new(path, "other")
    assert (path.read_text(), mode(path)) == ("mine", 0o644)


def test_what_is_written_anew_is_private_whatever_lay_there(tmp_path: Path) -> None:
    path, draft = tmp_path / "a.json", tmp_path / "a.new"
    for each in (path, draft):
        each.write_text("of before")
        each.chmod(0o666)
    write_anew(path, "after")
    assert (path.read_text(), mode(path)) == ("after", 0o600)
    assert not draft.exists()


def test_what_cannot_be_written_anew_leaves_the_old_one(tmp_path: Path) -> None:
    path, draft = tmp_path / "a.json", tmp_path / "a.new"
    path.write_text("of before")
    draft.mkdir()
    with pytest.raises(MakegoodError, match="cannot be written"):
        write_anew(path, "after")
    assert path.read_text() == "of before"
