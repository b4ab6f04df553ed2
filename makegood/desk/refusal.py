# SPDX-License-Identifier: Apache-2.0
"""What nodes and chains raise, as the package's own errors.

A refusal comes in three forms: web3's ContractLogicError (JSON-RPC nodes), eth-tester's TransactionFailed
(the in-process chain, also Ape's `test`), and a mined transaction whose receipt has status 0 and no reason.
"""

from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.exceptions import ValidationError
from requests.exceptions import RequestException
from web3.exceptions import (
    BadResponseFormat,
    CannotHandleRequest,
    ContractLogicError,
    PersistentConnectionError,
    ProviderConnectionError,
    RequestTimedOut,
    TooManyRequests,
    Web3RPCError,
    Web3ValueError,
)

from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable

_ERROR_STRING = bytes.fromhex("08c379a0")  # selector of Error(string)
_PREFIX = "execution reverted"
_UNREACHABLE = (
    OSError,
    RequestException,
    ProviderConnectionError,
    PersistentConnectionError,
    CannotHandleRequest,
    TooManyRequests,
    RequestTimedOut,
    BadResponseFormat,
    # An answer that is cut short, or a gateway's page.
    JSONDecodeError,
    UnicodeDecodeError,
)


@contextmanager
def chain_errors(doing: str) -> Iterator[None]:
    """Turns what the node or the chain raises while `doing` (a function's name) into MakegoodErrors.

    Raises ChainRevert for a refusal, NodeUnreachable where no usable answer came, MakegoodError for the rest,
    such as an account without money for the gas.
    """
    try:
        yield
    except MakegoodError:
        raise
    except _UNREACHABLE as error:
        raise NodeUnreachable(
            f"The network's node gives no usable answer ({_unreachable(error)}).",
            hint="Check that it runs and that its address is right, then try again.",
        ) from error
    except ContractLogicError as error:
        raise reverted(doing, _reason_of(error)) from error
    except (Web3RPCError, Web3ValueError, ValidationError) as error:
        raise _refused_by_node(doing, error) from error
    except Exception as error:
        if not _is_tester_refusal(error):
            raise
        raise reverted(doing, _tester_reason(error)) from error


def reverted(doing: str, reason: str) -> ChainRevert:
    """The error for a refusal with this reason string; empty where the contract gave none."""
    if reason:
        return ChainRevert(f"The chain refuses {doing}: {reason}.", reason=reason)
    return ChainRevert(
        f"The chain refuses {doing} and gives no reason.",
        hint="Check the addresses and the size of the arguments.",
    )


def _reason_of(error: ContractLogicError) -> str:
    data = error.data
    if isinstance(data, str) and data.startswith("0x" + _ERROR_STRING.hex()):
        try:
            return str(decode(["string"], bytes.fromhex(data[10:]))[0])
        except (DecodingError, ValueError):
            return ""
    message = str(error.message or "")
    return message.removeprefix(_PREFIX).lstrip(": ") if message.startswith(_PREFIX) else ""


def _is_tester_refusal(error: Exception) -> bool:
    # eth-tester comes with Ape and is not there where only services run, so its class is not imported.
    return type(error).__name__ == "TransactionFailed" and type(error).__module__.startswith("eth_tester")


def _tester_reason(error: Exception) -> str:
    reason = str(error.args[0] if error.args else "").removeprefix(_PREFIX).lstrip(": ")
    try:
        literal_eval(reason)  # the repr of bytes or of py-evm's own error: no reason of a contract
    except (ValueError, SyntaxError):
        return reason
    return ""


def _refused_by_node(doing: str, error: Exception) -> MakegoodError:
    text = _short(error)
    lowered = text.lower()
    if "insufficient funds" in lowered or "cannot afford" in lowered:
        return MakegoodError(
            f"The account has too little of the network's own coin to pay for {doing} and its gas.",
            hint="Send it some, or use another account.",
        )
    if "nonce" in lowered:
        return MakegoodError(
            f"The node refuses {doing}: another transaction of the account took its place.", hint="Try again."
        )
    return MakegoodError(f"The node refuses {doing}: {text}.")


def _unreachable(error: Exception) -> str:
    # Never its text: that has the node's address, and the path of that may be a key.
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"status {status}" if status is not None else type(error).__name__


def _short(error: Exception) -> str:
    response = getattr(error, "rpc_response", None)
    if isinstance(response, dict) and isinstance(response.get("error"), dict):
        text = str(response["error"].get("message", ""))
    else:
        text = str(error)
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= 200 else text[:200] + "…"
