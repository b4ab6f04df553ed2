# SPDX-License-Identifier: Apache-2.0
"""Ways to damage a receipt, for `checks.refusals`; each must be seen without a chain.

Each damages a direct ticket's receipt and a batch's in turn. What only the chain can tell, such as another
block number, is left as it is.
"""

import gzip
import json
import random
from functools import cache, wraps
from typing import Any

from checks import good_receipt, malformed_inclusions, malformed_statements
from checks.good_batch_receipt import batched
from checks.good_receipt import ASIDE, OTHER, Good, Mutation, encoded
from makegood.desk import BATCH_LANE
from makegood.receipts import MAX_BYTES, TYPE

CHAIN_ONLY = frozenset(
    {
        "policy_id",
        "priority",
        "opened_at",
        "reply_due",
        "resolution_due",
        "transaction",
        "block_number",
        "block_hash",
    }
)
"""Members of which nothing else in a direct ticket's file follows."""

# Each is wrong for every member, but for what `_member_strange` leaves out.
_STRANGE = (
    *("null", "true", "false", "-1", "-0.5", "1.5", "1e308", "1e400", "-1e999", "NaN", "Infinity"),
    *("-Infinity", "9" * 5_000, "18446744073709551616", "01", ".5", "+1", "0x10", "1_0", "'a'", "undefined"),
    *('""', '"0x"', f'"{"9" * 5_000}"', f'"0x{"zz" * 32}"', f'"0x{"AA" * 32}"', '"\\ud800"', '"\\u0000"'),
    *('"\u202e1"', '" "', "[]", "[[]]", "[1]", "[null]", "{}", '{"a":1}', '{"salt":"00"}', ""),
)
_NAMES = (
    "batch",
    "",
    "Type",
    "type ",
    "chain_id\0",
    "__proto__",
    "desk\u200b",
    "\ud800",
    "\x1b[2J",
    "k" * 9_000,
)
_NOT_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80", b"\xe6\x8f", b"\0", b"\x1b")
_OF_NO_USE = (
    *(b"", b" ", b"\n" * 9, b"null", b"true", b"0", b"[]", b"{}", b'"x"', b"[{}]", b"\0", b"{", b'{"type"'),
    *(json.dumps({"type": TYPE}).encode(), json.dumps([TYPE]).encode(), json.dumps(TYPE).encode()),
)
_MAGIC = (b"\x7fELF", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-1.7\n", b"\x1f\x8b\x08", b"")


# ---------------------------------------------------------------- the file


def _empty(_: random.Random, __: Good, turn: int) -> bytes:
    return _OF_NO_USE[turn % len(_OF_NO_USE)]


def _binary(chance: random.Random, _: Good, turn: int) -> bytes:
    return _MAGIC[turn % len(_MAGIC)] + chance.randbytes(chance.randint(1, 3_000))


def _cut_off(chance: random.Random, good: Good, turn: int) -> bytes:
    # Without its last brace at least: the line's end behind it means nothing.
    place = chance.randrange(1, len(good.data) - 1)
    return good.data[place:] if turn % 4 == 0 else good.data[:place]


def _flipped(chance: random.Random, good: Good, _: int) -> bytes:
    while True:
        data = bytearray(good.data)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
        if not _is_alike(bytes(data), good):
            return bytes(data)


def _encoding(chance: random.Random, good: Good, turn: int) -> bytes:
    data = good.data
    text = data.decode()
    place = chance.randrange(len(data))
    odd = _NOT_UTF8[turn // 8 % len(_NOT_UTF8)]
    return (
        data[:place] + odd + data[place:],
        b"\xef\xbb\xbf" + data,
        text.encode("utf-16"),
        text.encode("utf-32-be"),
        text.encode("gb18030"),
        gzip.compress(data, mtime=0),
        data + odd,
        data.replace(b". ", b".\n"),  # the end of a line within a string
    )[turn % 8]


def _large(chance: random.Random, good: Good, turn: int) -> bytes:
    room = MAX_BYTES - 9_000
    document = good.document
    return (
        lambda: good.data + b" " * (2 << 20),
        lambda: b"[" * (2 << 20),
        lambda: b'{"type":' * (1 << 18),
        lambda: b"\0" * (2 << 20),
        lambda: good.raw("9" * (2 << 20), chain_id=ASIDE),
        lambda: good.raw("9" * room, chain_id=ASIDE),
        lambda: good.raw("1e" + "9" * room, block_number=ASIDE),
        lambda: good.raw("[" * room, statements=ASIDE),
        lambda: good.raw("[" + "[]," * (room // 4) + "[]]", document={**document, "more": ASIDE}),
        lambda: encoded(good.fields(document={**document, "text": "a" * room})),
        lambda: encoded(good.fields(document={**document, "text": '"\\' * (room // 4)})),
        lambda: encoded(good.fields(document={**document, **{f"k{at}": at for at in range(50_000)}})),
        lambda: encoded(good.fields(statements=[f"{'a' * 16_000}.b.{at}" for at in range(60)])),
        lambda: encoded(good.fields(statements=[f"{chance.random()}" for _ in range(101)])),
        lambda: encoded(good.fields(statements=["e30.e30." + f"{at:04}" for at in range(100)])),
        lambda: encoded({f"k{at}": at for at in range(50_000)} | good.fields()),
    )[turn % 16]()


# ---------------------------------------------------------------- its members


def _member_missing(_: random.Random, good: Good, turn: int) -> bytes:
    names = [name for name in good.fields() if name not in ("document", "statements")]
    return encoded({name: value for name, value in good.fields().items() if name != names[turn % len(names)]})


def _member_strange(chance: random.Random, good: Good, turn: int) -> bytes:
    names = list(good.fields())
    name = names[turn % len(names)]
    # A list without statements says the same as none.
    strange = chance.choice([one for one in _STRANGE if (name, one) != ("statements", "[]")])
    return good.raw(strange, **{name: ASIDE})


def _member_more(chance: random.Random, good: Good, turn: int) -> bytes:
    strange = chance.choice([one for one in _STRANGE if one])
    names = [name for name in _NAMES if name not in good.fields()]
    return good.raw(strange, **{names[turn % len(names)]: ASIDE})


def _member_twice(chance: random.Random, good: Good, turn: int) -> bytes:
    names = [*good.fields(), *(f"document.{name}" for name in good.document)]
    inner, _, name = names[turn % len(names)].rpartition(".")
    members = good.fields()[inner] if inner else good.fields()
    again = json.dumps({name: members[name] if chance.random() < 0.5 else "other"})[1:-1]
    whole = json.dumps(members, ensure_ascii=False)
    twice = chance.choice([f"{{{again}, {whole[1:]}", f"{whole[:-1]}, {again}}}"])
    return good.raw(twice, document=ASIDE) if inner else twice.encode()


def _nested(chance: random.Random, good: Good, turn: int) -> bytes:
    depth = chance.choice([17, 99, 100, 101, 500, 5_000, 80_000])
    start, end = chance.choice([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    deep = start * depth + "1" + end * (depth if chance.random() < 0.8 else depth // 2)
    document = good.document
    return (
        deep.encode,
        lambda: good.raw(deep, more=ASIDE),
        lambda: good.raw(deep, document=ASIDE),
        lambda: good.raw(deep, document={**document, "more": ASIDE}),
        lambda: good.raw(deep, statements=ASIDE),
        lambda: good.raw(deep, statements=[ASIDE]),
    )[turn % 6]()


def _surrogate(chance: random.Random, good: Good, turn: int) -> bytes:
    half = chance.choice(["\ud800", "a\udfff", "\udc00\ud800", "提\ud83d"])
    document = good.document
    return json.dumps(
        (
            good.fields(document={**document, "text": half}),
            good.fields(document={**document, half: "a"}),
            good.fields(document={**document, "more": [{half: 1}]}),
            good.fields(statements=[half]),
            good.fields(type=TYPE + half),
            good.fields(priority=half),
            {half: 1, **good.fields()},
        )[turn % 7]
    ).encode()


# ---------------------------------------------------------------- what follows from what


def _document(chance: random.Random, good: Good, turn: int) -> bytes:
    document = good.document
    text, salt = document["text"], document["salt"]
    name = ("type", "requester", "text")[turn // 8 % 3]
    return encoded(
        good.fields(
            document=(
                {**document, "text": text + chance.choice([" ", "\u200b", "\u0301", "\0", "."])},
                {**document, "text": text.replace("12.5", str(chance.randint(13, 10**9)))},
                {**document, "salt": chance.randbytes(32).hex()},
                {**document, "salt": chance.choice([salt.upper(), salt[:-1], salt + "0", f"0x{salt}"])},
                {**document, chance.choice(["more", "", "Salt"]): chance.choice([None, 1, "", [], {}])},
                {key: value for key, value in document.items() if key != name},
                {**document, name: chance.choice([None, 1, 0.5, "", [], {"a": 1}, 2**60])},
                {"document": document, "salt": salt},
            )[turn % 8]
        )
    )


def _ticket_id(chance: random.Random, good: Good, turn: int) -> bytes:
    changes: tuple[tuple[str, Any], ...] = (
        ("chain_id", chance.randint(2, 2**53 - 1)),
        ("desk", OTHER),
        ("ticket_id", "0x" + chance.randbytes(32).hex()),
        ("lane", 1),
        ("requester", OTHER),
        ("commitment", "0x" + chance.randbytes(32).hex()),
    )
    name, value = changes[turn % 6]
    fields = good.fields(**{name: value})
    # Without these two, nothing but the id refuses it.
    if turn // 6 % 2:
        del fields["document"]
    if turn // 12 % 2:
        del fields["statements"]
    return encoded(fields)


def _is_alike(data: bytes, good: Good) -> bool:
    """Whether to any reader of JSON it says the same, but for what only the chain can tell."""
    try:
        found = json.loads(data.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    unseen = _unseen(good)
    return {**good.fields(), **dict.fromkeys(unseen)} == {
        name: None if name in unseen else value for name, value in found.items()
    }


def _unseen(good: Good) -> frozenset[str]:
    # The time of a batch's opening is in its leaf; which batch has that root, only the chain knows.
    return CHAIN_ONLY - {"opened_at"} | {"batch"} if good.receipt.lane == BATCH_LANE else CHAIN_ONLY


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


@cache
def _batched(port: int) -> Good:
    return batched(good_receipt.good(port))


def _of_each_lane(damage: Mutation) -> Mutation:
    """The same damage to a direct ticket's receipt, and at every second turn to a batch's."""

    @wraps(damage)
    def either(chance: random.Random, good: Good, turn: int) -> bytes:
        return damage(chance, _batched(good.port) if turn % 2 else good, turn // 2)

    return either


def _of_a_batch(damage: Mutation) -> Mutation:
    @wraps(damage)
    def of_a_batch(chance: random.Random, good: Good, turn: int) -> bytes:
        return damage(chance, _batched(good.port), turn)

    return of_a_batch


_EITHER: tuple[Mutation, ...] = (
    _empty,
    _binary,
    _cut_off,
    _flipped,
    _encoding,
    _large,
    _member_missing,
    _member_strange,
    _member_more,
    _member_twice,
    _nested,
    _surrogate,
    _document,
    _ticket_id,
    *malformed_statements.MUTATIONS,
)
MUTATIONS: tuple[Mutation, ...] = (
    *map(_of_each_lane, _EITHER),
    *map(_of_a_batch, malformed_inclusions.MUTATIONS),
)
