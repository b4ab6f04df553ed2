# SPDX-License-Identifier: Apache-2.0
"""Ways to damage the signed statements of a receipt, for `checks.malformed_receipts`."""

import base64
import hmac
import json
import random
from collections.abc import Mapping
from typing import Any

from checks.good_receipt import KEYS, Good, Mutation
from checks.malformed_credentials import mutated


def _statement_malformed(chance: random.Random, good: Good, turn: int) -> bytes:
    original = text = good.receipt.statements[turn % 2]
    while text == original:
        text = mutated(chance, original, good.port)
    return _stated(chance, good, text)


def _statement_strange(chance: random.Random, good: Good, turn: int) -> bytes:
    first, second = good.receipt.statements
    head, payload, signature = first.split(".")
    none = chance.choice(["none", "None", "nOnE", "", "HS256"])
    unsigned = f"{_part({'alg': none, 'kid': KEYS[0].key_id})}.{payload}"
    # The key that everybody knows, as the secret of an HMAC.
    mac = _base64(hmac.digest(KEYS[0].did.encode(), unsigned.encode(), "sha256"))
    return _stated(
        chance,
        good,
        (
            chance.choice(good.strangers),
            f"{unsigned}.{chance.choice(['', signature, mac])}",
            ".".join(["a"] * chance.choice([2, 4, 9, 8_000])),
            chance.choice([".", "..", "..." * 5_000, f".{first}", f"{first}.", first.replace(".", "..")]),
            f"{head}.{payload}.{second.split('.')[2]}",
            f"{head}.{second.split('.')[1]}.{signature}",
            f"{head}.{payload}.{good.strangers[0].split('.')[2]}",
            chance.choice(
                [f" {first}", f"{first}\n", f"Bearer {first}", f'"{first}"', first + "=", "", "{}"]
            ),
        )[turn % 8],
    )


def _statement_of_web(chance: random.Random, good: Good, turn: int) -> bytes:
    first = good.receipt.statements[0]
    head, payload, signature = first.split(".")
    hosts = ("desk.example", "localhost", "127.0.0.1", "2130706433", "%5B::1%5D", "0x7f.1")
    # Every other one is such as a did:web may be, so that only its signature is left to be looked at.
    host = hosts[0] if turn % 2 else hosts[turn // 2 % len(hosts)]
    tails = ["", f"%3A{good.port}", ":a:b"]
    did = f"did:web:{host}{chance.choice(tails if turn % 2 else [*tails, ':..:..'])}"
    members = _members(payload)
    members |= {"iss": did, "vc": {**members["vc"], "issuer": did}}
    fragment = "#key-1" if turn % 2 else chance.choice(["#key-1", "#", "", "#a#b", "?a=b#c"])
    header = {**_members(head), "kid": did + fragment}
    return _stated(chance, good, f"{_part(header)}.{_part(members)}.{signature}")


def _stated(chance: random.Random, good: Good, text: str) -> bytes:
    # Behind a good statement or alone. In ASCII, since half a surrogate pair has no other form.
    before = [] if chance.random() < 0.5 else [chance.choice(good.receipt.statements)]
    return json.dumps(good.fields(statements=[*before, text])).encode()


def _members(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


def _part(members: Mapping[str, Any]) -> str:
    return _base64(json.dumps(members, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


MUTATIONS: tuple[Mutation, ...] = (_statement_malformed, _statement_strange, _statement_of_web)
