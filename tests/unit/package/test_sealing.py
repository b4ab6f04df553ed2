# SPDX-License-Identifier: Apache-2.0
"""Sealed bundles: who opens them, what is inside, and what is refused."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
import random
import tarfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from makegood import sealing
from makegood.errors import MakegoodError, NotFound, UsageError, VerificationFailed
from makegood.sealing import BundleDamaged, BundleTooLarge, Identity, NotSealedForYou

FILES = {"evidence.json": b'{"a": 1}', "聊天 1.png": bytes(range(256)) * 3, "empty.txt": b""}

# Its header as age writes one; making it takes a second.
UNDER_A_PASSPHRASE = (
    b"age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\n"
    + (b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n")
    + bytes(40)
)


@pytest.fixture(scope="module")
def arbiter() -> Identity:
    return Identity(str(pyrage.x25519.Identity.generate()))


@pytest.fixture(scope="module")
def other_arbiter() -> Identity:
    return Identity(str(pyrage.x25519.Identity.generate()))


@pytest.fixture(scope="module")
def stranger() -> Identity:
    return Identity(str(pyrage.x25519.Identity.generate()))


@pytest.fixture(scope="module")
def bundle(arbiter: Identity, other_arbiter: Identity) -> bytes:
    return sealing.seal(FILES, [arbiter.recipient, other_arbiter.recipient])


def plaintext(bundle: bytes, identity: Identity) -> bytes:
    return bytes(pyrage.decrypt(bundle, [pyrage.x25519.Identity.from_str(identity.secret())]))


def enclosed(archive: bytes, identity: Identity) -> bytes:
    """A bundle as somebody else makes it, with anything inside."""
    return bytes(pyrage.encrypt(archive, [pyrage.x25519.Recipient.from_str(identity.recipient)]))


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def test_each_recipient_opens_what_was_sealed(
    bundle: bytes, arbiter: Identity, other_arbiter: Identity
) -> None:
    assert sealing.unseal(bundle, [arbiter]) == FILES
    assert sealing.unseal(bundle, [other_arbiter]) == FILES


def test_one_identity_of_several_suffices(bundle: bytes, arbiter: Identity, stranger: Identity) -> None:
    assert sealing.unseal(bundle, [stranger, arbiter]) == FILES


def test_inside_is_a_plain_tar_archive(bundle: bytes, arbiter: Identity) -> None:
    with tarfile.open(fileobj=io.BytesIO(plaintext(bundle, arbiter)), mode="r:") as tar:
        members = tar.getmembers()
        assert [each.name for each in members] == sorted(FILES)
        assert {(each.type, each.mode, each.uid, each.gid, each.mtime) for each in members} == {
            (tarfile.REGTYPE, 0o600, 0, 0, 0)
        }
        for each in members:
            content = tar.extractfile(each)
            assert content is not None
            assert content.read() == FILES[each.name]


def test_same_files_in_any_order_give_the_same_archive(bundle: bytes, arbiter: Identity) -> None:
    again = sealing.seal(dict(reversed(FILES.items())), [arbiter.recipient])
    assert plaintext(again, arbiter) == plaintext(bundle, arbiter)


def test_bundle_shows_neither_names_nor_contents(bundle: bytes) -> None:
    assert not any(
        name.encode() in bundle or (content and content in bundle) for name, content in FILES.items()
    )


def test_recipient_given_twice_counts_once(arbiter: Identity) -> None:
    bundle = sealing.seal(FILES, [arbiter.recipient] * 40)
    assert bundle.count(b"-> X25519 ") == 1
    assert sealing.unseal(bundle, [arbiter]) == FILES


def test_stranger_is_told_that_the_bundle_is_for_others(bundle: bytes, stranger: Identity) -> None:
    with pytest.raises(NotSealedForYou, match=r"^The bundle is sealed for others"):
        sealing.unseal(bundle, [stranger])


def test_no_identity_opens_nothing(bundle: bytes) -> None:
    with pytest.raises(NotSealedForYou):
        sealing.unseal(bundle, [])


@pytest.mark.parametrize(
    "damage",
    [
        lambda bundle: bundle[:-1],
        lambda bundle: bundle + b"\0",
        lambda bundle: bundle[:-1] + bytes([bundle[-1] ^ 1]),
        lambda bundle: bundle.replace(b"\n--- ", b"\n--- A", 1),
        lambda bundle: bundle[: bundle.index(b"\n--- ") + 60],
    ],
)
def test_changed_bundle_is_refused_as_damaged(
    bundle: bytes, arbiter: Identity, damage: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(BundleDamaged, match="not as it was sealed"):
        sealing.unseal(damage(bundle), [arbiter])


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"age-encryption.org/v1\n", b"age-encryption.org/v2\n--- x"]
)
def test_what_is_no_bundle_is_refused(content: bytes, arbiter: Identity) -> None:
    with pytest.raises(BundleDamaged, match="is no sealed bundle"):
        sealing.unseal(content, [arbiter])


def test_header_of_very_many_recipients_is_refused(bundle: bytes, arbiter: Identity) -> None:
    stanza = bundle[bundle.index(b"-> X25519") : bundle.index(b"\n-> ", 30) + 1]
    assert len(stanza) == 98
    with pytest.raises(BundleDamaged, match="is no sealed bundle"):
        sealing.unseal(bundle.replace(stanza, stanza * 200, 1), [arbiter])


def test_armoured_bundle_is_refused_as_such(arbiter: Identity) -> None:
    recipient = pyrage.x25519.Recipient.from_str(arbiter.recipient)
    with pytest.raises(BundleDamaged, match="armoured text"):
        sealing.unseal(pyrage.encrypt(b"x", [recipient], armored=True), [arbiter])


def test_bundle_under_a_passphrase_is_for_others(arbiter: Identity) -> None:
    with pytest.raises(NotSealedForYou):
        sealing.unseal(UNDER_A_PASSPHRASE, [arbiter])


def test_any_changed_byte_is_refused_with_an_error_of_ours(bundle: bytes, arbiter: Identity) -> None:
    rng = random.Random(7)
    for _ in range(500):
        changed = bytearray(bundle)
        changed[rng.randrange(len(bundle))] ^= 1 << rng.randrange(8)
        with pytest.raises((BundleDamaged, NotSealedForYou)):
            sealing.unseal(bytes(changed), [arbiter])


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        bytes(1024),
        b"not a tar",
        b"x" * 2_000,
        tar_of((link("a", "/etc/passwd"), b"")),
        tar_of((tarfile.TarInfo("../a"), b"x")),
        tar_of((tarfile.TarInfo("/a"), b"x")),
        tar_of((tarfile.TarInfo("a"), b"x")),
        tar_of((tarfile.TarInfo("a"), b"x"), (tarfile.TarInfo("a"), b"y")),
        tar_of((tarfile.TarInfo("a"), b"x"))[:513],
    ],
    ids=["empty", "no-file", "short", "junk", "link", "parent", "root", "padded", "twice", "cut"],
)
def test_archive_that_seal_does_not_make_is_refused(archive: bytes, arbiter: Identity) -> None:
    with pytest.raises(BundleDamaged):
        sealing.unseal(enclosed(archive, arbiter), [arbiter])


@pytest.mark.parametrize("place", [0, 99, 100, 124, 136, 148, 156, 157, 257, 345, 511, 513, 1_024])
def test_archive_has_one_form_only(place: int, arbiter: Identity) -> None:
    archive = bytearray(plaintext(sealing.seal({"a": b"x"}, [arbiter.recipient]), arbiter))
    archive[place] ^= 1
    with pytest.raises(BundleDamaged):
        sealing.unseal(enclosed(bytes(archive), arbiter), [arbiter])


def test_archive_with_too_many_files_is_refused(arbiter: Identity) -> None:
    archive = tar_of(*((tarfile.TarInfo(f"{number}.txt"), b"") for number in range(65)))
    with pytest.raises(BundleTooLarge, match="65 files; a bundle has at most 64"):
        sealing.unseal(enclosed(archive, arbiter), [arbiter])


NAMES = [
    ("", "is empty"),
    (".", "begins with a dot"),
    ("..", "begins with a dot"),
    (".bashrc", "begins with a dot"),
    ("-rf", "begins with a dot, hyphen"),
    (" a", "begins with a dot, hyphen or space"),
    ("a ", "or ends in one"),
    ("a.", "or ends in one"),
    ("a/b", "Character 2 of the file name 'a/b' is '/'"),
    ("/etc", "Character 1"),
    ("a\\b", "Character 2"),
    ("c:a", "Character 2"),
    ("what?", "Character 5"),
    ("a\nb", "Character 2 of the file name 'a\\nb' is invisible"),
    ("a\x00", "Character 2"),
    ("a\x7fb", "Character 2"),
    ("a\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", "Character 2 of the file name 'a\\u202egnp.exe' is invisible"),
    ("a\N{ZERO WIDTH SPACE}b", "Character 2"),
    ("a\N{LINE SEPARATOR}b", "Character 2"),
    ("a\ud800", "Character 2"),
    ("e\N{COMBINING ACUTE ACCENT}", "letters and their marks apart"),
    ("NUL", "a device on Windows"),
    ("com1.txt", "a device on Windows"),
    ("a" * 101, "longer than 100 bytes"),
    ("聊" * 34, "longer than 100 bytes"),
]


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_name_that_is_no_plain_file_name_is_refused(name: str, words: str, arbiter: Identity) -> None:
    with pytest.raises(UsageError) as refusal:
        sealing.seal({name: b"x"}, [arbiter.recipient])
    assert words in str(refusal.value)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("name", ["a", "a" * 100, "聊" * 33, "Été (2).png", "console.log", "a..b"])
def test_plain_file_name_is_taken(name: str, arbiter: Identity) -> None:
    bundle = sealing.seal({name: b"x"}, [arbiter.recipient])
    assert sealing.unseal(bundle, [arbiter]) == {name: b"x"}


def test_names_that_differ_only_in_case_are_refused(arbiter: Identity) -> None:
    with pytest.raises(UsageError, match=r"'a\.txt' and 'A\.txt' differ only in case"):
        sealing.seal({"a.txt": b"", "A.txt": b""}, [arbiter.recipient])


def test_no_files_are_refused(arbiter: Identity) -> None:
    with pytest.raises(UsageError, match="no files to seal"):
        sealing.seal({}, [arbiter.recipient])


def test_as_many_files_as_the_limit_are_taken(arbiter: Identity) -> None:
    files = {f"{number}.txt": b"x" for number in range(64)}
    assert sealing.unseal(sealing.seal(files, [arbiter.recipient]), [arbiter]) == files


def test_one_file_more_is_refused(arbiter: Identity) -> None:
    with pytest.raises(BundleTooLarge, match="65 files; a bundle has at most 64"):
        sealing.seal({f"{number}.txt": b"" for number in range(65)}, [arbiter.recipient])


def test_as_many_bytes_as_the_limit_are_taken(arbiter: Identity) -> None:
    files = {f"{number}.bin": bytes((1 << 20) + (1 if number < 32 else -1)) for number in range(64)}
    assert sum(map(len, files.values())) == 67_108_864
    bundle = sealing.seal(files, [arbiter.recipient])
    assert len(bundle) <= sealing.BUNDLE_MAX
    assert sealing.unseal(bundle, [arbiter]) == files


def test_one_byte_more_is_refused(arbiter: Identity) -> None:
    with pytest.raises(BundleTooLarge, match="67,108,865 bytes; a bundle has at most 67,108,864"):
        sealing.seal({"a.bin": bytes(67_108_865)}, [arbiter.recipient])


def test_bundle_beyond_the_limit_is_refused_unopened(arbiter: Identity) -> None:
    with pytest.raises(BundleTooLarge, match="The bundle has 68,157,441 bytes or more"):
        sealing.unseal(bytes(sealing.BUNDLE_MAX + 1), [arbiter])


def test_file_beyond_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "evidence.age"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BundleTooLarge, match="a bundle has at most 68,157,440"):
        sealing.read_bundle(path)


def test_bundle_is_read_as_it_was_written(tmp_path: Path, bundle: bytes) -> None:
    path = tmp_path / "evidence.age"
    path.write_bytes(bundle)
    assert sealing.read_bundle(path) == bundle


def test_bundle_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        sealing.read_bundle(tmp_path / "evidence.age")
    with pytest.raises(UsageError, match="cannot be read"):
        sealing.read_bundle(tmp_path)


def test_32_recipients_are_taken_and_33_refused() -> None:
    identities = [Identity(str(pyrage.x25519.Identity.generate())) for _ in range(33)]
    recipients = [identity.recipient for identity in identities]
    bundle = sealing.seal(FILES, recipients[:32])
    assert sealing.unseal(bundle, [identities[31]]) == FILES
    with pytest.raises(UsageError, match="33 recipients; a bundle has at most 32"):
        sealing.seal(FILES, recipients)


def test_no_recipients_are_refused() -> None:
    with pytest.raises(UsageError, match="There are no recipients"):
        sealing.seal(FILES, [])


@pytest.mark.parametrize(
    "wrong", ["", "age1", "ssh-ed25519 AAAA", "age1\N{CYRILLIC SMALL LETTER A}", "\ud800"]
)
def test_what_is_no_recipient_is_refused_by_its_number(wrong: str, arbiter: Identity) -> None:
    with pytest.raises(UsageError, match="Recipient 2 is no X25519 recipient"):
        sealing.seal(FILES, [arbiter.recipient, wrong])


def test_secret_key_given_as_recipient_is_refused_and_not_repeated(arbiter: Identity) -> None:
    with pytest.raises(UsageError, match="Recipient 1 is a secret key") as refusal:
        sealing.seal(FILES, [arbiter.secret()])
    assert arbiter.secret()[20:30] not in str(refusal.value)


def test_text_of_an_identity_shows_the_recipient_only(arbiter: Identity) -> None:
    assert (repr(arbiter), str(arbiter)) == (f"Identity({arbiter.recipient})",) * 2
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(arbiter)
    with pytest.raises(TypeError, match="stays in its process"):
        copy.deepcopy(arbiter)


def test_what_is_no_identity_is_refused_and_not_repeated(arbiter: Identity) -> None:
    cut = arbiter.secret()[:-1]
    with pytest.raises(UsageError, match="This is no age identity") as refusal:
        Identity(cut)
    assert "AGE-SECRET-KEY-1Q" not in "".join(traceback.format_exception_only(refusal.value))
    assert cut not in str(refusal.value)


def test_refusals_exit_as_their_kind() -> None:
    errors: list[type[MakegoodError]] = [NotSealedForYou, BundleDamaged, BundleTooLarge]
    assert [error.exit_code for error in errors] == [2, 6, 2]
    assert issubclass(BundleDamaged, VerificationFailed)


def test_digests_are_those_of_the_plaintext() -> None:
    document = {"type": "makegood/evidence/1", "text": "as agreed", "files": [], "salt": "5a" * 32}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    files = {
        "evidence.json": json.dumps(document, indent=4).encode(),
        "chat.txt": b"hello",
        "list.json": b"[1]",
    }
    found = sealing.digests(files)
    assert found.files == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert found.documents == {"evidence.json": hashlib.sha256(canonical).digest()}


def test_document_is_found_by_its_digest() -> None:
    document = {"type": "makegood/evidence/1", "salt": "5a" * 32}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    found = sealing.digests({"a.txt": b"\xff", "evidence.json": canonical})
    assert found.document_of(hashlib.sha256(canonical).digest()) == "evidence.json"
    assert found.document_of(bytes(32)) is None
