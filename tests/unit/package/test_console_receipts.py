# SPDX-License-Identifier: Apache-2.0
"""Receipts as files: what goes into them, where they are written, and what is never overwritten."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from receipt_house import ReceiptHouse, as_it_was, cached_house, document, seed

from makegood import documents
from makegood.clock import Status
from makegood.console import kept, receipts
from makegood.console.output import Output
from makegood.console.receipt_options import Wanted
from makegood.errors import MakegoodError, NotFound, SignatureRefused, UsageError
from makegood.receipts import Receipt, build, read, verify


@pytest.fixture
def house() -> Iterator[ReceiptHouse]:
    with as_it_was(cached_house()) as house:
        yield house


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, with nothing in it."""
    monkeypatch.setenv("MAKEGOOD_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def usual(folder: Path, house: ReceiptHouse) -> Path:
    """Where the first ticket's receipt is kept."""
    return folder / "receipts" / f"0x{house.ids['first'].hex()}.json"


def make(house: ReceiptHouse, ticket: str = "first", *, dry_run: bool = False, **wanted: Any) -> None:
    receipts.make(house.desk, house.ids[ticket], Wanted(**wanted), Output(), dry_run=dry_run)


def saved(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def keep(house: ReceiptHouse) -> tuple[str, str]:
    """The opening's document and the statements on both replies are kept; the statements, bot's first."""
    first = document("first")
    saved(kept.document_path(documents.digest(first)), json.dumps(first))
    statements = house.statement(digest=house.bot_digest, key=house.bot_key), house.statement()
    for digest, text in zip((house.bot_digest, house.reply_digest), statements, strict=True):
        saved(kept.statement_path(digest), f"{text}\n")
    return statements


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def modes(*paths: Path) -> tuple[int, ...]:
    return tuple(stat.S_IMODE(path.stat().st_mode) for path in paths)


def full(house: ReceiptHouse, *statements: str) -> Receipt:
    transaction = house.transactions["first"]
    return build(house.desk, transaction=transaction, document=document("first"), statements=statements)


# ---------------------------------------------------------------- what is in it


def test_what_is_kept_goes_into_the_receipt(
    house: ReceiptHouse, usual: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statements = keep(house)
    make(house)
    assert read(usual) == full(house, *statements)
    assert verify(read(usual), house.w3, now=house.now).verified
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{usual}: the receipt of ticket 0x")
    assert said[1:] == ["It holds the document; 2 signed statements, on 2 of its 2 replies."]


def test_where_nothing_is_kept_the_receipt_says_so(
    house: ReceiptHouse, usual: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(house)
    assert read(usual) == build(house.desk, transaction=house.transactions["first"])
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "It holds no document; no signed statement is at hand for its 2 replies."
    assert said[2:] == ["What was saved elsewhere goes in with --document FILE and --statement FILE."]


def test_a_ticket_without_a_reply_says_so(house: ReceiptHouse, capsys: pytest.CaptureFixture[str]) -> None:
    make(house, "second")
    said = capsys.readouterr().out
    assert "there is no reply yet" in said
    assert said.endswith("What was saved elsewhere goes in with --document FILE.\n")


def test_of_one_reply_it_is_said_in_english(
    house: ReceiptHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = seed("only reply")
    house.desk.reply(house.ids["second"], Status.HOLD, reply).send(house.agent)
    make(house, "second", without_document=True)
    said = capsys.readouterr().out
    assert "It holds no document; no signed statement is at hand for its one reply.\n" in said
    assert said.endswith("What was saved elsewhere goes in with --statement FILE.\n")
    statement = house.statement(ticket="second", digest=reply, key=house.later_agent_key)
    make(house, "second", without_document=True, statements=(saved(tmp_path / "reply.jwt", statement),))
    assert capsys.readouterr().out.endswith("It holds no document; 1 signed statement, on its one reply.\n")


def test_what_is_given_goes_into_the_receipt_once(house: ReceiptHouse, usual: Path, tmp_path: Path) -> None:
    bots, agents = keep(house)
    path = saved(tmp_path / "document.json", json.dumps(document("first")))
    given = saved(tmp_path / "same.jwt", agents), saved(tmp_path / "again.jwt", agents)
    make(house, document=path, statements=given)
    assert read(usual).statements == (bots, agents)


def test_two_statements_on_one_reply_both_count(
    house: ReceiptHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = house.statement(expires_at=2**31)
    make(house, statements=(saved(tmp_path / "1", other), saved(tmp_path / "2", house.statement())))
    assert "2 signed statements, on 1 of its 2 replies" in capsys.readouterr().out


def test_json_has_path_and_fields(
    house: ReceiptHouse, usual: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipts.make(house.desk, None, Wanted(transaction=house.transactions["first"]), Output(as_json=True))
    data = json.loads(capsys.readouterr().out)
    assert data["path"] == str(usual)
    assert (data["replies"], data["replies_signed"]) == (2, 0)
    assert data["receipt"] == json.loads(usual.read_text())


def test_a_kept_document_that_was_changed_is_refused_with_its_file(house: ReceiptHouse, folder: Path) -> None:
    keep(house)
    path = kept.document_path(documents.digest(document("first")))
    path.write_text(json.dumps({**document("first"), "text": "All is well."}))
    before = files(folder)
    with pytest.raises(UsageError, match=f"{path.name} is no longer the document"):
        make(house)
    assert files(folder) == before
    make(house, without_document=True)


def test_another_tickets_document_is_refused(house: ReceiptHouse, tmp_path: Path, folder: Path) -> None:
    path = saved(tmp_path / "document.json", json.dumps(document("second")))
    with pytest.raises(UsageError, match="not the one that opened the ticket"):
        make(house, document=path)
    assert files(folder) == {}


@pytest.mark.parametrize("text", ["", "no statement", "ey.ey.ey"])
def test_what_is_no_statement_is_refused_with_its_file(
    house: ReceiptHouse, tmp_path: Path, text: str
) -> None:
    with pytest.raises(SignatureRefused, match=r"The statement in .*reply.jwt is refused"):
        make(house, statements=(saved(tmp_path / "reply.jwt", text),))


def test_a_statement_on_another_ticket_is_refused_with_its_file(house: ReceiptHouse, tmp_path: Path) -> None:
    path = saved(tmp_path / "reply.jwt", house.statement(ticket="second"))
    with pytest.raises(SignatureRefused, match=r"reply.jwt is refused: .*not about this one") as refusal:
        make(house, statements=(path,))
    assert refusal.value.hint == "Give a statement on this ticket."


def test_a_statement_on_a_reply_that_was_never_given_is_refused(house: ReceiptHouse, tmp_path: Path) -> None:
    path = saved(tmp_path / "reply.jwt", house.statement(digest=seed("never")))
    with pytest.raises(UsageError, match=r"reply.jwt is about a reply that is not recorded"):
        make(house, statements=(path,))


def test_a_file_that_is_not_there_is_not_found(house: ReceiptHouse, tmp_path: Path) -> None:
    for wanted in ({"document": tmp_path / "absent"}, {"statements": (tmp_path / "absent",)}):
        with pytest.raises(NotFound):
            make(house, **wanted)


# ---------------------------------------------------------------- where it is written


def test_made_anew_it_has_the_replies_that_came_and_keeps_what_it_held(
    house: ReceiptHouse, usual: Path, tmp_path: Path
) -> None:
    given = saved(tmp_path / "document.json", json.dumps(document("first")))
    make(house, document=given, statements=(saved(tmp_path / "reply.jwt", house.statement()),))
    later = seed("later reply")
    house.desk.reply(house.ids["first"], Status.SOLVED, later).send(house.agent)
    statement = house.statement(digest=later, key=house.later_agent_key)
    saved(kept.statement_path(later), statement)
    make(house)
    assert read(usual) == full(house, house.statement(), statement)
    assert verify(read(usual), house.w3, now=house.now).verified
    assert [path.name for path in usual.parent.iterdir()] == [usual.name]


def test_without_its_document_it_is_another_file(house: ReceiptHouse, usual: Path) -> None:
    statements = keep(house)
    make(house)
    before = usual.read_bytes()
    make(house, without_document=True)
    apart = usual.with_stem(f"{usual.stem}-without-document")
    assert read(apart) == build(
        house.desk, transaction=house.transactions["first"], statements=list(statements)
    )
    assert usual.read_bytes() == before


@pytest.mark.parametrize("named", [True, False])
def test_without_its_document_it_keeps_the_statements_of_the_whole_one(
    house: ReceiptHouse, usual: Path, tmp_path: Path, named: bool
) -> None:
    statement = house.statement()
    make(house, statements=(saved(tmp_path / "reply.jwt", statement),))
    out = tmp_path / "for-others.json" if named else None
    make(house, without_document=True, out=out)
    apart = out or usual.with_stem(f"{usual.stem}-without-document")
    assert (read(apart).document, read(apart).statements) == (None, (statement,))


def test_a_receipt_with_the_document_is_its_owners_alone(house: ReceiptHouse, usual: Path) -> None:
    keep(house)
    before = os.umask(0)
    try:
        make(house, without_document=True)
        make(house)
        assert modes(usual, usual.parent) == (0o600, 0o777)
        usual.chmod(0o644)
        make(house)
    finally:
        os.umask(before)
    apart = usual.with_stem(f"{usual.stem}-without-document")
    assert modes(usual, apart) == (0o600, 0o666)


@pytest.mark.parametrize("what", ["another ticket's", "no receipt"])
def test_what_is_not_this_tickets_receipt_is_not_overwritten(
    house: ReceiptHouse, usual: Path, what: str
) -> None:
    other = build(house.desk, transaction=house.transactions["second"]).text()
    before = saved(usual, other if what == "another ticket's" else "notes").read_bytes()
    with pytest.raises(UsageError, match="is not this ticket's receipt, and is not overwritten"):
        make(house)
    assert usual.read_bytes() == before


def test_a_named_file_is_never_overwritten(house: ReceiptHouse, tmp_path: Path) -> None:
    out = tmp_path / "receipt.json"
    make(house, out=out)
    before = out.read_bytes()
    with pytest.raises(UsageError, match="is there already and is not overwritten"):
        make(house, out=out)
    assert out.read_bytes() == before


def test_a_dry_run_writes_nothing(
    house: ReceiptHouse, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(house, dry_run=True)
    assert files(folder) == {}
    assert "Nothing was written." in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_to_is_told(house: ReceiptHouse, tmp_path: Path) -> None:
    with pytest.raises(MakegoodError, match="cannot be written"):
        make(house, out=saved(tmp_path / "file", "") / "receipt.json")


def test_a_ticket_that_is_not_there_leaves_no_file(house: ReceiptHouse, folder: Path) -> None:
    with pytest.raises(NotFound):
        receipts.make(house.desk, bytes(32), Wanted(), Output())
    assert files(folder) == {}
