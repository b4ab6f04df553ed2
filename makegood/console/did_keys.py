# SPDX-License-Identifier: Apache-2.0
"""The keys of agents' DIDs: in encrypted key files, or a test account's own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from makegood.console.accounts import ApeSigner
from makegood.console.run import Run
from makegood.errors import UsageError
from makegood.identity import Key, key_file, passphrase
from makegood.identity.passphrase import Passphrase

VARIABLE = "MAKEGOOD_AGENT_KEY"
"""The environment variable that can name a key file, for those who reply all day."""


@dataclass(frozen=True)
class DidKey:
    """A DID whose key is there. `read` gives the key; it asks for the passphrase where there is one."""

    did: str
    read: Callable[[], Key]


def existing(signer: ApeSigner, path: Path | None, descriptor: int | None) -> DidKey:
    """The DID of a key file, else of a test account; nothing is asked and nothing made.

    Raises UsageError where there is neither, NotFound for no file.
    """
    if path is not None:
        file, source = path, _passphrase(descriptor)
        return DidKey(key_file.did(file), lambda: key_file.read(file, source))
    if descriptor is not None:
        raise UsageError("--passphrase-fd goes with a key file.", hint=f"Give --key FILE, or set {VARIABLE}.")
    key = _own(signer, f"Give --key FILE, or name the file in {VARIABLE}.")
    return DidKey(key.did, lambda: key)


def existing_or_new(run: Run, signer: ApeSigner, path: Path | None, descriptor: int | None) -> Key:
    """The key of a key file, which is made where it is not there yet; else a test account's own.

    Raises UsageError where there is neither.
    """
    if path is None:
        return _own(signer, "Give --key FILE; it is made where it is not there.")
    if path.exists():
        return key_file.read(path, _passphrase(descriptor))
    made = Key.generate()
    if not run.dry_run:
        key_file.write(path, made, _passphrase(descriptor, twice=True))
        run.output.say(f"Key file: {path}, made for {made.did} (keep it and its passphrase)")
    return made


def _own(signer: ApeSigner, hint: str) -> Key:
    account = signer.test_account
    if account is None:
        raise UsageError("The agent's DID needs a key of its own.", hint=hint)
    return Key.from_account(account)


def _passphrase(descriptor: int | None, *, twice: bool = False) -> Passphrase:
    return passphrase.prompt(twice=twice) if descriptor is None else passphrase.from_descriptor(descriptor)
