# SPDX-License-Identifier: Apache-2.0
"""Replies as signed statements: what they say, and whose key may sign them."""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import pytest
import rfc8785

from makegood import identity, replies
from makegood.binding import bind
from makegood.desk import BOT, HUMAN, KeySigner
from makegood.errors import SignatureRefused, UsageError
from makegood.identity import Curve, Key, Statement, StatementKind

if TYPE_CHECKING:
    from case_house import CaseHouse

KEY = Key(Curve.ED25519, hashlib.sha256(b"the agent's DID").digest())
OTHER_KEY = Key(Curve.ED25519, hashlib.sha256(b"another DID").digest())
TICKET, DIGEST = hashlib.sha256(b"ticket").digest(), hashlib.sha256(b"reply").digest()
DAY = 86_400


def register(house: "CaseHouse", agent: KeySigner, key: Key, kind: int) -> None:
    bound = bind(house.desk, agent.address, key, house.now)
    bound.register(house.desk, agent, kind, house.now + 9 * DAY, house.now + DAY).send(house.operator)


@pytest.fixture
def agent(house: "CaseHouse") -> KeySigner:
    """A human agent with the key's DID."""
    signer = KeySigner.from_key(hashlib.sha256(b"newcomer").digest())
    register(house, signer, KEY, HUMAN)
    return signer


def test_the_statement_is_the_dids_about_ticket_and_document(house: "CaseHouse", agent: KeySigner) -> None:
    text = replies.sign(house.desk, agent.address, KEY, TICKET, DIGEST, house.now)
    credential = identity.verify(text, now=house.now, issuers={KEY.did})
    assert Statement.of(credential, StatementKind.REPLY) == Statement(StatementKind.REPLY, TICKET, DIGEST)
    assert (credential.issued_at, credential.expires_at) == (house.now, None)


def test_a_bot_signs_too(house: "CaseHouse") -> None:
    bot = KeySigner.from_key(hashlib.sha256(b"a bot").digest())
    register(house, bot, OTHER_KEY, BOT)
    text = replies.sign(house.desk, bot.address, OTHER_KEY, TICKET, DIGEST, house.now)
    assert identity.verify(text, now=house.now).issuer == OTHER_KEY.did


def test_another_dids_key_is_refused(house: "CaseHouse", agent: KeySigner) -> None:
    with pytest.raises(SignatureRefused) as refusal:
        replies.sign(house.desk, agent.address, OTHER_KEY, TICKET, DIGEST, house.now)
    assert refusal.value.message == (
        f"{OTHER_KEY.did} is not the DID that the directory has for the agent {agent.address}."
    )
    assert refusal.value.hint == (
        "Sign with the key of that DID, or let the operator register the agent with this one."
    )


def test_the_key_of_a_did_that_was_replaced_is_refused(house: "CaseHouse", agent: KeySigner) -> None:
    register(house, agent, OTHER_KEY, HUMAN)
    with pytest.raises(SignatureRefused, match="is not the DID that the directory has"):
        replies.sign(house.desk, agent.address, KEY, TICKET, DIGEST, house.now)
    assert replies.sign(house.desk, agent.address, OTHER_KEY, TICKET, DIGEST, house.now)


def test_whoever_was_never_registered_is_refused(house: "CaseHouse") -> None:
    with pytest.raises(SignatureRefused, match="The directory has no DID for ") as refusal:
        replies.check_did(house.desk, house.stranger.address, KEY.did)
    assert refusal.value.hint == "Let the operator register it as an agent."


def test_a_digest_of_another_length_is_refused(house: "CaseHouse", agent: KeySigner) -> None:
    with pytest.raises(UsageError, match="have 32 bytes each"):
        replies.sign(house.desk, agent.address, KEY, TICKET, DIGEST[:20], house.now)


def test_a_statement_is_told_from_others(house: "CaseHouse", agent: KeySigner) -> None:
    now = house.now
    text = replies.sign(house.desk, agent.address, KEY, TICKET, DIGEST, now)
    evidence = Statement(StatementKind.EVIDENCE, TICKET, DIGEST).claims(issued_at=now)
    assert replies.says(text, KEY.did, TICKET, DIGEST, now)
    assert not replies.says(text, OTHER_KEY.did, TICKET, DIGEST, now)
    assert not replies.says(text, KEY.did, DIGEST, DIGEST, now)
    assert not replies.says(text, KEY.did, TICKET, TICKET, now)
    assert not replies.says(text, KEY.did, TICKET, DIGEST, now - 1)
    assert not replies.says(identity.issue(evidence, KEY), KEY.did, TICKET, DIGEST, now)
    assert not replies.says("no JWT", KEY.did, TICKET, DIGEST, now)


def test_the_page_shows_the_payload_of_a_statement_over_its_reply(
    house: "CaseHouse", agent: KeySigner, project: Path
) -> None:
    page = (project / "docs" / "documents.md").read_text("utf-8")
    (shown,) = re.findall(r"```jsonc\n(.*?)```", page, re.DOTALL)
    payload = json.loads(re.sub(r" // .*", "", shown))
    found = (json.loads(each) for each in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    (document,) = [each for each in found if each["type"] == "makegood/reply/1"]
    ticket_id, digest = (
        bytes.fromhex(document["ticket"][2:]),
        hashlib.sha256(rfc8785.dumps(document)).digest(),
    )
    text = replies.sign(house.desk, agent.address, KEY, ticket_id, digest, payload["nbf"])
    made = jwt.decode(text, options={"verify_signature": False})
    assert made == payload | {"iss": KEY.did, "vc": payload["vc"] | {"issuer": KEY.did}}
