# SPDX-License-Identifier: Apache-2.0
"""Which chain a command runs on, and the connection to it through Ape.

Without a choice a command takes the local node of `make node` where it runs, and else the in-process chain,
which is gone when the command ends.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from ape.api.providers import ProviderAPI
from ape.exceptions import ApeException, NetworkError
from ape.utils.basemodel import ManagerAccessMixin
from web3 import Web3

from makegood.desk import chain_errors
from makegood.errors import NodeUnreachable, UsageError

LOCAL_NODE = "http://127.0.0.1:8545"
"""Where `make node` answers."""
IN_PROCESS = "ethereum:local:test"
ANVIL = "ethereum:local:foundry"

# ape-foundry takes its node from here, whatever else it is told.
_ANVIL_HOST = "APE_FOUNDRY_HOST"
_PROBE_SECONDS = 5.0
# What Ape says where nobody told it a node's address.
_MISSING_URI = re.compile("Missing URI for network '(.+)' on '(.+)'")


class Place(Protocol):
    """What accounts need to know of where they act."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    @property
    def local(self) -> bool:
        """Whether accounts with keys that everybody knows act there."""
        ...


@dataclass(frozen=True)
class Chain:
    """A connected chain.

    On a `local` one Ape's test accounts act without being named and nothing is confirmed. One that is not
    `lasting` is gone when the command ends, so nothing about it is remembered. `identity` tells it from every
    other chain, also from an earlier local one with the same id: the genesis block has the time of its start.
    """

    w3: Web3
    provider: ProviderAPI
    chain_id: int
    identity: str
    title: str
    local: bool
    lasting: bool

    def now(self) -> int:
        """The time that the next transaction would have, in Unix seconds."""
        with chain_errors("eth_getBlockByNumber"):
            latest = int(self.w3.eth.get_block("latest")["timestamp"])
            pending = self.w3.eth.get_block("pending")
        return max(latest, int(pending["timestamp"])) if pending else latest

    def travel_to(self, at: int) -> None:
        """Let the next block of a local chain have this time. Raises UsageError on any other."""
        if not self.local:
            raise UsageError("Only a local chain's clock can be moved.")
        self.provider.set_timestamp(at)


@contextmanager
def connected(choice: str | None, *, fallback: str | None = None) -> Iterator[Chain]:
    """The chain of an Ape network choice or of a node's address.

    `fallback` is taken instead of looking for a local node where nothing is chosen. Raises UsageError for an
    unknown network and NodeUnreachable where nothing answers.
    """
    with ExitStack() as stack:
        if choice is None:
            choice = fallback or _running_local_node() or IN_PROCESS
        if choice.startswith(("http://", "https://")):
            yield stack.enter_context(_at_address(choice))
        else:
            yield stack.enter_context(_by_name(choice))


def _running_local_node() -> str | None:
    named = os.environ.get(_ANVIL_HOST)
    address = named or LOCAL_NODE
    version = _client_version(address)
    if version is None and named:
        raise NodeUnreachable(
            f"No node answers at {named}, which {_ANVIL_HOST} names.", hint="Start it, or unset the variable."
        )
    return address if version and _is_anvil(version) else None


@contextmanager
def _at_address(address: str) -> Iterator[Chain]:
    version = _client_version(address)
    if version is None:
        raise NodeUnreachable(
            f"No node answers at {_without_secrets(address)}.",
            hint="Start it (a local one: `make node`), or choose another --network.",
        )
    if not _is_anvil(version):
        with _entered(address, None) as provider:
            yield _chain(provider, f"the node at {_without_secrets(address)}", local=False, lasting=True)
        return
    with _environment(_ANVIL_HOST, address), _entered(ANVIL, {"host": address}) as provider:
        yield _chain(provider, f"the local node at {address}", local=True, lasting=True)


@contextmanager
def _by_name(choice: str) -> Iterator[Chain]:
    with _entered(choice, None) as provider:
        local = bool(provider.network.is_dev)
        started_here = getattr(provider, "process", None) is not None
        lasting = provider.name != "test" and not started_here
        name = f"{provider.network.ecosystem.name}:{provider.network.name}"
        if provider.name == "test":
            title = "the in-process chain, gone when this command ends"
        elif started_here:
            title = f"a {provider.name} node of this command, gone when it ends"
        else:
            title = f"{name} through {provider.name}"
        yield _chain(provider, title, local=local, lasting=lasting)


@contextmanager
def _entered(choice: str, settings: dict[str, Any] | None) -> Iterator[ProviderAPI]:
    networks = ManagerAccessMixin.network_manager
    try:
        context = networks.parse_network_choice(choice, provider_settings=settings)
    except (NetworkError, ValueError) as error:
        raise UsageError(
            f'"{choice}" is no network that Ape knows.', hint="`ape networks list` shows them."
        ) from error
    with ExitStack() as stack:
        try:
            provider = stack.enter_context(context)
        except (ApeException, OSError) as error:
            if (missing := _MISSING_URI.match(_first_line(error))) is not None:
                raise _no_node(ecosystem=missing[2], network=missing[1]) from error
            raise NodeUnreachable(
                f"The network {choice} cannot be reached: {_first_line(error)}.",
                hint="Check that its node runs, or choose another --network.",
            ) from error
        yield provider


def _no_node(*, ecosystem: str, network: str) -> UsageError:
    config = ManagerAccessMixin.config_manager.DATA_FOLDER / "ape-config.yaml"
    return UsageError(
        f"Ape knows no node of {ecosystem}:{network}.",
        hint=f"Give its address to --network, or this line to {config}: "
        f"`node: {{{ecosystem}: {{{network}: {{uri: https://your.node.example}}}}}}`.",
    )


def _chain(provider: ProviderAPI, title: str, *, local: bool, lasting: bool) -> Chain:
    w3: Web3 = provider.web3  # type: ignore[attr-defined]
    with chain_errors("eth_chainId"):
        chain_id = int(w3.eth.chain_id)
        genesis = w3.eth.get_block(0)["hash"]
    return Chain(
        w3=w3,
        provider=provider,
        chain_id=chain_id,
        identity=f"{chain_id}:{Web3.to_hex(genesis)}",
        title=f"{title} (chain {chain_id})",
        local=local,
        lasting=lasting,
    )


def _client_version(address: str) -> str | None:
    """What the node calls itself; None where nothing answers as a node does."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "web3_clientVersion", "params": []}
    try:
        answer = requests.post(address, json=request, timeout=_PROBE_SECONDS).json()
    except (requests.RequestException, ValueError):
        return None
    result = answer.get("result", "") if isinstance(answer, dict) else None
    return str(result) if result is not None else None


def _is_anvil(version: str) -> bool:
    return "anvil" in version.lower()


def _without_secrets(address: str) -> str:
    # Providers' addresses carry keys in path and query.
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
