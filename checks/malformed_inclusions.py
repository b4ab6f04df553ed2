# SPDX-License-Identifier: Apache-2.0
"""Ways to damage what a batch's receipt says of its place in the batch, for `checks.malformed_receipts`."""

import random

from checks.good_receipt import Good, Mutation, encoded

_MEMBERS = ("batch", "index", "size", "path", "root")
_FAR = 2**53 - 1


def _place(chance: random.Random, good: Good, turn: int) -> bytes:
    index, size = good.fields()["index"], good.fields()["size"]
    others = [each for each in range(2 * size) if each != index]
    return encoded(
        good.fields(
            **(
                {"index": chance.choice(others)},
                {"index": index ^ 1},
                {"index": chance.choice((size, _FAR, 2**32, 2**32 + index))},
                # A tree with a path of another length, or none.
                {"size": size + 16 * chance.randint(1, 10**6)},
                {"size": chance.choice((0, index, 2**24, 2**32 + size, _FAR))},
                {"index": size - 1 - index, "size": 2 * size + 16},
            )[turn % 6]
        )
    )


def _path(chance: random.Random, good: Good, turn: int) -> bytes:
    path: list[str] = list(good.fields()["path"])
    at = chance.randrange(len(path))
    other = "0x" + chance.randbytes(32).hex()
    return encoded(
        good.fields(
            path=(
                path[:at] + path[at + 1 :],
                [*path[:at], other, *path[at:]],
                [*path[:at], other, *path[at + 1 :]],
                path[::-1],
                path + path,
                [*path, good.fields()["root"]],
                [each.upper() for each in path],
                [*path[:at], path[at][: chance.randrange(66)], *path[at + 1 :]],
                [*path[:at], None, *path[at + 1 :]],
                [other] * 25,
                [other] * 20_000,
                dict(enumerate(path)),
                "".join(path),
            )[turn % 13]
        )
    )


def _root_or_leaf(chance: random.Random, good: Good, turn: int) -> bytes:
    root = bytearray.fromhex(good.fields()["root"][2:])
    root[chance.randrange(32)] ^= 1 << chance.randrange(8)
    opened_at = good.receipt.opened_at
    return encoded(
        good.fields(
            **(
                {"root": f"0x{root.hex()}"},
                {"root": "0x" + "00" * 32},
                {"root": good.fields()["path"][-1]},
                # The time of the opening is in the leaf.
                {"opened_at": opened_at + chance.choice((-1, 1)) * chance.randint(1, opened_at)},
            )[turn % 4]
        )
    )


def _lane(chance: random.Random, good: Good, turn: int) -> bytes:
    fields = good.fields()
    if turn % 3 == 0:
        return encoded({**fields, "lane": chance.choice((0, 1, 3, 2**53 - 1))})
    left_out = chance.sample(_MEMBERS, chance.randint(1, len(_MEMBERS)))
    if turn % 3 == 1:
        return encoded({name: value for name, value in fields.items() if name not in left_out})
    return encoded({**fields, **dict.fromkeys(left_out)})


MUTATIONS: tuple[Mutation, ...] = (_place, _path, _root_or_leaf, _lane)
