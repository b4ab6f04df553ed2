# SPDX-License-Identifier: Apache-2.0
"""Files of signed requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from makegood.console import signed
from makegood.console.files import write_new
from makegood.console.ids import bytes32
from makegood.errors import MakegoodError, NotFound, UsageError

REQUEST: dict[str, Any] = {
    "chain_id": 1,
    "desk": "0x" + "11" * 20,
    "signer": "0x" + "22" * 20,
    "deadline": 5,
    "signature": "0x" + "33" * 65,
    "ticket_id": "0x" + "44" * 32,
    "digest": "0x" + "55" * 32,
    "nonce": 0,
    "type": "makegood/signed-follow-up/1",
}


def written(folder: Path, content: object) -> Path:
    path = folder / "request.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_request_is_read_as_it_was_written(tmp_path: Path) -> None:
    request = signed.read(written(tmp_path, REQUEST), signed.FollowUp)
    assert (request.signer, request.nonce, request.digest) == ("0x" + "22" * 20, 0, "0x" + "55" * 32)


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        ("{", "is not JSON"),
        ([], "is no signed request"),
        (
            REQUEST | {"type": "makegood/signed-ticket/1"},
            "is no signed request of the type makegood/signed-follow-up/1",
        ),
        ({"type": "makegood/signed-follow-up/1"}, "does not have the fields"),
        (REQUEST | {"more": 1}, "does not have the fields"),
        (REQUEST | {"nonce": "0"}, "does not have the fields"),
        (REQUEST | {"nonce": True}, "does not have the fields"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: object, saying: str) -> None:
    with pytest.raises(UsageError, match=saying):
        signed.read(written(tmp_path, content), signed.FollowUp)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        signed.read(tmp_path / "none.json", signed.FollowUp)


@pytest.mark.parametrize("text", ["", "0x12", "0x" + "zz" * 32, "11" * 33])
def test_a_digest_has_32_bytes(text: str) -> None:
    with pytest.raises(UsageError, match="is not 32 bytes in hex"):
        bytes32(text)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_new(path, "first")
    with pytest.raises(UsageError, match="is there already and is not overwritten"):
        write_new(path, "second")
    assert path.read_text() == "first"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(MakegoodError, match="cannot be written"):
        write_new(tmp_path / "taken" / "file.json", "x")
