# SPDX-License-Identifier: Apache-2.0
"""Files with age keys: identities are private and never overwritten, a refusal never shows a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pyrage
import pytest

from makegood import sealing
from makegood.errors import NotFound, UsageError

SECRET = "AGE-SECRET-KEY-1X23TNN05TC92K5VL5QF4F508VUM7796RXPL440CY7CANUD5QZC8QX2CSUR"  # noqa: S105  made for this test
RECIPIENT = "age1cr7qauuclyhl78jswf6n9lqkd2lk5e3ka7keql7zev74erxmhftscv6gce"
KEYGEN = f"# created: 2026-11-22T01:46:17Z\n# public key: {RECIPIENT}\n{SECRET}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "arbiter.key"


def write(path: Path, text: str | bytes, mode: int = 0o600) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


def test_new_identity_opens_what_is_sealed_to_its_recipient(path: Path) -> None:
    recipient = sealing.new_identity(path)
    bundle = sealing.seal({"a.txt": b"x"}, [recipient])
    assert sealing.unseal(bundle, sealing.read_identities(path)) == {"a.txt": b"x"}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_new_identity_is_only_its_owners_whatever_the_mask(path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        sealing.new_identity(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o7777 == 0o600


def test_new_identity_is_written_as_age_keygen_does(path: Path) -> None:
    recipient = sealing.new_identity(path)
    comment, secret = path.read_text().splitlines()
    assert comment == f"# public key: {recipient}"
    assert str(pyrage.x25519.Identity.from_str(secret).to_public()) == recipient


def test_new_identity_never_overwrites(path: Path) -> None:
    write(path, KEYGEN)
    with pytest.raises(UsageError, match="is there already; nothing was written"):
        sealing.new_identity(path)
    assert path.read_text() == KEYGEN


def test_new_identity_does_not_follow_a_link(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is there already"):
        sealing.new_identity(path)
    assert not (tmp_path / "elsewhere").exists()


def test_new_identity_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        sealing.new_identity(tmp_path / "none" / "arbiter.key")


def test_new_identity_that_cannot_be_stored_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        sealing.new_identity(path)
    assert not path.exists()


@pytest.mark.parametrize("text", [KEYGEN, f"\n  {SECRET}\t\r\n\n# end", SECRET])
def test_identity_is_read_as_age_keygen_writes_it(path: Path, text: str) -> None:
    write(path, text)
    assert [each.recipient for each in sealing.read_identities(path)] == [RECIPIENT]


def test_several_identities_are_read_in_their_order(path: Path) -> None:
    other = pyrage.x25519.Identity.generate()
    write(path, f"{KEYGEN}{other}\n", mode=0o400)
    found = [each.recipient for each in sealing.read_identities(path)]
    assert found == [RECIPIENT, str(other.to_public())]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o700])
def test_identity_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    write(path, KEYGEN, mode)
    with pytest.raises(UsageError, match=rf"has mode {mode:o}: others may .* `chmod 600 "):
        sealing.read_identities(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no identity"),
        (f"# {SECRET}\n", "has no identity"),
        (f"# ours\n{SECRET[:-1]}\n", "line 2, is an identity of another kind than X25519, or not whole"),
        (f"{SECRET}\nAGE-SECRET-KEY-PQ-1QQQ\n", "line 2, is an identity of another kind"),
        ("AGE-PLUGIN-YUBIKEY-1QQQ\n", "line 1, is no age identity"),
        (f"{RECIPIENT}\n", "line 1, is no age identity"),
        (f"\ufeff{SECRET}\n", "line 1, is no age identity"),
        (b"age-encryption.org/v1\n-> scrypt", "is encrypted"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "is encrypted"),
        (b"\xff\xfe", "is no text"),
        (b"#" * 65_537, "larger than 65,536 bytes"),
    ],
)
def test_file_without_identities_is_refused_without_showing_it(
    path: Path, text: str | bytes, words: str
) -> None:
    write(path, text)
    with pytest.raises(UsageError) as refusal:
        sealing.read_identities(path)
    assert words in str(refusal.value)
    assert SECRET[16:30] not in str(refusal.value)


def test_identity_that_is_not_there_is_not_found(path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        sealing.read_identities(path)


def test_folder_and_pipe_are_no_identities(tmp_path: Path, path: Path) -> None:
    os.mkfifo(path, 0o600)
    for each in (tmp_path, path):
        with pytest.raises(UsageError, match="is no plain file"):
            sealing.read_identities(each)


def test_recipients_are_read_with_comments(path: Path) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    write(path, f"# panel of 2026\n{RECIPIENT}\n\n  {other}\r\n", mode=0o644)
    assert sealing.read_recipients(path) == (RECIPIENT, other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# none\n", "has no recipient"),
        (f"{RECIPIENT}\nssh-ed25519 AAAA\n", "line 2, is no X25519 recipient"),
        (f"# ours\n{SECRET}\n", "line 2, is a secret key"),
        (f"{SECRET.lower()}\n", "line 1, is a secret key"),
        (b"\xff", "is no text"),
    ],
)
def test_file_without_recipients_is_refused_by_its_line(path: Path, text: str | bytes, words: str) -> None:
    write(path, text)
    with pytest.raises(UsageError) as refusal:
        sealing.read_recipients(path)
    assert words in str(refusal.value)
    assert SECRET[16:30].lower() not in str(refusal.value).lower()


def test_recipients_that_are_not_there_are_not_found(path: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        sealing.read_recipients(path)
    with pytest.raises(UsageError, match="cannot be read"):
        sealing.read_recipients(tmp_path)
