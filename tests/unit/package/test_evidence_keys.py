# SPDX-License-Identifier: Apache-2.0
"""Evidence key cards, what is sealed by them, and which of them count."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from case_house import CaseHouse
from eth_abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address
from web3 import Web3

from makegood import documents, sealing
from makegood.clock import Kind
from makegood.disputes import KeyCard, check_card, new_evidence, read_card, seal_evidence
from makegood.errors import (
    BundleTooLarge,
    DocumentError,
    MakegoodError,
    NotFound,
    SignatureRefused,
    UsageError,
)

ARBITER = Account.from_key(keccak(text="arbiter"))
PANEL = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
KEY = pyrage.x25519.Identity.generate()
RECIPIENT = str(KEY.to_public())
TICKET = bytes(range(32))


def hashed(chain_id: int, panel: str, arbiter: str, recipient: str) -> bytes:
    """What an arbiter signs, by the EIP's words."""
    domain = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    separator = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=domain), keccak(text="Makegood"), keccak(text="1"), chain_id, panel],
        )
    )
    struct = keccak(
        encode(
            ["bytes32", "address", "bytes32"],
            [keccak(text="EvidenceKey(address arbiter,string recipient)"), arbiter, keccak(text=recipient)],
        )
    )
    return keccak(b"\x19\x01" + separator + struct)


def signed(key: LocalAccount, chain_id: int, panel: str, recipient: str = RECIPIENT) -> KeyCard:
    digest = hashed(chain_id, panel, key.address, recipient)
    signature = bytes(key.unsafe_sign_hash(digest).signature)
    return KeyCard(chain_id, panel, key.address, recipient, signature)


CARD = signed(ARBITER, 31_337, PANEL)


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "card.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


# ---------------------------------------------------------------- the file


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_card(written(tmp_path, CARD.text())) == CARD
    assert CARD.fields() == {
        "type": "makegood/evidence-key/1",
        "chain_id": 31_337,
        "panel": PANEL,
        "arbiter": ARBITER.address,
        "recipient": RECIPIENT,
        "signature": "0x" + CARD.signature.hex(),
    }


@pytest.mark.parametrize(
    ("name", "value", "saying"),
    [
        ("type", "makegood/verdict/1", "no file of the type"),
        ("chain_id", "1", "is no whole number"),
        ("panel", PANEL[:-1] + "3", "fails its checksum"),
        ("arbiter", "arbiter-1", "is no address"),
        # Named: each worker makes a recipient of its own.
        pytest.param("recipient", RECIPIENT[:-1], "is no X25519 recipient of age", id="recipient cut"),
        ("recipient", [RECIPIENT], "is no string"),
        ("signature", "0x", "has 0 bytes"),
        ("signature", "0x" + "00" * 1_025, "has 1025 bytes"),
        ("epoch", 1, "is not known here"),
    ],
)
def test_what_is_no_card_is_refused(tmp_path: Path, name: str, value: object, saying: str) -> None:
    with pytest.raises(DocumentError, match=saying):
        read_card(written(tmp_path, {**CARD.fields(), name: value}))


def test_a_secret_in_place_of_the_recipient_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refusal:
        read_card(written(tmp_path, {**CARD.fields(), "recipient": str(KEY)}))
    assert "SECRET" not in str(refusal.value)


def test_a_card_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_card(tmp_path / "absent.json")


def test_the_card_of_the_page_is_as_its_arbiter_signed_it(tmp_path: Path, project: Path) -> None:
    page = (project / "docs" / "documents.md").read_text("utf-8")
    (shown,) = re.findall(r"^```json card\n([^`]*)```$", page, re.MULTILINE)
    card = read_card(written(tmp_path, shown))
    digest = hashed(card.chain_id, card.panel, card.arbiter, card.recipient)
    assert Account._recover_hash(digest, signature=card.signature) == card.arbiter


# ---------------------------------------------------------------- which count


def checked(house: CaseHouse, card: KeyCard, *arbiters: str) -> None:
    panel = house.desk.panel
    epoch = panel.epoch()
    seats = panel.seats(epoch)
    if arbiters:
        seats = replace(seats, arbiters=arbiters)
    check_card(house.w3, "card.json", card, (house.desk.chain_id, panel.address), epoch, seats)


def card_of(house: CaseHouse, arbiter: LocalAccount) -> KeyCard:
    return signed(arbiter, house.desk.chain_id, house.desk.panel.address)


def refused(house: CaseHouse, card: KeyCard, saying: str, *arbiters: str) -> bool:
    with pytest.raises(SignatureRefused) as refusal:
        checked(house, card, *arbiters)
    assert refusal.value.message.startswith(("card.json", "The signature in card.json"))
    assert saying in refusal.value.message
    return True


def test_the_card_of_an_arbiter_counts(house: CaseHouse) -> None:
    for arbiter in house.arbiters:
        checked(house, card_of(house, arbiter))


def test_a_card_by_nobody_of_the_panel_does_not_count(house: CaseHouse) -> None:
    assert refused(house, card_of(house, ARBITER), f"is by {ARBITER.address}, who is no arbiter of epoch 1")


def test_a_card_of_another_panel_or_chain_does_not_count(house: CaseHouse) -> None:
    arbiter, chain_id = house.arbiters[0], house.desk.chain_id
    assert refused(house, signed(arbiter, chain_id, PANEL), f"is for the panel {PANEL}")
    other = signed(arbiter, chain_id + 1, house.desk.panel.address)
    assert refused(house, other, f"on chain {chain_id + 1}")
    # Also one whose words were changed to these.
    assert refused(house, replace(other, chain_id=chain_id), "over what the card says")


@pytest.mark.parametrize("change", ["recipient", "arbiter", "signature"])
def test_a_card_that_was_changed_does_not_count(house: CaseHouse, change: str) -> None:
    card = card_of(house, house.arbiters[0])
    changed = {
        "recipient": str(pyrage.x25519.Identity.generate().to_public()),
        "arbiter": house.arbiters[1].address,
        "signature": card.signature[:-1] + b"\x1d",
    }
    assert refused(house, replace(card, **{change: changed[change]}), "over what the card says")


def test_a_contract_signs_its_card_by_its_own_word(house: CaseHouse) -> None:
    # A wallet's address is in what it signs, so that its code, which knows the digest, comes before.
    sender = Web3.to_checksum_address(house.operator.address)
    place = house.desk.chain_id, house.desk.panel.address
    nonce = house.w3.eth.get_transaction_count(sender)
    wallet = to_checksum_address(keccak(_rlp(sender, nonce))[12:])
    assert deployed(house, hashed(*place, wallet, RECIPIENT)) == wallet
    card = KeyCard(*place, wallet, RECIPIENT, b"any words")
    checked(house, card, wallet)
    other = replace(card, recipient=str(pyrage.x25519.Identity.generate().to_public()))
    assert refused(house, other, "over what the card says", wallet)


def _rlp(sender: str, nonce: int) -> bytes:
    assert 0 < nonce < 128
    return b"\xd6\x94" + bytes.fromhex(sender[2:]) + bytes([nonce])


def deployed(house: CaseHouse, digest: bytes) -> str:
    """A wallet that says yes (ERC-1271) to this digest only: EQ, times the magic word."""
    code = "6004357f" + digest.hex() + "14631626ba7e60e01b0260005260206000f3"
    size = len(code) // 2
    initcode = f"0x60{size:02x}600c60003960{size:02x}6000f3{code}"
    sender = Web3.to_checksum_address(house.operator.address)
    sent = house.w3.eth.send_transaction({"from": sender, "data": Web3.to_hex(hexstr=initcode)})  # type: ignore[typeddict-item, arg-type]
    made = house.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    assert made
    return to_checksum_address(made)


# ---------------------------------------------------------------- what is sealed


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "inbox" / "mail.eml"
    path.parent.mkdir()
    path.write_bytes(b"Dear customer, thank you for your message.")
    return path


@pytest.mark.parametrize(
    ("name", "content", "sealed"),
    [
        ("bundle.age", b"", True),
        ("bundle.bin", b"age-encryption.org/v1\n-> X25519", True),
        ("bundle.txt", b"-----BEGIN AGE ENCRYPTED FILE-----\n", True),
        ("evidence.json", b'{"type": "age-encryption.org/v1"}', False),
        ("short.txt", b"age", False),
    ],
)
def test_a_bundle_is_known_by_its_name_or_its_beginning(
    tmp_path: Path, name: str, content: bytes, sealed: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert sealing.is_sealed(tmp_path / name) is sealed
    assert sealing.is_sealed(tmp_path) is sealing.is_sealed(tmp_path / "absent") is False


def opened(bundle: bytes) -> dict[str, bytes]:
    return sealing.unseal(bundle, [sealing.Identity(str(KEY))])


def test_document_and_files_are_sealed_by_their_names_without_folders(mail: Path) -> None:
    document = new_evidence(TICKET, Kind.RESOLUTION, "不好", [mail])
    contents = opened(seal_evidence(document, [mail], [RECIPIENT]))
    assert json.loads(contents.pop("evidence.json")) == document
    assert contents == {"mail.eml": mail.read_bytes()}
    assert document["files"][0]["sha256"] == hashlib.sha256(contents["mail.eml"]).hexdigest()


def test_what_the_document_does_not_list_as_it_is_is_not_sealed(mail: Path, tmp_path: Path) -> None:
    document = new_evidence(TICKET, Kind.RESOLUTION, "x", [mail])
    other = tmp_path / "other.txt"
    other.write_text("x")

    def refused(paths: list[Path], error: type[MakegoodError], saying: str) -> None:
        with pytest.raises(error, match=saying) as refusal:
            seal_evidence(document, paths, [RECIPIENT])
        assert type(refusal.value) is error

    refused([], UsageError, '"mail.eml" is listed by the document and was not given')
    refused([mail, other], UsageError, '"other.txt" is not listed by the document')
    refused([mail, tmp_path / "absent"], NotFound, "There is no file .*absent")
    refused([mail, tmp_path], UsageError, "cannot be read: Is a directory")
    mail.write_text("changed since")
    refused([mail], UsageError, '"mail.eml" is not the file that the document lists')


@pytest.mark.parametrize("name", ["evidence.json", "Evidence.JSON", "MAIL.eml"])
def test_two_files_of_one_name_are_not_sealed(mail: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / name
    other.write_text("x")
    document = new_evidence(TICKET, Kind.RESOLUTION, "x", [mail, other])
    with pytest.raises(UsageError, match=f'would be called "{name}"'):
        seal_evidence(document, [mail, other], [RECIPIENT])


def test_more_than_a_bundle_holds_is_refused_unread(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(sealing.CONTENTS_MAX + 1)
    document = documents.new_document("makegood/evidence/1", {})
    with pytest.raises(BundleTooLarge, match="67,108,864 bytes that fit"):
        seal_evidence(document, [large], [RECIPIENT])
