# SPDX-License-Identifier: Apache-2.0
"""Receipts that were tampered with: one change each, the step that must refuse it, and its words.

`python tests/support/tampering.py` writes them to tests/assets/receipts, beside the three good ones that they
are made from. They are the same in every run, see `receipt_house`; after a change of the contracts they have
to be written anew, since the hashes of blocks change then.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi import encode
from receipt_house import START, ReceiptHouse, build_house, document, of_web, seed

from makegood import documents
from makegood.batches import Batch, Entry
from makegood.clock import Priority
from makegood.identity import Curve, Key, StatementKind, base64url
from makegood.receipts import build

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "receipts"
GOOD = "good"
GOOD_BY_AGENT = "good-by-agent"
GOOD_BY_BATCH = "good-by-batch"

Fields = dict[str, Any]


@dataclass(frozen=True)
class Base:
    """The good receipt, and the chain that it is of."""

    house: ReceiptHouse
    good: Mapping[str, Any]

    def fields(self, **changes: Any) -> Fields:
        """A copy with members changed; None leaves one out."""
        copy: Fields = {**json.loads(json.dumps(self.good)), **changes}
        return {name: value for name, value in copy.items() if value is not None}

    def forged(self, **changes: Any) -> Fields:
        """A copy whose ticket id follows from the changes, without the statement about the true one."""
        copy = self.fields(**changes)
        del copy["statements"]
        return {**copy, "ticket_id": ticket_id(copy)}

    def signed(self, statement: str) -> Fields:
        """A copy with another statement."""
        return self.fields(statements=[statement])

    def described(self, **changes: Any) -> Fields:
        """A copy with another document."""
        return self.fields(document={**self.good["document"], **changes})

    def token(self, part: int, change: Callable[[Fields], Fields]) -> Fields:
        """A copy whose statement's header (0) or payload (1) was changed without signing anew."""
        parts = self.good["statements"][0].split(".")
        content = change(json.loads(base64url.decode(parts[part])))
        parts[part] = base64url.encode(json.dumps(content).encode())
        return self.signed(".".join(parts))


@dataclass(frozen=True)
class Tampered:
    """A receipt that is refused at `step`, in these words. `make` gives its members, or its bytes."""

    name: str
    step: str
    words: str
    make: Callable[[Base], Fields | bytes]
    of_batch: bool = False

    @property
    def path(self) -> Path:
        return ASSETS / f"{self.name}.json"

    def content(self, base: Base) -> bytes:
        made = self.make(base)
        return made if isinstance(made, bytes) else text_of(made)


def text_of(fields: Mapping[str, Any]) -> bytes:
    return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode()


def ticket_id(fields: Mapping[str, Any]) -> str:
    encoded = encode(
        ["uint256", "address", "uint256", "address", "bytes32"],
        [
            fields["chain_id"],
            fields["desk"],
            fields["lane"],
            fields["requester"],
            bytes.fromhex(fields["commitment"][2:]),
        ],
    )
    return "0x" + hashlib.sha256(encoded).hexdigest()


def commitment_of(name: str) -> str:
    return "0x" + hashlib.sha256(documents.canonical_bytes(document(name))).hexdigest()


def hexadecimal(data: bytes) -> str:
    return "0x" + data.hex()


ZERO = "0x" + "00" * 32
NOBODY = "0x" + "11" * 20


def _without(members: Mapping[str, Any], name: str) -> Fields:
    return {key: value for key, value in members.items() if key != name}


def _miscased(base: Base) -> str:
    desk = str(base.good["desk"])
    place = next(index for index, one in enumerate(desk) if index > 1 and one.isalpha())
    return desk[:place] + desk[place].swapcase() + desk[place + 1 :]


def _claiming(payload: Mapping[str, Any], **claims: Any) -> Fields:
    vc = payload["vc"]
    return {**payload, "vc": {**vc, "credentialSubject": {**vc["credentialSubject"], **claims}}}


def _resigned(base: Base) -> str:
    # The signature of the same agent over something else.
    head = base.good["statements"][0].rpartition(".")[0]
    return f"{head}.{base.house.statement(ticket='second').rpartition('.')[2]}"


def _impersonating(base: Base) -> Fields:
    # The bot's key signs what says that the agent said it.
    claimed = base.good["statements"][0].split(".")[:2]
    return base.signed(".".join([*claimed, base.house.statement(key=base.house.bot_key).rpartition(".")[2]]))


def _path(base: Base, index: int) -> list[str]:
    return [hexadecimal(each) for each in base.house.batches[1].path(index)]


def _placed(base: Base, tree: Batch, index: int, **changes: Any) -> Fields:
    # The good receipt of what another batch has.
    place = {"index": index, "size": tree.size, "root": hexadecimal(tree.root)}
    return base.fields(**place, path=[hexadecimal(each) for each in tree.path(index)], **changes)


def _alone(base: Base, opening: Entry) -> Fields:
    return _placed(base, Batch.of([(opening, Priority.URGENT)]), 0)


def _in_nonsense(base: Base, index: int) -> Fields:
    batch = base.house.batches[2]
    entry = batch.entry(index)
    transaction = base.house.transactions["batch 2"]
    block = base.house.w3.eth.get_transaction_receipt(transaction)
    return _placed(
        base,
        batch,
        index,
        batch=2,
        ticket_id=hexadecimal(entry.ticket_id),
        commitment=hexadecimal(entry.digest),
        opened_at=entry.at,
        reply_due=max(entry.at, base.good["reply_due"]),
        resolution_due=max(entry.at, base.good["resolution_due"]),
        transaction=hexadecimal(transaction),
        block_number=block["blockNumber"],
        block_hash=hexadecimal(bytes(block["blockHash"])),
        document=None,
        statements=None,
    )


def _statement(base: Base, **changes: Any) -> str:
    """The agent's statement on its reply in the batch, with changes."""
    entry = base.house.batches[1].entry(3)
    return base.house.statement(
        **{"ticket": "batched", "digest": entry.digest, "issued_at": entry.at, **changes}
    )


def _hash_of(base: Base, number: int) -> bytes:
    return bytes(base.house.w3.eth.get_block(number)["hash"])


_FILE: tuple[tuple[str, str, Callable[[Base], Fields | bytes]], ...] = (
    ("file-empty", "not JSON", lambda _: b""),
    ("file-cut-off", "not JSON", lambda b: text_of(b.good)[:-200]),
    ("file-a-list", "this is no receipt", lambda _: b"[]"),
    ("file-latin-1", "not UTF-8", lambda b: text_of(b.good) + b"\xe9"),
    ("file-too-deep", "nested deeper", lambda _: b'{"type": ' + b"[" * 200 + b"]" * 200 + b"}"),
    (
        "file-twice-a-key",
        'has the key "lane" twice',
        lambda b: text_of(b.good).replace(b'"lane": 0,', b'"lane": 0, "lane": 1,'),
    ),
    (
        "file-not-a-number",
        "NaN is no JSON number",
        lambda b: text_of(b.good).replace(b'"lane": 0,', b'"lane": NaN,'),
    ),
    ("type-version-2", "$.type is not", lambda b: b.fields(type="makegood/receipt/2")),
    ("type-missing", "$.type is not", lambda b: b.fields(type=None)),
    ("member-unknown", "$.proof is not known here", lambda b: b.fields(proof=1)),
    ("chain-id-text", "$.chain_id is no whole number", lambda b: b.fields(chain_id="1")),
    ("desk-checksum", "$.desk is an address that fails its checksum", lambda b: b.fields(desk=_miscased(b))),
    ("ticket-id-short", "$.ticket_id has 31 bytes", lambda b: b.fields(ticket_id="0x" + "11" * 31)),
    ("lane-2", "$.batch is missing, which lane 2 asks for", lambda b: b.fields(lane=2)),
    ("lane-3", "$.lane is no whole number from 0 to 2", lambda b: b.fields(lane=3)),
    ("batch-on-lane-0", "$.batch is there, which only lane 2 has", lambda b: b.fields(batch=1)),
    ("path-on-lane-0", "$.path is there, which only lane 2 has", lambda b: b.fields(path=[])),
    ("requester-missing", "$.requester is missing", lambda b: b.fields(requester=None)),
    ("commitment-upper-case", "$.commitment is not 0x and", lambda b: b.fields(commitment="0x" + "AA" * 32)),
    ("policy-id-huge", "$.policy_id is no whole number", lambda b: b.fields(policy_id=2**13)),
    ("priority-word", "$.priority is none of urgent", lambda b: b.fields(priority="critical")),
    ("opened-at-negative", "$.opened_at is no whole number", lambda b: b.fields(opened_at=-1)),
    ("reply-due-fraction", "$.reply_due is no whole number", lambda b: b.fields(reply_due=1.5)),
    (
        "reply-due-before-the-ticket",
        "$.reply_due is before the ticket was opened",
        lambda b: b.fields(reply_due=b.good["opened_at"] - 1),
    ),
    (
        "resolution-due-before-the-ticket",
        "$.resolution_due is before the ticket was opened",
        lambda b: b.fields(resolution_due=b.good["opened_at"] - 1),
    ),
    ("resolution-due-true", "$.resolution_due is no whole number", lambda b: b.fields(resolution_due=True)),
    ("transaction-without-0x", "$.transaction is not 0x", lambda b: b.fields(transaction="11" * 32)),
    ("block-number-missing", "$.block_number is missing", lambda b: b.fields(block_number=None)),
    ("block-hash-list", "$.block_hash is no string", lambda b: b.fields(block_hash=[])),
    ("document-a-list", "$.document is not a JSON object", lambda b: b.fields(document=[])),
    ("document-without-salt", "$.document.salt is missing", lambda b: b.fields(document={"type": "x"})),
    ("document-number-huge", "$.document.amount is an integer of", lambda b: b.described(amount=2**53)),
    ("statements-a-text", "$.statements is no list", lambda b: b.fields(statements="x")),
    ("statements-number", "$.statements[0] is no string", lambda b: b.fields(statements=[1])),
    (
        "statements-twice",
        "$.statements[1] is there twice",
        lambda b: b.fields(statements=list(b.good["statements"]) * 2),
    ),
)

_DOCUMENT: tuple[tuple[str, Callable[[Base], Fields]], ...] = (
    ("document-text", lambda b: b.described(text="All is well.")),
    ("document-salt", lambda b: b.described(salt=seed("another").hex())),
    ("document-type", lambda b: b.described(type="makegood/reply/1")),
    ("document-member-more", lambda b: b.described(order="3")),
    ("document-member-less", lambda b: b.fields(document=_without(b.good["document"], "requester"))),
    ("document-of-another", lambda b: b.fields(document=document("second"))),
    ("commitment-forged", lambda b: b.forged(commitment=commitment_of("second"))),
)

_TICKET_ID: tuple[tuple[str, Callable[[Base], Fields]], ...] = (
    ("ticket-id", lambda b: b.fields(ticket_id=hexadecimal(seed("another")))),
    ("ticket-id-of-another", lambda b: b.fields(ticket_id=hexadecimal(b.house.ids["second"]))),
    ("chain-id", lambda b: b.fields(chain_id=1)),
    ("desk", lambda b: b.fields(desk=b.house.other_desk.address)),
    ("lane", lambda b: b.fields(lane=1)),
    ("requester", lambda b: b.fields(requester=b.house.operator.address)),
    (
        "commitment-and-document",
        lambda b: b.fields(commitment=commitment_of("second"), document=document("second")),
    ),
)

_SIGNATURES: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    ("statement-no-jwt", "no JWT in compact form", lambda b: b.signed("hello")),
    ("statement-json-ld", "JSON-LD credential", lambda b: b.signed('{"proof": {}}')),
    ("statement-signature", "signature is not its issuer's", lambda b: b.signed(_resigned(b))),
    (
        "statement-digest",
        "signature is not its issuer's",
        lambda b: b.token(1, lambda payload: _claiming(payload, digest=ZERO)),
    ),
    (
        "statement-issuer",
        "key does not belong to its issuer",
        lambda b: b.token(1, lambda payload: {**payload, "iss": b.house.bot_key.did}),
    ),
    (
        "statement-times",
        "contradicts the JWT around it",
        lambda b: b.token(1, lambda payload: {**payload, "nbf": START}),
    ),
    (
        "statement-algorithm-none",
        "names no algorithm that is taken",
        lambda b: b.token(0, lambda header: {**header, "alg": "none"}),
    ),
    (
        "statement-without-key-id",
        "no key id",
        lambda b: b.token(0, lambda header: _without(header, "kid")),
    ),
    (
        "statement-key-id",
        "signature is not its issuer's",
        _impersonating,
    ),
    (
        "statement-on-another-ticket",
        "not about this one",
        lambda b: b.signed(b.house.statement(ticket="second")),
    ),
    (
        "statement-of-evidence",
        "no ReplyStatement",
        lambda b: b.signed(b.house.statement(kind=StatementKind.EVIDENCE)),
    ),
    (
        "statement-of-a-web-did-on-another-ticket",
        "not about this one",
        lambda b: b.signed(of_web(b.house.statement(ticket="second"))),
    ),
    (
        "statement-of-a-web-did-of-evidence",
        "no ReplyStatement",
        lambda b: b.signed(of_web(b.house.statement(kind=StatementKind.EVIDENCE))),
    ),
)

_RECORDED: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    ("desk-nobody-forged", "There is no desk at", lambda b: b.forged(desk=NOBODY)),
    (
        "desk-other-forged",
        "did not open this ticket at this desk",
        lambda b: b.forged(desk=b.house.other_desk.address),
    ),
    (
        "desk-pool-forged",
        "did not open this ticket at this desk",
        lambda b: b.forged(desk=b.house.desk.pool.address),
    ),
    ("lane-forged", "did not open this ticket at this desk", lambda b: b.forged(lane=1)),
    (
        "requester-forged",
        "did not open this ticket at this desk",
        lambda b: b.forged(requester=b.house.operator.address),
    ),
    (
        "commitment-unrecorded",
        "did not open this ticket at this desk",
        lambda b: b.forged(commitment=commitment_of("new"), document=document("new")),
    ),
    ("transaction", "The chain has no transaction", lambda b: b.fields(transaction=ZERO)),
    (
        "transaction-of-another",
        "did not open this ticket at this desk",
        lambda b: b.fields(transaction=hexadecimal(b.house.transactions["second"])),
    ),
    (
        "transaction-of-its-reply",
        "did not open this ticket at this desk",
        lambda b: b.fields(transaction=hexadecimal(b.house.transactions["reply"])),
    ),
    ("policy-id", "the policy is 2; the chain says 1", lambda b: b.fields(policy_id=2)),
    ("priority", "the priority is low; the chain says urgent", lambda b: b.fields(priority="low")),
    (
        "opened-at",
        "the ticket was opened at 2027-01-04T00:20:59Z",
        lambda b: b.fields(opened_at=b.good["opened_at"] - 1),
    ),
    (
        "reply-due",
        "the first reply was due by 2027-01-04T00:21:00Z; the chain says 2027-01-04T01:21:00Z",
        lambda b: b.fields(reply_due=b.good["opened_at"]),
    ),
    (
        "resolution-due",
        "the resolution was due by",
        lambda b: b.fields(resolution_due=b.good["resolution_due"] + 1),
    ),
    ("block-number", "is in block 21, not in block 20", lambda b: b.fields(block_number=20)),
    ("block-hash", "Block 21 is another one here", lambda b: b.fields(block_hash=hexadecimal(seed("fork")))),
    (
        "block-of-another",
        "A reorganisation of the chain moved it",
        lambda b: b.fields(block_number=22, block_hash=hexadecimal(_hash_of(b, 22))),
    ),
)

_STANDING: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    (
        "statement-of-no-reply",
        "a reply that is not recorded on this ticket",
        lambda b: b.signed(b.house.statement(digest=seed("never given"))),
    ),
    (
        "statement-by-the-bot",
        "was not the DID of the agent",
        lambda b: b.signed(b.house.statement(key=b.house.bot_key)),
    ),
    (
        "statement-by-the-later-did",
        "was not the DID of the agent",
        lambda b: b.signed(b.house.statement(key=b.house.later_agent_key)),
    ),
    (
        "statement-on-the-bots-message",
        "was not the DID of the agent",
        lambda b: b.signed(b.house.statement(digest=b.house.bot_digest)),
    ),
    (
        "statement-expired",
        "before the reply was recorded",
        lambda b: b.signed(b.house.statement(issued_at=b.good["opened_at"], expires_at=b.house.replied_at)),
    ),
    (
        "statement-dated-ahead",
        "is dated 2100-01-01T00:00:00Z, which is still to come",
        lambda b: b.signed(b.house.statement(issued_at=4_102_444_800)),
    ),
    (
        "statement-dated-before-the-ticket",
        "is dated 1970-01-01T00:00:00Z, before the ticket was opened at 2027-01-04T00:21:00Z",
        lambda b: b.signed(b.house.statement(issued_at=0)),
    ),
)

_BATCH_FILE: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    ("batch-missing", "$.batch is missing, which lane 2 asks for", lambda b: b.fields(batch=None)),
    ("index-missing", "$.index is missing", lambda b: b.fields(index=None)),
    ("size-missing", "$.size is missing", lambda b: b.fields(size=None)),
    ("path-missing", "$.path is missing", lambda b: b.fields(path=None)),
    ("root-missing", "$.root is missing", lambda b: b.fields(root=None)),
    ("batch-text", "$.batch is no whole number", lambda b: b.fields(batch="1")),
    ("index-negative", "$.index is no whole number", lambda b: b.fields(index=-1)),
    ("size-huge", "$.size is no whole number from 0 to 16777215", lambda b: b.fields(size=2**24)),
    ("path-a-text", "$.path is no list of at most 24 hashes", lambda b: b.fields(path=ZERO)),
    ("path-too-long", "$.path is no list of at most 24 hashes", lambda b: b.fields(path=[ZERO] * 25)),
    ("path-hash-short", "$.path[1] has 31 bytes", lambda b: b.fields(path=[ZERO, ZERO[:-2]])),
    ("root-upper-case", "$.root is not 0x and", lambda b: b.fields(root="0x" + "AA" * 32)),
)

_BATCH_TICKET_ID: tuple[tuple[str, Callable[[Base], Fields]], ...] = (
    ("lane-of-a-batch", lambda b: b.fields(lane=1, batch=None, index=None, size=None, path=None, root=None)),
    ("batch-requester", lambda b: b.fields(requester=NOBODY)),
    ("batch-chain-id", lambda b: b.fields(chain_id=1)),
)

_INCLUSION: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    ("index-altered", "does not lead from this opening, at index 1 of 6", lambda b: b.fields(index=1)),
    ("index-beyond", "has 6 leaves, and so none at index 6", lambda b: b.fields(index=6)),
    ("index-of-another-height", "a path has 2 hashes; this one has 3", lambda b: b.fields(index=4)),
    ("size-zero", "has 0 leaves, and so none at index 0", lambda b: b.fields(size=0)),
    ("size-one", "of 1 leaf a path has 0 hashes", lambda b: b.fields(size=1)),
    ("path-shorter", "this one has 2", lambda b: b.fields(path=b.good["path"][:-1])),
    ("path-longer", "this one has 4", lambda b: b.fields(path=[*b.good["path"], ZERO])),
    ("path-altered", "does not lead", lambda b: b.fields(path=[ZERO, *b.good["path"][1:]])),
    ("path-turned", "does not lead", lambda b: b.fields(path=b.good["path"][::-1])),
    ("path-of-another", "does not lead", lambda b: b.fields(path=_path(b, 1))),
    ("root-altered", "to the root 0x0000", lambda b: b.fields(root=ZERO)),
    ("batch-opened-at", "does not lead", lambda b: b.fields(opened_at=b.good["opened_at"] + 1)),
    ("batch-requester-forged", "does not lead", lambda b: b.forged(requester=NOBODY)),
    (
        "batch-commitment-forged",
        "does not lead",
        lambda b: b.forged(commitment=commitment_of("first"), document=document("first")),
    ),
    ("batch-desk-forged", "does not lead", lambda b: b.forged(desk=b.house.other_desk.address)),
)

_BATCH_RECORDED: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    ("batch-of-another", "did not anchor a batch 2 at this desk", lambda b: b.fields(batch=2)),
    ("batch-unknown", "did not anchor a batch 7 at this desk", lambda b: b.fields(batch=7)),
    (
        "batch-transaction",
        "did not anchor a batch 1 at this desk",
        lambda b: b.fields(transaction=hexadecimal(b.house.transactions["batch 2"])),
    ),
    (
        "batch-transaction-of-a-ticket",
        "did not anchor a batch 1 at this desk",
        lambda b: b.fields(transaction=hexadecimal(b.house.transactions["first"])),
    ),
    (
        "root-forged",
        "The receipt says that the batch's root is 0x",
        lambda b: _alone(b, b.house.batches[1].entry(0)),
    ),
    # The first leaf's path is the same in a tree of seven.
    ("size-forged", "the number of its leaves is 7; the chain says 6", lambda b: b.fields(size=7)),
    ("batch-policy-id", "the policy is 2; the chain says 1", lambda b: b.fields(policy_id=2)),
    ("batch-priority", "the priority is low; the chain says urgent", lambda b: b.fields(priority="low")),
    (
        "batch-reply-due",
        "the first reply was due by",
        lambda b: b.fields(reply_due=b.good["reply_due"] + 1),
    ),
    (
        "batch-resolution-due",
        "the resolution was due by",
        lambda b: b.fields(resolution_due=b.good["resolution_due"] - 1),
    ),
    ("batch-block-number", "not in block 20", lambda b: b.fields(block_number=20)),
    (
        "batch-block-hash",
        "is another one here",
        lambda b: b.fields(block_hash=hexadecimal(seed("fork"))),
    ),
    (
        "batch-opened-ahead",
        "the chain says that the batch was anchored before, at 2027-01-04T",
        lambda b: _in_nonsense(b, 0),
    ),
    ("index-of-a-later-entry", "the chain says that index 1 is no opening's", lambda b: _in_nonsense(b, 1)),
)

_BATCH_STANDING: tuple[tuple[str, str, Callable[[Base], Fields]], ...] = (
    (
        "batch-statement-by-a-stranger",
        "was the DID of no agent of this desk at 2027-01-04T",
        lambda b: b.signed(_statement(b, key=Key(Curve.ED25519, seed("stranger")))),
    ),
    (
        "batch-statement-by-the-later-did",
        "was the DID of no agent of this desk at 2027-01-04T",
        lambda b: b.signed(_statement(b, key=b.house.later_agent_key)),
    ),
    (
        "batch-statement-dated-ahead",
        "which is still to come",
        lambda b: b.signed(_statement(b, issued_at=4_102_444_800)),
    ),
    (
        "batch-statement-dated-before-the-ticket",
        "before the ticket was opened at",
        lambda b: b.signed(_statement(b, issued_at=START)),
    ),
)

# No step fails of it: the node is said to be the wrong one, and the receipt is not verified.
OF_ANOTHER_CHAIN = Tampered(
    "chain-id-forged-recorded",
    "recorded",
    "The receipt is of chain 1, but the node is on chain",
    lambda b: b.forged(chain_id=1),
)

NOT_COMMITTED = "The document is not the one committed to"
DOES_NOT_FOLLOW = "The ticket id does not follow"

TAMPERED = (
    *(Tampered(name, "file", words, make) for name, words, make in _FILE),
    *(Tampered(name, "document", NOT_COMMITTED, make) for name, make in _DOCUMENT),
    *(Tampered(f"{name}-altered", "ticket_id", DOES_NOT_FOLLOW, make) for name, make in _TICKET_ID),
    *(Tampered(name, "signatures", words, make) for name, words, make in _SIGNATURES),
    *(Tampered(f"{name}-recorded", "recorded", words, make) for name, words, make in _RECORDED),
    *(Tampered(name, "standing", words, make) for name, words, make in _STANDING),
    *(Tampered(name, "file", words, make, True) for name, words, make in _BATCH_FILE),
    *(Tampered(name, "ticket_id", DOES_NOT_FOLLOW, make, True) for name, make in _BATCH_TICKET_ID),
    *(Tampered(name, "inclusion", words, make, True) for name, words, make in _INCLUSION),
    *(Tampered(name, "recorded", words, make, True) for name, words, make in _BATCH_RECORDED),
    *(Tampered(name, "standing", words, make, True) for name, words, make in _BATCH_STANDING),
)


def base_of(house: ReceiptHouse) -> Base:
    receipt = build(
        house.desk,
        transaction=house.transactions["first"],
        document=document("first"),
        statements=(house.statement(),),
    )
    return Base(house, receipt.fields())


def base_of_batch(house: ReceiptHouse) -> Base:
    entry = house.batches[1].entry(3)
    statement = house.statement(ticket="batched", digest=entry.digest, issued_at=entry.at)
    receipt = build(
        house.desk,
        ticket_id=house.ids["batched"],
        leaves=house.batches[1],
        document=document("batched"),
        statements=(statement,),
    )
    return Base(house, receipt.fields())


def files(house: ReceiptHouse) -> dict[str, bytes]:
    """The content of every file of the folder, by its name."""
    base, of_batch = base_of(house), base_of_batch(house)
    by_agent = build(house.desk, transaction=house.transactions["for_requester"])
    return {
        f"{GOOD}.json": text_of(base.good),
        f"{GOOD_BY_AGENT}.json": text_of(by_agent.fields()),
        f"{GOOD_BY_BATCH}.json": text_of(of_batch.good),
        **{
            one.path.name: one.content(of_batch if one.of_batch else base)
            for one in (*TAMPERED, OF_ANOTHER_CHAIN)
        },
    }


def write() -> int:
    """Write them, and remove what is there besides."""
    found = files(build_house())
    ASSETS.mkdir(parents=True, exist_ok=True)
    for path in ASSETS.glob("*.json"):
        if path.name not in found:
            path.unlink()
    for name, content in found.items():
        (ASSETS / name).write_bytes(content)
    return len(found)


if __name__ == "__main__":
    sys.stdout.write(f"{write()} receipts in {ASSETS}\n")
