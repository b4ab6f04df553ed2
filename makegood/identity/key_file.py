# SPDX-License-Identifier: Apache-2.0
"""Encrypted key files: Ethereum's keystore (version 3), with the curve and the DID beside it, mode 600."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from eth_account import Account

from makegood import documents
from makegood.errors import DocumentError, NotFound, SignatureRefused, UsageError
from makegood.identity.keys import Key
from makegood.identity.passphrase import Passphrase
from makegood.identity.public_key import Curve

SCRYPT_ROUNDS = 2**18
"""What it costs to try one passphrase: about a second and 256 MB."""

_MAX_BYTES = 16_384
_MEMBER = "makegood"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write(path: str | Path, key: Key, passphrase: Passphrase, *, rounds: int = SCRYPT_ROUNDS) -> None:
    """Write a new key file that only its owner can read.

    Raises UsageError where the file exists, cannot be written, or the passphrase is empty.
    """
    target = Path(path)
    if target.exists():
        raise UsageError(f"{target} exists already.", hint="Choose another name; a key is never overwritten.")
    words = passphrase()
    if not words:
        raise UsageError("The passphrase is empty.", hint="Choose one that cannot be guessed.")
    content: dict[str, Any] = dict(Account.encrypt(key.secret, words, "scrypt", rounds))
    if key.curve is not Curve.SECP256K1:
        # A wallet would take the seed for an account's key.
        del content["address"]
    content[_MEMBER] = {"curve": key.curve.value, "did": key.did}
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from None


def read(path: str | Path, passphrase: Passphrase) -> Key:
    """The key in a key file.

    Raises NotFound where there is none; UsageError where others can read the file, where it is no key file,
    and where its key has another DID than it says; SignatureRefused for a wrong passphrase.
    """
    source = str(path)
    content, said = _checked(source)
    try:
        secret = bytes(Account.decrypt({**content, "version": 3}, passphrase()))
    except ValueError:
        raise SignatureRefused(f"The passphrase does not open {source}.", hint="Try again.") from None
    except (KeyError, TypeError, AttributeError):
        raise _no_key_file(source) from None
    key = Key(Curve(said["curve"]), secret)
    if key.did != said.get("did"):
        raise UsageError(
            f"{source} holds the key of another DID than it says.", hint="Use an untouched copy."
        )
    return key


def did(path: str | Path) -> str:
    """The DID that a key file names; no passphrase is needed. `read` makes sure that it is its key's.

    Raises as `read` does where there is no file or no key file.
    """
    source = str(path)
    named = _checked(source)[1].get("did")
    if not isinstance(named, str) or not named.isprintable():
        raise _no_key_file(source)
    return named


def _checked(source: str) -> tuple[dict[str, Any], dict[str, Any]]:
    # The whole content, and our member in it.
    content = _content(source)
    said = content.get(_MEMBER)
    if not isinstance(said, dict) or said.get("curve") not in {curve.value for curve in Curve}:
        raise _no_key_file(source)
    if not _is_affordable(content.get("crypto")):
        raise _no_key_file(source)
    return content, said


def _content(source: str) -> dict[str, Any]:
    try:
        # Not to wait for a writer where it is a pipe.
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _no_key_file(source)
            if status.st_mode & _OTHERS or status.st_uid not in (os.geteuid(), 0):
                raise UsageError(
                    f"{source} can be read or written by others than you.",
                    hint=f"Run `chmod 600 {source}`, and take a new key if anybody may have read it.",
                )
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no key file {source}.", hint="Check its path.") from None
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from None
    try:
        content = documents.parse(raw.decode()) if len(raw) <= _MAX_BYTES else None
    except (DocumentError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise _no_key_file(source)
    return content


def _is_affordable(crypto: Any) -> bool:
    # A made-up file could ask for any amount of memory and time.
    if not isinstance(crypto, dict) or crypto.get("kdf") != "scrypt":
        return False
    costs = crypto.get("kdfparams")
    if not isinstance(costs, dict):
        return False
    most = {"n": 2**20, "r": 8, "p": 8, "dklen": 32}
    return all(type(costs.get(name)) is int and 0 < costs[name] <= limit for name, limit in most.items())


def _no_key_file(source: str) -> UsageError:
    return UsageError(f"{source} is no key file.", hint="Make one with a new key.")
