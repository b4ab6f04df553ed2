# SPDX-License-Identifier: Apache-2.0
"""Ways to alter a credential, for `checks.refusals`; none gives one that may be accepted."""

import base64
import json
import random
from collections.abc import Callable

Mutation = Callable[[random.Random, str, int], str]


def mutated(chance: random.Random, text: str, port: int) -> str:
    """A credential that was altered in one of the ways below; `port` is where somebody listens."""
    return chance.choice(MUTATIONS)(chance, text, port)


def _characters(chance: random.Random, text: str, _: int) -> str:
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(text))
        new = chance.choice(["", chance.choice("AQgwz09-_.=+/ \n\0\u00e9\u2028\ud800"), text[place] * 2])
        text = text[:place] + new + text[place + 1 :]
    return text


def _cut(chance: random.Random, text: str, _: int) -> str:
    start = chance.randrange(len(text))
    return chance.choice([text[:start], text[start:], text[:start] + text[start + chance.randint(1, 40) :]])


def _parts(chance: random.Random, text: str, _: int) -> str:
    parts = text.split(".")
    chance.shuffle(parts)
    return ".".join(parts[: chance.randint(1, 3)] + parts[: chance.randint(0, 2)])


def _grown(chance: random.Random, text: str, _: int) -> str:
    return chance.choice(
        [text * 20, text + "A" * 17_000, "." * 17_000, "eyJ" * 9_000, "[" * 16_000, '{"a":' * 3_000]
    )


def _noise(chance: random.Random, _: str, __: int) -> str:
    return chance.randbytes(chance.randint(0, 400)).decode("latin-1")


def _header(chance: random.Random, text: str, port: int) -> str:
    web = f"did:web:{chance.choice(['localhost', '127.0.0.1', '2130706433', '%5B::1%5D'])}%3A{port}"
    change: dict[str, object] = chance.choice(
        [
            {"alg": chance.choice(["none", "HS256", "ES256", "RS256", "eddsa", None, 1, ["EdDSA"], {}])},
            {
                "kid": chance.choice(
                    [None, 1, "", "#", "did:key:z6Mk", f"{web}#k", "did:ethr:0x1#k", "a" * 9_000]
                )
            },
            {
                chance.choice(["jwk", "jku", "x5u", "x5c", "crit", "b64"]): chance.choice(
                    [{}, [], f"https://{web}"]
                )
            },
            {"typ": chance.choice([1, "JWE", None])},
            {"kid": f"did:key:z{chance.choice('123abcZQM') * chance.randint(1, 120)}#a"},
        ]
    )
    return _rebuilt(text, header=change)


def _payload(chance: random.Random, text: str, port: int) -> str:
    nested: object = 1
    for _ in range(chance.choice([3, 20, 120, 400])):
        nested = [nested]
    change: dict[str, object] = chance.choice(
        [
            {
                "iss": chance.choice(
                    [None, 1, "", f"did:web:localhost%3A{port}", "did:key:z6Mk", {"id": "did:web:x"}]
                )
            },
            {"nbf": chance.choice([None, "1", -1, 1e300, 10**30, 0.5, True, [1]])},
            {"exp": chance.choice([None, "1", -1, 1e300, 10**30, 0.5, True, 1_767_225_600])},
            {"vc": chance.choice([None, [], {}, "x", {"@context": []}, nested])},
            {"sub": chance.choice([None, 1, "", "a" * 3_000, "urn:other:1"])},
            {"aud": "someone", "more": nested},
        ]
    )
    return _rebuilt(text, payload=change)


def _raw_payload(chance: random.Random, text: str, _: int) -> str:
    parts = text.split(".")
    raw = base64.urlsafe_b64decode(parts[1] + "==")
    twice = raw.replace(b'{"', b'{"iss":"did:key:z6Mk","', 1)
    strange = chance.choice(
        [twice, raw + b" x", raw[:-1], b"\xff\xfe" + raw, raw.replace(b'"b"', b"NaN"), b"1e999", b""]
    )
    return ".".join([parts[0], _encoded(strange), parts[2]])


def _signature(chance: random.Random, text: str, _: int) -> str:
    head = text.rpartition(".")[0]
    strange = [chance.randbytes(size) for size in (0, 1, 63, 64, 65, 128)] + [bytes(64), b"\xff" * 64]
    return f"{head}.{_encoded(chance.choice(strange))}"


def _linked_data(chance: random.Random, text: str, port: int) -> str:
    payload = json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
    credential = dict(payload["vc"])
    credential["@context"] = [credential["@context"][0], f"https://localhost:{port}/context"]
    credential["proof"] = {
        "type": chance.choice(["Ed25519Signature2018", "Ed25519Signature2020"]),
        "jws": "a..b",
    }
    return json.dumps(credential)


def _rebuilt(
    text: str, *, header: dict[str, object] | None = None, payload: dict[str, object] | None = None
) -> str:
    first, second, signature = text.split(".")
    parts = []
    for part, change in ((first, header), (second, payload)):
        members = json.loads(base64.urlsafe_b64decode(part + "==")) | (change or {})
        parts.append(_encoded(json.dumps(members).encode()) if change else part)
    return ".".join([*parts, signature])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


MUTATIONS: tuple[Mutation, ...] = (
    _characters,
    _cut,
    _parts,
    _grown,
    _noise,
    _header,
    _payload,
    _raw_payload,
    _signature,
    _linked_data,
)
