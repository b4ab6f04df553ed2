# SPDX-License-Identifier: Apache-2.0
"""Published leaves: written as a whole or not at all; believed only under the chain's root and counts."""

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from makegood.batches import Act, Batch, Entry, file_name, read_leaves, write_leaves
from makegood.clock import Priority
from makegood.errors import LeavesDamaged, LeavesMissing, LeavesOfAnotherRoot, MakegoodError, UsageError

ACTOR = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


def made(size: int, name: str = "ticket") -> Batch:
    ids = [hashlib.sha256(f"{name} {index}".encode()).digest() for index in range(size)]
    return Batch.of(
        [
            (Entry(each, 0, Act.OPENED, 5, ACTOR, each[::-1]), Priority(index % 4))
            for index, each in enumerate(ids)
        ],
        [Entry(each, 1, Act.REPLIED, 9, ACTOR, each[::-1]) for each in ids[::2]],
    )


@pytest.fixture(scope="module")
def batch() -> Batch:
    return made(50)


@pytest.fixture
def folder(batch: Batch, tmp_path: Path) -> Path:
    """Where the batch and another one are published."""
    for each in (batch, made(3, "other")):
        write_leaves(each, tmp_path)
    return tmp_path


# ---------------------------------------------------------------- writing


def test_file_is_the_entries_in_leaf_order_and_named_by_the_root(batch: Batch, tmp_path: Path) -> None:
    path = write_leaves(batch, tmp_path / "new" / "leaves")
    assert path == tmp_path / "new" / "leaves" / f"{batch.root.hex()}.leaves"
    assert path.read_bytes() == b"".join(batch.entry(index).encoded() for index in range(batch.size))
    assert [each.name for each in path.parent.iterdir()] == [file_name(batch.root)]


def test_written_again_it_is_whole_again(batch: Batch, folder: Path) -> None:
    path = folder / file_name(batch.root)
    path.write_bytes(b"half")
    write_leaves(batch, folder)
    assert path.read_bytes() == batch.leaves


def test_web_server_may_read_it(batch: Batch, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert write_leaves(batch, tmp_path).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(before)


def test_nothing_is_left_where_writing_fails(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MakegoodError, match=r"cannot be written: No space left on device\."):
        write_leaves(batch, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_told(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MakegoodError, match="cannot be written"):
        write_leaves(batch, tmp_path / "file")


# ---------------------------------------------------------------- reading from files


def test_read_from_a_folder_and_from_a_file(batch: Batch, folder: Path) -> None:
    for source in (folder, folder / file_name(batch.root)):
        found = read_leaves(source, batch.root, batch.counts)
        assert (found.leaves, found.counts, found.root) == (batch.leaves, batch.counts, batch.root)


def test_missing_leaves(batch: Batch, tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "x.leaves"):
        with pytest.raises(LeavesMissing, match="are missing: there is no file") as raised:
            read_leaves(source, batch.root, batch.counts)
        assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda leaves: leaves[:-1],
            r"is damaged: it has 14,399 of the 14,400 bytes of the batch's 75 leaves",
        ),
        (lambda leaves: leaves[:-192], r"is damaged: it has 14,208 of the 14,400 bytes"),
        (lambda _: b"", r"is damaged: it has 0 of the 14,400 bytes"),
        (lambda leaves: leaves + b"\n", r"is damaged: it has more than the 14,400 bytes"),
        (lambda leaves: leaves + leaves[-192:], r"is damaged: it has more than the 14,400 bytes"),
        (lambda leaves: b"\n" + leaves[:-1], r"is damaged: its root is not 0x\w+, and leaf 0 is no entry"),
        (lambda leaves: leaves[:-64] + b"\1" + leaves[-63:], "leaf 74 is no entry of its place"),
        (lambda leaves: leaves[-192:] + leaves[:-192], "leaf 0 is no entry of its place"),
    ],
)
def test_damaged_leaves(batch: Batch, folder: Path, change: Callable[[bytes], bytes], words: str) -> None:
    path = folder / file_name(batch.root)
    path.write_bytes(change(batch.leaves))
    with pytest.raises(LeavesDamaged, match=words) as raised:
        read_leaves(folder, batch.root, batch.counts)
    assert raised.value.exit_code == 6


def test_leaves_of_another_root(batch: Batch, folder: Path) -> None:
    other = made(50, "another")
    (folder / file_name(batch.root)).write_bytes(other.leaves)
    with pytest.raises(
        LeavesOfAnotherRoot, match=f"theirs is 0x{other.root.hex()}, not 0x{batch.root.hex()}"
    ):
        read_leaves(folder, batch.root, batch.counts)


def test_two_leaves_in_each_others_place_are_of_another_root(batch: Batch, folder: Path) -> None:
    leaves = batch.leaves
    (folder / file_name(batch.root)).write_bytes(leaves[192:384] + leaves[:192] + leaves[384:])
    with pytest.raises(LeavesOfAnotherRoot):
        read_leaves(folder, batch.root, batch.counts)


def test_nonsense_that_a_desk_anchored_is_read_and_told(tmp_path: Path) -> None:
    """One bad leaf must not keep everybody from the others."""
    good = made(2)
    bad = Batch(good.leaves + bytes(128) + b"\1" * 64, (*good.counts[:4], good.counts[4] + 1))
    write_leaves(bad, tmp_path)
    found = read_leaves(tmp_path, bad.root, bad.counts)
    assert list(found.misplaced()) == [bad.size - 1]


@pytest.mark.parametrize(
    ("root", "counts"),
    [
        (bytes(32), (1, 0, 0, 0, 0)),
        (b"\1" * 31, (1, 0, 0, 0, 0)),
        (b"\1" * 32, (0, 0, 0, 0, 0)),
        (b"\1" * 32, (1, 0, 0, 0)),
        (b"\1" * 32, (2, -1, 0, 0, 0)),
        (b"\1" * 32, (2**24, 0, 0, 0, 0)),
    ],
)
def test_what_no_batch_has_is_refused(root: bytes, counts: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_leaves(tmp_path, root, counts)


def test_anyone_gets_a_leafs_hash_with_openssl(batch: Batch, folder: Path) -> None:
    """As docs/batches.md does it."""
    name, before = file_name(batch.root), 7 * 192
    cut = f"(printf '\\000'; tail -c +{before + 1} {name} | head -c 192) | openssl dgst -sha256 -r"
    told = subprocess.run(["bash", "-c", cut], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == batch.leaf_hash(7).hex()


# ---------------------------------------------------------------- reading over HTTP


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Answers(BaseHTTPRequestHandler):
    """Answers every request with what a test has set."""

    status = 200
    headers_sent: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterator[bytes] = b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in self.headers_sent:
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in [self.body] if isinstance(self.body, bytes) else self.body:
                self.wfile.write(piece)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


def answering(**fields: object) -> type[Answers]:
    return type("Answering", (Answers,), fields)


def test_read_from_a_folder_on_the_web(batch: Batch, folder: Path) -> None:
    (folder / "deep").mkdir()
    write_leaves(batch, folder / "deep")
    with serving(partial(Quiet, directory=str(folder))) as address:
        for source in (address, f"{address}/", f"{address}/deep?key=1", f"{address}/{file_name(batch.root)}"):
            assert read_leaves(source, batch.root, batch.counts).leaves == batch.leaves


def test_web_without_the_file(batch: Batch, tmp_path: Path) -> None:
    with (
        serving(partial(Quiet, directory=str(tmp_path))) as address,
        pytest.raises(LeavesMissing, match="answers 404"),
    ):
        read_leaves(address, batch.root, batch.counts)


def test_web_that_does_not_answer(batch: Batch) -> None:
    with serving(Quiet) as address:
        pass
    with pytest.raises(LeavesMissing, match=r"cannot be read \(ConnectionError\)"):
        read_leaves(address, batch.root, batch.counts)


def test_what_the_web_gives_is_checked(batch: Batch, folder: Path) -> None:
    path = folder / file_name(batch.root)
    with serving(partial(Quiet, directory=str(folder))) as address:
        path.write_bytes(batch.leaves[:-5])
        with pytest.raises(LeavesDamaged, match="it has 14,395 of the 14,400 bytes"):
            read_leaves(address, batch.root, batch.counts)
        path.write_bytes(made(50, "another").leaves)
        with pytest.raises(LeavesOfAnotherRoot):
            read_leaves(address, batch.root, batch.counts)


def test_answer_that_ends_early_is_damaged(batch: Batch) -> None:
    headers = (("Content-Length", str(len(batch.leaves))),)
    with (
        serving(answering(headers_sent=headers, body=batch.leaves[:1_000])) as address,
        pytest.raises((LeavesDamaged, LeavesMissing)),
    ):
        read_leaves(address, batch.root, batch.counts)


def test_endless_answer_is_read_to_its_limit_only(batch: Batch) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10**9:
            sent += 1 << 16
            yield bytes(1 << 16)

    with (
        serving(answering(body=endless())) as address,
        pytest.raises(LeavesDamaged, match="more than the 14,400"),
    ):
        read_leaves(address, batch.root, batch.counts)
    assert sent < 10**8


def test_slow_answer_has_an_end(batch: Batch) -> None:
    def slow() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b"\0"

    started = time.monotonic()
    with (
        serving(answering(body=slow())) as address,
        pytest.raises(LeavesMissing, match=r"took over 0\.5 seconds"),
    ):
        read_leaves(address, batch.root, batch.counts, timeout=0.5)
    assert time.monotonic() - started < 4


def test_packed_answer_is_refused(batch: Batch) -> None:
    with (
        serving(answering(headers_sent=(("Content-Encoding", "gzip"),), body=b"x")) as address,
        pytest.raises(LeavesMissing, match="sends them packed"),
    ):
        read_leaves(address, batch.root, batch.counts)


def test_redirect_in_a_circle_ends(batch: Batch) -> None:
    with (
        serving(answering(status=302, headers_sent=(("Location", "/again"),))) as address,
        pytest.raises(LeavesMissing, match="TooManyRedirects"),
    ):
        read_leaves(address, batch.root, batch.counts)


@pytest.mark.parametrize(
    "address", ["", "leaves", "/etc/passwd", "file:///etc/passwd", "ipfs://x/y", "https://", "http://a:b:c/"]
)
def test_other_addresses_are_not_opened(batch: Batch, address: str) -> None:
    with pytest.raises(UsageError, match="is not one of http or https"):
        read_leaves(address, batch.root, batch.counts)


def test_redirect_to_a_file_is_not_followed(batch: Batch, folder: Path) -> None:
    place = (folder / file_name(batch.root)).as_uri()
    with (
        serving(answering(status=302, headers_sent=(("Location", place),))) as address,
        pytest.raises(LeavesMissing, match="InvalidSchema"),
    ):
        read_leaves(address, batch.root, batch.counts)


def test_password_and_key_of_an_address_are_not_told(batch: Batch) -> None:
    with pytest.raises(LeavesMissing) as raised:
        read_leaves("http://user:hunter2@127.0.0.1:1/x?key=hunter3", batch.root, batch.counts)
    assert "hunter" not in str(raised.value)
