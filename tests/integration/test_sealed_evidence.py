# SPDX-License-Identifier: Apache-2.0
"""Sealed evidence on a real node: from the arbiters' cards over the contest to what each of them opens."""

import hashlib
import json
import runpy
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
import rfc8785
from click.testing import CliRunner
from eth_account import Account
from web3 import Web3

from benchmarks.node import anvil
from makegood import sealing
from makegood.sealing.archive import pack

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "examples" / "policy.yaml"
DAY = 86_400
MNEMONIC = "test test test test test test test test test test test junk"
ROLES = ("arbiter-1", "arbiter-2", "arbiter-3")
PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
MAIL = b"Dear customer, thank you for your message."
TEXT = "They moved my account 4711 to somebody else"


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def refused(self, code: int, saying: str) -> bool:
        """Exactly this code, one error with these words, nothing on stdout."""
        assert self.code == code, self.err
        (error,) = [line for line in self.err.splitlines() if line.startswith("Error:")]
        assert saying in error
        assert self.out == ""
        return True


Command = Callable[..., Result]


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    with anvil() as w3:
        yield w3


@pytest.fixture(scope="module")
def command(node: Web3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    def run(name: str, *arguments: object) -> Result:
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{name}.py"))["cli"]
        url = str(node.provider.endpoint_uri)  # type: ignore[attr-defined]
        words = [str(each) for each in arguments]
        done = CliRunner(mix_stderr=False).invoke(cli, [*words, "--network", url])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(tmp_path_factory.mktemp("data")))
        yield run


@pytest.fixture(scope="module")
def desk(command: Command) -> Mapping[str, Any]:
    """A desk with three arbiters, of whom two decide."""
    arbiters = [word for role in ROLES for word in ("--arbiter", role)]
    deployed = command("deploy", "--json", "--notice", "7d", *arbiters).data
    for arguments in (
        ("fund", "0.5"),
        ("publish_policy", POLICY),
        ("register_agent", "agent"),
        ("grant_coverage", "requester"),
    ):
        result = command(*arguments)
        assert result.code == 0, result.err
    return deployed


# Not autouse: Ape orders fixtures anew, so that what a test does could come before the snapshot.
@pytest.fixture
def as_before(node: Web3, desk: Mapping[str, Any]) -> Iterator[None]:
    assert desk
    snapshot = ask(node, "evm_snapshot")
    yield
    assert ask(node, "evm_revert", snapshot) is True


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everybody's files are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAKEGOOD_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def run(command: Command, desk: Mapping[str, Any], here: Path, as_before: None) -> Command:
    """A command on that desk, in that folder; what it does is undone after the test."""
    assert (here.is_dir(), as_before) == (True, None)
    return lambda name, *arguments: command(name, *arguments, "--desk", desk["desk"])


@pytest.fixture
def cards(run: Command, here: Path) -> list[Path]:
    """The three arbiters' cards; each one's identity is in the file of its role."""
    for role in ROLES:
        made = run("evidence_key", role, "--account", role)
        assert made.code == 0, made.err
    return [here / f"{role}.card.json" for role in ROLES]


@pytest.fixture
def ticket(run: Command) -> str:
    """A ticket that the agent has solved."""
    opened = run("open", "--priority", "urgent", "--text", "Help", "--json").data["ticket_id"]
    assert run("reply", opened, "--as", "solved", "--text", "Done").code == 0
    return str(opened)


@pytest.fixture
def mail(here: Path) -> Path:
    path = here / "inbox" / "mail.eml"
    path.parent.mkdir()
    path.write_bytes(MAIL)
    return path


@pytest.fixture
def contested(run: Command, ticket: str, cards: list[Path], mail: Path) -> Mapping[str, Any]:
    """The dispute on the resolution, its evidence sealed for the three."""
    return contest(run, ticket, "--evidence", mail, *sealed_to(cards), "--json").data


@pytest.fixture
def age_file(contested: Mapping[str, Any]) -> Path:
    return Path(contested["bundle"])


def ask(node: Web3, method: str, *arguments: Any) -> Any:
    response = node.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    assert "error" not in response, response
    return response["result"]


def contest(run: Command, ticket: str, *arguments: object, kind: str = "resolution") -> Result:
    return run("contest", ticket, "--kind", kind, "--text", TEXT, *arguments)


def sealed_to(cards: list[Path]) -> list[object]:
    return [word for card in cards for word in ("--seal-to", card)]


def inspect(run: Command, ticket: str, age_file: Path, identity: object, *arguments: object) -> Result:
    return run("inspect_dispute", ticket, "--evidence", age_file, "--identity", identity, *arguments)


def files_of(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def arbiters() -> list[str]:
    Account.enable_unaudited_hdwallet_features()
    paths = [f"m/44'/60'/0'/0/{index}" for index in (7, 8, 9)]
    return [str(Account.from_mnemonic(MNEMONIC, account_path=path).address) for path in paths]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---------------------------------------------------------------- the arbiter's key


def test_an_arbiter_gets_an_identity_that_is_never_shown_and_a_card(run: Command, here: Path) -> None:
    made = run("evidence_key", "mine", "--account", "arbiter-2", "--json")
    identity, card = here / "mine", json.loads((here / "mine.card.json").read_text())
    secret = identity.read_text().splitlines()[-1]
    assert str(pyrage.x25519.Identity.from_str(secret).to_public()) == card["recipient"]
    assert mode(identity) == PRIVATE
    assert secret not in made.out + made.err + json.dumps(card)
    assert (card["arbiter"], made.data["recipient"]) == (arbiters()[1], card["recipient"])


def test_an_identity_that_is_there_gets_another_card(run: Command, cards: list[Path], here: Path) -> None:
    identity, card = (here / ROLES[0]).read_bytes(), cards[0].read_text()
    again = ("evidence_key", ROLES[0], "--account", ROLES[0])
    assert run(*again).refused(2, "arbiter-1.card.json is there already and is not overwritten.")
    assert run(*again, "--card", "new.json").code == 0
    assert (here / "new.json").read_text() == card == cards[0].read_text()
    assert (here / ROLES[0]).read_bytes() == identity


def test_who_is_no_arbiter_gets_neither(run: Command, here: Path) -> None:
    assert run("evidence_key", "mine", "--account", "agent").refused(4, "is no arbiter of epoch 1")
    assert files_of(here) == {}


def test_a_card_that_cannot_be_written_leaves_no_identity(run: Command, here: Path) -> None:
    (here / "full").write_text("")
    assert run("evidence_key", "mine", "--card", "full/card.json").refused(1, "cannot be written")
    assert list(files_of(here)) == [str(here / "full")]


def test_a_dry_run_makes_neither(run: Command, here: Path) -> None:
    assert run("evidence_key", "mine", "--dry-run").code == 0
    assert files_of(here) == {}


def test_an_arbiter_that_signs_elsewhere_gets_the_message(run: Command, here: Path) -> None:
    told = run("evidence_key", "mine", "--arbiter", arbiters()[2], "--json").data
    recipient = sealing.read_identities(here / "mine")[0].recipient
    assert told["to_sign"]["message"] == {"arbiter": arbiters()[2], "recipient": recipient}
    key = Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/9")
    signature = key.sign_typed_data(full_message=told["to_sign"]).signature
    assert run("evidence_key", "mine", "--account", "arbiter-3").code == 0
    card = json.loads((here / "mine.card.json").read_text())
    assert card["signature"] == "0x" + bytes(signature).hex()


# ---------------------------------------------------------------- the whole way


def test_each_arbiter_opens_what_the_requester_sealed(
    run: Command, contested: Mapping[str, Any], age_file: Path, here: Path
) -> None:
    assert age_file == here / "data" / "documents" / f"{contested['evidence_digest'][2:]}.age"
    assert [each["arbiter"] for each in contested["sealed_to"]] == arbiters()
    sealed = age_file.read_bytes()
    assert MAIL not in sealed
    assert TEXT.encode() not in sealed
    before = files_of(here)
    for role in ROLES:
        shown = inspect(run, contested["ticket_id"], age_file, role, "--json").data
        assert shown["evidence"]["matches"] is True
        assert shown["evidence"]["document"]["text"] == TEXT
        results = [(each["name"], each["result"]) for each in shown["evidence"]["findings"]]
        assert results == [("evidence.json", "matches"), ("mail.eml", "matches")]
    assert files_of(here) == before, "nothing of it is left on disk"
    assert TEXT in inspect(run, contested["ticket_id"], age_file, "arbiter-2").out


def test_the_output_says_what_to_send(run: Command, ticket: str, cards: list[Path], mail: Path) -> None:
    told = contest(run, ticket, "--evidence", mail, *sealed_to(cards), "--bundle", "for-arbiters.age")
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert "send them for-arbiters.age, off chain, over any channel: nobody else can open it" in words
    assert f"sealed for {' '.join(arbiters())}" in words
    assert "Warning" not in told.err


def test_what_is_not_sealed_is_said_to_be_so(run: Command, ticket: str, mail: Path, here: Path) -> None:
    told = contest(run, ticket, "--evidence", mail, "--json")
    assert (told.data["bundle"], told.data["sealed_to"]) == (None, [])
    assert [path for path in files_of(here) if path.endswith(".age")] == []
    kind = ("--kind", "first_reply", "--text", "x")
    words = " ".join(run("contest", ticket, *kind).out.split())
    assert "not sealed whoever carries document and files can read them" in words


def test_extracted_files_are_private_and_whole(
    run: Command, contested: Mapping[str, Any], age_file: Path, here: Path, mail: Path
) -> None:
    shown = inspect(run, contested["ticket_id"], age_file, "arbiter-3", "--extract", "opened", "--json").data
    opened = here / "opened"
    assert shown["extracted"] == "opened"
    assert mode(opened) == PRIVATE_FOLDER
    assert {path.name: mode(path) for path in opened.iterdir()} == {
        "evidence.json": PRIVATE,
        "mail.eml": PRIVATE,
    }
    assert (opened / "mail.eml").read_bytes() == mail.read_bytes() == MAIL
    document = json.loads((opened / "evidence.json").read_text())
    assert "0x" + hashlib.sha256(rfc8785.dumps(document)).hexdigest() == contested["evidence_digest"]
    assert document == json.loads(Path(contested["document"]).read_text())
    again = inspect(run, contested["ticket_id"], age_file, "arbiter-3", "--extract", "opened")
    assert again.refused(2, "opened is there already, and nothing was written to it.")


def test_a_kept_document_is_sealed_with_just_its_files(
    run: Command, ticket: str, cards: list[Path], mail: Path
) -> None:
    assert contest(run, ticket, "--evidence", mail, "--save", "kept.json").code == 0
    again = ("contest", ticket, "--kind", "incident", "--amount", "0.1", "--document", "kept.json")
    missing = run(*again, *sealed_to(cards))
    assert missing.refused(2, 'The file "mail.eml" is listed by the document and was not given.')
    sealed = run(*again, *sealed_to(cards), "--evidence", mail, "--json").data
    shown = inspect(run, ticket, Path(sealed["bundle"]), ROLES[0], "--kind", "incident", "--json").data
    assert shown["evidence"]["matches"] is True


# ---------------------------------------------------------------- who cannot open, and what does not


@pytest.fixture
def nothing_written(here: Path, contested: Mapping[str, Any]) -> Iterator[None]:
    assert contested
    before = files_of(here)
    yield
    new = set(files_of(here)) - set(before)
    assert new == {str(here / name) for name in ("fourth", "other.age") if (here / name).exists()}
    assert not (here / "opened").exists()


@pytest.mark.usefixtures("nothing_written")
def test_a_fourth_identity_opens_nothing(
    run: Command, contested: Mapping[str, Any], age_file: Path, here: Path
) -> None:
    sealing.new_identity(here / "fourth")
    arguments = ("--extract", "opened", "--out", "case.json")
    told = inspect(run, contested["ticket_id"], age_file, "fourth", *arguments)
    assert told.refused(4, "The bundle is sealed for others: none of your identities opens it.")


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("change", ["cut", "flipped", "extended", "headless", "empty"])
def test_a_bundle_that_was_changed_opens_to_nothing(
    run: Command, contested: Mapping[str, Any], age_file: Path, here: Path, change: str
) -> None:
    sealed = age_file.read_bytes()
    changed = {
        "cut": sealed[:-100],
        "flipped": sealed[:-100] + bytes([sealed[-100] ^ 1]) + sealed[-99:],
        "extended": sealed + b"\0",
        "headless": b"x" + sealed,
        "empty": b"",
    }
    (here / "other.age").write_bytes(changed[change])
    arguments = ("--extract", "opened", "--out", "case.json")
    told = inspect(run, contested["ticket_id"], here / "other.age", ROLES[0], *arguments)
    saying = "The file is no sealed bundle." if change in ("headless", "empty") else "The bundle is damaged"
    assert told.refused(6, saying)


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("name", ["../../escaped", "inbox/mail.eml", "C:mail.eml", ".profile"])
def test_a_bundle_with_names_that_lead_elsewhere_opens_to_nothing(
    run: Command, contested: Mapping[str, Any], here: Path, cards: list[Path], name: str
) -> None:
    archive = pack({"x" * len(name): MAIL}).replace(b"x" * len(name), name.encode(), 1)
    # As any tar would write it, its header's checksum right.
    header = bytearray(archive[:512])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    recipient = pyrage.x25519.Recipient.from_str(json.loads(cards[0].read_text())["recipient"])
    (here / "other.age").write_bytes(pyrage.encrypt(bytes(header) + archive[512:], [recipient]))
    told = inspect(run, contested["ticket_id"], here / "other.age", ROLES[0], "--extract", here / "opened")
    assert told.refused(6, "The bundle has a file that is refused.")


@pytest.mark.usefixtures("nothing_written")
def test_the_bundle_of_another_dispute_is_none_of_this(
    run: Command, contested: Mapping[str, Any], cards: list[Path]
) -> None:
    ticket = contested["ticket_id"]
    other = contest(run, ticket, *sealed_to(cards), "--bundle", "other.age", "--json", kind="first_reply")
    document = Path(other.data["document"])
    arguments = ("--kind", "resolution", "--extract", "opened", "--out", "case.json")
    told = inspect(run, ticket, Path("other.age"), ROLES[0], *arguments)
    assert told.refused(6, "other.age opens, but is not the evidence of dispute 1: it has no document with")
    document.unlink()


def test_a_bundle_whose_file_differs_is_told_and_not_extracted(
    run: Command, contested: Mapping[str, Any], here: Path, cards: list[Path]
) -> None:
    contents = {"evidence.json": Path(contested["document"]).read_bytes(), "mail.eml": b"Something else"}
    recipient = json.loads(cards[0].read_text())["recipient"]
    (here / "other.age").write_bytes(sealing.seal(contents, [recipient]))
    told = inspect(run, contested["ticket_id"], here / "other.age", ROLES[0], "--extract", "opened", "--json")
    assert told.code == 6
    shown = json.loads(told.out)
    assert [each["result"] for each in shown["evidence"]["findings"]] == ["matches", "differs"]
    assert shown["extracted"] is None
    assert not (here / "opened").exists()


def test_options_that_do_not_go_together_are_refused(
    run: Command, contested: Mapping[str, Any], age_file: Path, mail: Path
) -> None:
    ticket = contested["ticket_id"]
    shown = ("inspect_dispute", ticket, "--evidence")
    assert run(*shown, age_file).refused(2, f"{age_file} is sealed.")
    assert run(*shown, mail, "--identity", ROLES[0]).refused(2, "go with a sealed bundle.")
    assert run(*shown, "absent.age", "--identity", ROLES[0]).refused(3, "There is no file absent.age.")
    assert run(*shown, age_file, "--identity", "absent").refused(3, "There is no file absent.")
    asked = ("contest", ticket, "--kind", "first_reply")
    assert run(*asked, "--text", "x", "--bundle", "x.age").refused(2, "--bundle goes with --seal-to only.")
    digest = ("--digest", "0x" + "1" * 64, "--seal-to", "x")
    assert run(*asked, *digest).refused(2, "A digest alone cannot be sealed.")


# ---------------------------------------------------------------- which cards are taken


def refuses(run: Command, node: Web3, here: Path, ticket: str, *arguments: object) -> Result:
    """A contest that writes nothing and sends nothing."""
    before, blocks = files_of(here), node.eth.block_number
    told = contest(run, ticket, *arguments)
    assert (files_of(here), node.eth.block_number) == (before, blocks)
    return told


@pytest.mark.parametrize("change", ["recipient", "chain_id", "panel", "arbiter", "signature"])
def test_a_card_that_is_not_as_its_arbiter_signed_it_is_refused(
    run: Command, node: Web3, ticket: str, cards: list[Path], here: Path, change: str
) -> None:
    card = json.loads(cards[1].read_text())
    others = {
        "recipient": str(pyrage.x25519.Identity.generate().to_public()),
        "chain_id": 1,
        "panel": card["arbiter"],
        "arbiter": arbiters()[0],
        "signature": card["signature"][:-2] + ("1c" if card["signature"].endswith("1b") else "1b"),
    }
    (here / "foreign.json").write_text(json.dumps({**card, change: others[change]}))
    told = refuses(run, node, here, ticket, *sealed_to([cards[0], here / "foreign.json"]))
    assert told.refused(4, "foreign.json")


def test_the_card_of_a_former_arbiter_is_refused(
    run: Command, node: Web3, ticket: str, cards: list[Path], here: Path
) -> None:
    assert run("propose_panel", "arbiter-1", "arbiter-2").code == 0
    ask(node, "evm_increaseTime", 7 * DAY + 60)
    assert run("adopt_panel").code == 0
    told = refuses(run, node, here, ticket, *sealed_to(cards))
    saying = (
        f"arbiter-3.card.json is by {arbiters()[2]}, who is no arbiter of epoch 2, whose panel decides now."
    )
    assert told.refused(4, saying)


def test_fewer_cards_than_decide_are_warned_of(run: Command, ticket: str, cards: list[Path]) -> None:
    told = contest(run, ticket, *sealed_to(cards[:1]))
    assert told.code == 0, told.err
    assert "Warning: there are cards of 1 arbiter, and 2 must sign a verdict." in told.err
    assert "Warning" not in contest(run, ticket, *sealed_to(cards[:2]), kind="first_reply").err


def test_bare_recipients_are_taken_and_said_to_be_unsigned(
    run: Command, ticket: str, cards: list[Path], here: Path
) -> None:
    keys = [json.loads(card.read_text())["recipient"] for card in cards]
    (here / "keys.txt").write_text("# the arbiters\n" + "\n".join(keys[1:]) + "\n")
    told = contest(run, ticket, *sealed_to([cards[0], here / "keys.txt"]), "--json")
    assert "Nobody signed for the 2 recipients in " in told.err
    assert "Warning: there are cards of 1 arbiter" in told.err
    assert [each["arbiter"] for each in told.data["sealed_to"]] == [arbiters()[0], None, None]
    assert inspect(run, ticket, Path(told.data["bundle"]), ROLES[2]).code == 0


def test_a_bundle_is_never_overwritten(
    run: Command, node: Web3, ticket: str, cards: list[Path], here: Path
) -> None:
    (here / "mine.age").write_text("mine")
    told = refuses(run, node, here, ticket, *sealed_to(cards), "--bundle", "mine.age")
    assert told.refused(2, "mine.age is there already and is not overwritten.")


def test_a_dry_run_seals_nothing(
    run: Command, node: Web3, ticket: str, cards: list[Path], here: Path
) -> None:
    assert refuses(run, node, here, ticket, *sealed_to(cards), "--dry-run").code == 0


def test_files_of_one_name_in_two_folders_are_refused(
    run: Command, node: Web3, ticket: str, cards: list[Path], mail: Path, here: Path
) -> None:
    other = here / "outbox" / "mail.eml"
    other.parent.mkdir()
    other.write_text("x")
    told = refuses(run, node, here, ticket, "--evidence", mail, "--evidence", other, *sealed_to(cards))
    assert told.refused(2, 'Two files are called "mail.eml".')
