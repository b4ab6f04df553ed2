# SPDX-License-Identifier: Apache-2.0
"""Keys and their files: encrypted, for the owner only, and opened by their passphrase alone."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from makegood.errors import NotFound, SignatureRefused, UsageError
from makegood.identity import Curve, Key, key_file, passphrase

FAST = 2  # scrypt rounds
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def words() -> str:
    return "correct horse"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An Ed25519 key file."""
    path = tmp_path / "agent.json"
    key_file.write(path, Key(Curve.ED25519, bytes(range(32))), words, rounds=FAST)
    return path


def altered(file: Path, **changes: Any) -> Path:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return file


@pytest.mark.parametrize("curve", list(Curve))
def test_key_that_was_written_is_read(tmp_path: Path, curve: Curve) -> None:
    key = Key.generate(curve)
    key_file.write(tmp_path / "key.json", key, words, rounds=FAST)
    assert key_file.read(tmp_path / "key.json", words) == key


def test_file_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key_file.write(tmp_path / "key.json", Key.generate(), words, rounds=FAST)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600


def test_file_does_not_hold_the_secret(file: Path) -> None:
    assert bytes(range(32)).hex() not in file.read_text()


def test_file_of_an_ed25519_key_is_no_wallet(file: Path) -> None:
    assert "address" not in json.loads(file.read_text())


def test_file_of_a_secp256k1_key_opens_in_a_wallet(tmp_path: Path) -> None:
    account = Account.create()
    key_file.write(tmp_path / "key.json", Key.from_account(account), words, rounds=FAST)
    keystore = json.loads((tmp_path / "key.json").read_text())
    assert Account.from_key(Account.decrypt(keystore, words())).address == account.address


def test_existing_file_is_never_overwritten(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(UsageError, match="exists already"):
        key_file.write(file, Key.generate(), words, rounds=FAST)
    assert file.read_text() == before


def test_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="passphrase is empty"):
        key_file.write(tmp_path / "key.json", Key.generate(), lambda: "", rounds=FAST)
    assert not (tmp_path / "key.json").exists()


def test_wrong_passphrase_is_refused(file: Path) -> None:
    with pytest.raises(SignatureRefused, match="passphrase does not open"):
        key_file.read(file, lambda: "wrong horse")


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o644])
def test_file_that_others_can_reach_is_refused_before_asking(file: Path, mode: int) -> None:
    file.chmod(mode)

    def ask() -> str:
        pytest.fail("asked for the passphrase")

    with pytest.raises(UsageError, match=r"by others than you\. Run `chmod 600"):
        key_file.read(file, ask)


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no key file"):
        key_file.read(tmp_path / "none.json", words)


def test_pipe_is_no_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UsageError, match="is no key file"):
        key_file.read(tmp_path / "pipe", words)


@pytest.mark.parametrize(
    "changes",
    [
        {"makegood": None},
        {"makegood": {"curve": "P-256", "did": ""}},
        {"crypto": None},
        {"crypto": {"kdf": "scrypt", "kdfparams": {"n": 2**40, "r": 8, "p": 1, "dklen": 32}}},
        {"crypto": {"kdf": "scrypt", "kdfparams": {"n": 2, "r": 8, "p": 1, "dklen": 32}}},
    ],
    ids=["no curve", "another curve", "nothing encrypted", "too costly", "half of it"],
)
def test_file_of_another_form_is_refused(file: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is no key file"):
        key_file.read(altered(file, **changes), words)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b" " * 20_000], ids=range(6)
)
def test_file_that_is_no_json_object_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError, match="is no key file"):
        key_file.read(file, words)


def test_file_that_names_another_curve_than_its_key_was_made_for_is_refused(file: Path) -> None:
    said = json.loads(file.read_text())["makegood"] | {"curve": "secp256k1"}
    with pytest.raises(UsageError, match="key of another DID than it says"):
        key_file.read(altered(file, makegood=said), words)


def test_passphrase_comes_from_a_descriptor_and_only_its_first_line() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\nsecond line\n")
    os.close(writing)
    assert passphrase.from_descriptor(reading)() == "correct horse"


def test_descriptor_that_cannot_be_read_is_refused() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    with pytest.raises(UsageError, match="gives no passphrase"):
        passphrase.from_descriptor(reading)()


def test_prompt_for_a_new_passphrase_asks_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one", "one", "one", "two"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert passphrase.prompt(twice=True)() == "one"
    with pytest.raises(UsageError, match="passphrases differ"):
        passphrase.prompt(twice=True)()


def test_prompt_without_a_terminal_is_refused() -> None:
    code = "from makegood.identity import passphrase; passphrase.prompt()()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="typed for all to see\n",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert "UsageError: There is no terminal to ask for the passphrase." in done.stderr


@pytest.mark.parametrize(
    ("curve", "secret"),
    [
        (Curve.ED25519, bytes(31)),
        (Curve.SECP256K1, bytes(32)),
        (Curve.SECP256K1, SECP256K1_ORDER.to_bytes(32)),
        (Curve.SECP256K1, bytes(33)),
    ],
)
def test_bytes_that_are_no_secret_key_are_refused(curve: Curve, secret: bytes) -> None:
    with pytest.raises(UsageError, match="not the bytes of a secret"):
        Key(curve, secret)


def test_secret_is_not_shown() -> None:
    key = Key(Curve.ED25519, bytes(range(32)))
    assert repr(bytes(range(32))) not in repr(key)


def test_key_of_an_account_has_the_accounts_public_key() -> None:
    account = Account.create()
    key = Key.from_account(account)
    assert key.public.data == account._key_obj.public_key.to_compressed_bytes()


@pytest.mark.parametrize("curve", list(Curve))
def test_the_did_is_told_without_the_passphrase(tmp_path: Path, curve: Curve) -> None:
    key = Key.generate(curve)
    key_file.write(tmp_path / "key.json", key, words, rounds=FAST)
    assert key_file.did(tmp_path / "key.json") == key.did


@pytest.mark.parametrize("said", [None, {"curve": "Ed25519"}, {"curve": "Ed25519", "did": "did:\x1b[2J"}])
def test_a_file_that_names_no_did_is_refused(file: Path, said: object) -> None:
    with pytest.raises(UsageError, match="is no key file"):
        key_file.did(altered(file, makegood=said))
