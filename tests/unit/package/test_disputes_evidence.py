# SPDX-License-Identifier: Apache-2.0
"""Evidence: what a document lists, and what came of checking it."""

import hashlib
import json
from pathlib import Path

import pytest
import rfc8785

from makegood.clock import Kind
from makegood.disputes import Match, new_evidence
from makegood.disputes.evidence import check
from makegood.errors import NotFound, UsageError, VerificationFailed

TICKET = bytes(range(32))


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.eml"
    path.write_bytes(b"Dear customer, thank you for your message.")
    return path


@pytest.fixture
def screenshot(tmp_path: Path) -> Path:
    path = tmp_path / "screen.png"
    path.write_bytes(bytes(range(256)) * 5_000)
    return path


@pytest.fixture
def document(tmp_path: Path, mail: Path, screenshot: Path) -> Path:
    path = tmp_path / "evidence.json"
    evidence = new_evidence(TICKET, Kind.RESOLUTION, "Not solved", [mail, screenshot])
    path.write_text(json.dumps(evidence))
    return path


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    path = tmp_path / "reply.json"
    path.write_text(json.dumps({"type": "makegood/reply/1", "text": "Thank you", "salt": "cd" * 32}))
    return path


@pytest.fixture
def known(reply: Path) -> dict[bytes, str]:
    """What the ticket's history has the digest of."""
    return {digest_of(reply): "the reply of Tuesday"}


def digest_of(document: Path) -> bytes:
    return hashlib.sha256(rfc8785.dumps(json.loads(document.read_text()))).digest()


def results(paths: list[Path], digest: bytes) -> dict[str, Match]:
    return {finding.name: finding.match for finding in check(paths, digest).findings}


def test_a_document_lists_name_size_and_sha256_of_its_files(document: Path, mail: Path) -> None:
    content = json.loads(document.read_text())
    assert (content["type"], content["ticket"], content["kind"]) == (
        "makegood/evidence/1",
        "0x" + TICKET.hex(),
        "resolution",
    )
    assert content["files"][0] == {
        "name": "mail.eml",
        "size": 42,
        "sha256": hashlib.sha256(mail.read_bytes()).hexdigest(),
    }
    assert len(content["salt"]) == 64


def test_what_was_committed_to_matches_one_by_one(document: Path, mail: Path, screenshot: Path) -> None:
    found = check([mail, document, screenshot], digest_of(document))
    assert [finding.name for finding in found.findings] == ["evidence.json", "mail.eml", "screen.png"]
    assert {finding.match for finding in found.findings} == {Match.MATCHES}
    assert found.matches


def test_a_renamed_file_still_matches(document: Path, mail: Path) -> None:
    renamed = mail.rename(mail.with_name("other.eml"))
    assert results([document, renamed], digest_of(document))["mail.eml"] is Match.MATCHES


def test_a_changed_file_differs(document: Path, mail: Path) -> None:
    mail.write_bytes(mail.read_bytes() + b" ")
    found = check([document, mail], digest_of(document))
    assert not found.matches
    assert results([document, mail], digest_of(document)) == {
        "evidence.json": Match.MATCHES,
        "mail.eml": Match.DIFFERS,
        "screen.png": Match.MISSING,
    }


def test_a_file_that_was_not_given_is_missing_and_no_contradiction(document: Path) -> None:
    found = check([document], digest_of(document))
    assert [finding.match for finding in found.findings] == [Match.MATCHES, Match.MISSING, Match.MISSING]
    assert found.matches


def test_a_file_that_nobody_knows_is_not_listed_and_no_contradiction(document: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra.txt"
    extra.write_text("slipped in")
    found = check([document, extra], digest_of(document))
    assert results([document, extra], digest_of(document))["extra.txt"] is Match.NOT_LISTED
    assert found.matches


def test_a_document_of_the_tickets_history_matches_by_what_it_is(
    document: Path, reply: Path, known: dict[bytes, str]
) -> None:
    found = check([reply, document], digest_of(document), known)
    (finding,) = [each for each in found.findings if each.name == "reply.json"]
    assert (finding.match, finding.why) == (Match.MATCHES, "the reply of Tuesday")


def test_a_changed_reply_is_not_listed(document: Path, reply: Path, known: dict[bytes, str]) -> None:
    reply.write_text(reply.read_text().replace("Thank you", "Thank"))
    found = {each.name: each.match for each in check([document, reply], digest_of(document), known).findings}
    assert found["reply.json"] is Match.NOT_LISTED


def test_a_reply_that_the_document_lists_is_told_as_both(
    tmp_path: Path, reply: Path, known: dict[bytes, str]
) -> None:
    evidence = tmp_path / "evidence.json"
    evidence.write_text(json.dumps(new_evidence(TICKET, Kind.FIRST_REPLY, "No answer", [reply])))
    _, finding = check([evidence, reply], digest_of(evidence), known).findings
    assert finding.match is Match.MATCHES
    assert finding.why == "the file is the one that the document lists, and the reply of Tuesday"


def test_a_listed_file_is_missing_where_the_chains_one_of_its_name_was_given(
    tmp_path: Path, reply: Path, known: dict[bytes, str]
) -> None:
    evidence, true_reply = tmp_path / "evidence.json", reply.read_text()
    reply.write_text("{}")
    evidence.write_text(json.dumps(new_evidence(TICKET, Kind.FIRST_REPLY, "No answer", [reply])))
    reply.write_text(true_reply)
    findings = check([evidence, reply], digest_of(evidence), known).findings
    assert [(each.name, each.match) for each in findings[1:]] == [
        ("reply.json", Match.MISSING),
        ("reply.json", Match.MATCHES),
    ]


def test_of_a_reply_alone_the_evidence_is_missing(reply: Path, known: dict[bytes, str]) -> None:
    found = check([reply], bytes(32), known)
    assert [each.match for each in found.findings] == [Match.MISSING, Match.MATCHES]
    assert (found.document, found.matches) == (None, True)


def test_what_calls_itself_evidence_is_taken_before_other_documents(document: Path, reply: Path) -> None:
    found = check([reply, document], bytes(32))
    assert found.findings[0].name == "evidence.json"
    assert found.findings[0].match is Match.DIFFERS


def test_a_changed_document_differs(document: Path) -> None:
    digest = digest_of(document)
    document.write_text(document.read_text().replace("Not solved", "All lies"))
    found = check([document], digest)
    assert found.findings[0].match is Match.DIFFERS
    assert not found.matches


def test_the_document_of_the_digest_is_taken_where_another_is_given_too(
    document: Path, tmp_path: Path
) -> None:
    other = tmp_path / "a-reply.json"
    other.write_text(json.dumps(new_evidence(TICKET, Kind.RESOLUTION, "Other")))
    found = check([other, document], digest_of(document))
    assert found.document is not None
    assert found.document["text"] == "Not solved"
    assert results([other, document], digest_of(document))["a-reply.json"] is Match.DIFFERS


def test_without_a_document_nothing_is_verified(mail: Path, screenshot: Path) -> None:
    with pytest.raises(VerificationFailed, match="None of the files is a document"):
        check([mail, screenshot], bytes(32))


def test_a_file_that_is_not_there_is_not_found(document: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no file .*absent\.txt"):
        check([document, tmp_path / "absent.txt"], digest_of(document))
    with pytest.raises(NotFound, match=r"no file .*absent\.txt"):
        new_evidence(TICKET, Kind.RESOLUTION, "x", [tmp_path / "absent.txt"])


def test_two_files_of_one_name_are_refused(mail: Path, tmp_path: Path) -> None:
    twin = tmp_path / "folder" / mail.name
    twin.parent.mkdir()
    twin.write_text("other")
    with pytest.raises(UsageError, match=r'Two files are called "mail\.eml"'):
        new_evidence(TICKET, Kind.RESOLUTION, "x", [mail, twin])


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        new_evidence(TICKET, Kind.RESOLUTION, "x", [tmp_path])


@pytest.mark.parametrize("files", ["none", [1, {"name": 2}], {"name": "x"}, None])
def test_a_document_with_an_odd_list_of_files_is_still_checked(tmp_path: Path, files: object) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps({"type": "x", "files": files, "salt": "ab" * 32}))
    assert results([odd], digest_of(odd)) == {"odd.json": Match.MATCHES}
