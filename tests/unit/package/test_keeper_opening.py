# SPDX-License-Identifier: Apache-2.0
"""What a keeper reads of others: namings from anybody, a keystore, its settings, requests from the web."""

from __future__ import annotations

import json
import socket
import struct
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from makegood.desk import Desk
from makegood.errors import MakegoodError, SignatureRefused, UsageError
from makegood.keeper.key import account_of
from makegood.keeper.namings import TYPE, Namings
from makegood.keeper.running import Keeper
from makegood.keeper.serving import served
from makegood.keeper.settings import Settings

DESK, SIGNER, KEEPER = ("0x" + digit * 40 for digit in "123")
GOOD = {
    "type": TYPE,
    "chain_id": 1,
    "desk": DESK,
    "signer": SIGNER,
    "keeper": KEEPER,
    "nonce": 0,
    "deadline": 2_000_000_000,
    "signature": "0x" + "01" * 65,
}


def standing(folder: Path) -> set[str]:
    desk = cast(Desk, SimpleNamespace(chain_id=1, address=DESK))
    return set(Namings(folder, desk, KEEPER).standing(1_900_000_000))


@pytest.mark.parametrize(
    "wrong",
    [
        "[" * 16_000,
        json.dumps({**GOOD, "deadline": float("inf")}),
        json.dumps({**GOOD, "deadline": 2**256}),
        json.dumps({**GOOD, "nonce": -1}),
        json.dumps({**GOOD, "nonce": "0"}),
        json.dumps({**GOOD, "signature": "0x01"}),
        json.dumps({**GOOD, "signature": "0x" + "01" * 66}),
    ],
)
def test_a_naming_that_cannot_be_sent_hides_no_other(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "1.json").write_text(wrong, "utf-8")
    assert standing(tmp_path) == set()
    (tmp_path / "2.json").write_text(json.dumps(GOOD), "utf-8")
    assert standing(tmp_path) == {SIGNER}


@pytest.mark.parametrize("content", [{"crypto": {}, "version": 1}, {"crypto": [], "version": 3}])
def test_a_keystore_of_another_kind_is_refused_in_a_sentence(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(content), "utf-8")
    path.chmod(0o600)
    with pytest.raises(SignatureRefused, match="does not open"):
        account_of(path, "password")


@pytest.mark.parametrize("key", ["every", "slow_every", "most_gwei"])
def test_a_number_without_an_end_is_refused_with_its_key(key: str) -> None:
    with pytest.raises(UsageError, match=key):
        Settings.from_table({"key": "key.json", "password": "of the tests", key: float("inf")})


def test_a_channel_that_is_commented_out_is_none() -> None:
    warn = {"before": ["1h"], "channels": "# of the desk\n  # json://old.example\njson://new.example\n"}
    found = Settings.from_table({"key": "key.json", "password": "of the tests", "warn": warn})
    assert found.warn.channels == ("json://new.example",)


@pytest.mark.parametrize("host", [".x", "no host", "ü" * 70, "a\0b"])
def test_a_host_that_is_none_is_said_in_one_sentence(host: str) -> None:
    with (
        pytest.raises(MakegoodError, match=r"The keeper cannot listen at .*, port 0: .*\."),
        served(cast(Keeper, None), host, 0),
    ):
        pass


def test_it_answers_at_an_address_of_the_newer_kind() -> None:
    with (
        served(cast(Keeper, None), "::1", 0) as address,
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        urllib.request.urlopen(f"{address}/nothing")  # noqa: S310
    assert address.startswith("http://[::1]:")


def test_whoever_hangs_up_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    # Nothing that is asked for here looks at the keeper.
    with served(cast(Keeper, None), "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET /nothing")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/nothing")  # noqa: S310
    assert capfd.readouterr().err == ""
