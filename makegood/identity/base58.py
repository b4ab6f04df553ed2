# SPDX-License-Identifier: Apache-2.0
"""Base58 in Bitcoin's alphabet, as multibase `z` has it."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_MAX_CHARACTERS = 128  # the time that decoding takes grows with the square


def encode(data: bytes) -> str:
    """The base58 text of these bytes."""
    number = int.from_bytes(data)
    characters = []
    while number:
        number, rest = divmod(number, 58)
        characters.append(_ALPHABET[rest])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(characters))


def decode(text: str) -> bytes:
    """The reverse of `encode`. Raises ValueError for another character, or more than 128 of them."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("too long")
    number = 0
    for character in text:
        if character not in _VALUES:
            raise ValueError("a character is not base58")
        number = number * 58 + _VALUES[character]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
