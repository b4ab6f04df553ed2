# SPDX-License-Identifier: Apache-2.0
"""The keeper's account: an Ethereum keystore file, which nobody else can read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from makegood.errors import NotFound, SignatureRefused, UsageError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def account_of(path: Path, password: str) -> LocalAccount:
    """The account in a keystore.

    Raises NotFound where there is none, UsageError where others can read it or it is no keystore, and
    SignatureRefused for a wrong password.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no key file {path}.", hint="docs/keeper.md says how to make one.") from None
    except OSError as error:
        raise UsageError(f"The key file {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise UsageError(f"{path} is no keystore.") from None
    if path.stat().st_mode & _OTHERS:
        raise UsageError(f"Others can read the key file {path}.", hint=f"Run `chmod 600 {path}`.")
    if not isinstance(content, dict) or "crypto" not in content:
        raise UsageError(f"{path} is no keystore.")
    try:
        secret = Account.decrypt(content, password)
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise SignatureRefused(
            f"The key file {path} does not open with this password.", hint="Check [keeper] password_file."
        ) from error
    made: LocalAccount = Account.from_key(secret)
    return made
