# SPDX-License-Identifier: Apache-2.0
"""Who sent a delivery: the signature of each helpdesk over the raw body, its window, and two secrets at a
time.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from bridge_house import NOW, OLD_SECRET, SECRET, signed

from makegood.bridge.helpdesks import KINDS
from makegood.bridge.signatures import same_secret
from makegood.errors import SignatureRefused

SIGNING = sorted(name for name, helpdesk in KINDS.items() if helpdesk.SIGNED)
TIMED = ("chatwoot", "generic", "zendesk")
BODY = b'{"ticket": {"id": 1}, "text": "\xc3\xa9"}'
SECRETS = (SECRET.encode(), OLD_SECRET.encode())


def verify(kind: str, headers: dict[str, str], body: bytes = BODY, now: int = NOW, **given: Any) -> None:
    low = {name.lower(): value for name, value in headers.items()}
    KINDS[kind].verify(low, body, given.get("secrets", SECRETS), now, given.get("window", 300))


@pytest.mark.parametrize(
    ("helpdesk", "kind", "signed_at"),
    [
        ("zammad", "zammad", NOW),
        ("chatwoot >=4.11.2", "chatwoot", 1_763_044_475),
        ("zendesk", "zendesk", int(datetime.fromisoformat("2026-11-13T14:34:36+00:00").timestamp())),
    ],
)
def test_shared_vector_is_taken_and_with_one_byte_changed_refused(
    shared: Path, helpdesk: str, kind: str, signed_at: int
) -> None:
    vectors = json.loads((shared / "payloads" / "signature_vectors.json").read_text("utf-8"))
    vector = next(each for each in vectors if each["helpdesk"] == helpdesk)
    value = json.loads((shared / "payloads" / vector["body_file"].partition(" ")[0]).read_text("utf-8"))
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    secrets = (vector["secret"].encode(),)
    verify(kind, vector["headers"], body, now=signed_at, secrets=secrets)
    with pytest.raises(SignatureRefused):
        verify(kind, vector["headers"], body[:-1] + b" ", now=signed_at, secrets=secrets)


@pytest.mark.parametrize("kind", SIGNING)
def test_body_is_compared_byte_for_byte_not_as_json(kind: str) -> None:
    verify(kind, signed(kind, BODY))
    with pytest.raises(SignatureRefused, match="not of our secret"):
        verify(kind, signed(kind, BODY), BODY.replace(b": ", b":"))


@pytest.mark.parametrize("kind", SIGNING)
def test_while_a_secret_is_changed_both_are_taken_and_no_other(kind: str) -> None:
    for secret in (SECRET, OLD_SECRET):
        verify(kind, signed(kind, BODY, secret))
    with pytest.raises(SignatureRefused, match="not of our secret"):
        verify(kind, signed(kind, BODY, "a secret of somebody"))
    with pytest.raises(SignatureRefused, match="not of our secret"):
        verify(kind, signed(kind, BODY, OLD_SECRET), secrets=SECRETS[:1])


@pytest.mark.parametrize("kind", TIMED)
@pytest.mark.parametrize("late", [301, -301, 86_400])
def test_what_was_signed_outside_the_window_is_refused(kind: str, late: int) -> None:
    for within in (300, -300, 0):
        verify(kind, signed(kind, BODY), now=NOW + within)
    with pytest.raises(SignatureRefused, match="within 300 seconds"):
        verify(kind, signed(kind, BODY), now=NOW + late)


@pytest.mark.parametrize("kind", TIMED)
def test_another_time_than_the_signed_one_is_refused(kind: str) -> None:
    headers = signed(kind, BODY)
    stamp = next(name for name in headers if name.endswith("Timestamp"))
    later = signed(kind, BODY, at=NOW + 100)[stamp]
    with pytest.raises(SignatureRefused, match="not of our secret"):
        verify(kind, {**headers, stamp: later})


@pytest.mark.parametrize("kind", SIGNING)
def test_missing_and_malformed_headers_are_refused_in_a_sentence(kind: str) -> None:
    headers = signed(kind, BODY)
    for name in headers:
        if "Delivery" in name:
            continue
        with pytest.raises(SignatureRefused):
            verify(kind, {key: value for key, value in headers.items() if key != name})
        for wrong in ("", "sha1=", "é", "0", "-1", "9" * 40, "2026", "not a time"):
            with pytest.raises(SignatureRefused):
                verify(kind, {**headers, name: wrong})


def test_django_helpdesk_signs_nothing_so_nothing_is_taken_for_signed() -> None:
    with pytest.raises(SignatureRefused, match="signs nothing"):
        verify("django-helpdesk", signed("generic", BODY))


def test_secret_in_an_address_is_one_of_the_two() -> None:
    assert same_secret(SECRET, SECRETS)
    assert same_secret(OLD_SECRET, SECRETS)
    for wrong in ("", SECRET[:-1], SECRET + "x", SECRET.upper(), "\udcff"):
        assert not same_secret(wrong, SECRETS)
