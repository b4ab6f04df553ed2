# SPDX-License-Identifier: Apache-2.0
"""A node's blocks and logs over JSON-RPC, asked again where it fails for a while."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests

from makegood.errors import NodeRefuses, NodeUnreachable, NotFound
from makegood.indexer.ahead import Ahead
from makegood.indexer.logs import Log

SPAN = 10_000
"""Blocks that are asked for at once, at most."""

_TIMEOUTS = (5.0, 20.0)  # seconds to connect, and for an answer: who waits longer asks for fewer blocks
_AT_ONCE = 100  # requests in one batch
_MOST_ADDRESSES = 500  # in one request
_LONGEST_PAUSE = 10.0
_PLENTY = 40_000  # logs in one answer: from here on fewer blocks are asked for at once
_CAREFUL = 1.1  # how much longer ranges get, once the node refused one
_TRANSIENT = (-32005, -32029, 429)  # limits on requests, by codes that nodes use for them
_NO_TAG = 64  # blocks after which a block counts as final on a chain that does not say; as safe after half


@dataclass(frozen=True, slots=True)
class Header:
    """A block without its transactions."""

    number: int
    hash: str
    parent: str
    time: int
    bloom: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest block that the node knows, and up to where it calls blocks safe and final."""

    head: Header
    safe: int
    final: int


Range = tuple[int, int, list[Log]]


class Node:
    """One node of one chain.

    A request that fails for a reason that may pass is sent again, after pauses that grow; `patience` is for
    how many seconds, None for ever. Raises NodeUnreachable when it is over.
    """

    def __init__(
        self,
        url: str,
        chain_id: int | None = None,
        *,
        patience: float | None = 60.0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.url = url
        self.patience = patience
        self._say = say
        self._session = requests.Session()
        self._ids = itertools.count(1)
        self._batches = True
        self._span = 64
        self._growth = 2.0
        self._ahead = Ahead(self._send)
        self.chain_id = chain_id if chain_id is not None else int(self.ask("eth_chainId"), 16)
        self.check_chain()

    def check_chain(self) -> None:
        """Raises NotFound where the node is on another chain."""
        found = int(self.ask("eth_chainId"), 16)
        if found != self.chain_id:
            raise NotFound(
                f"The node is on chain {found}, not on chain {self.chain_id}.",
                hint="Give a node of the index's chain.",
            )

    # ------------------------------------------------------------ blocks

    def header(self, number: int | str) -> Header | None:
        """A block by its number or tag; None where the node has none."""
        found = self.ask("eth_getBlockByNumber", number if isinstance(number, str) else hex(number), False)
        return None if found is None else _header(found)

    def tip(self) -> Tip:
        """The newest block."""
        head = self.header("latest")
        if head is None:
            raise NodeUnreachable("The node has no newest block.", hint="Try again, or ask another node.")
        final = self._tagged("finalized", head, _NO_TAG)
        safe = self._tagged("safe", head, _NO_TAG // 2)
        return Tip(head, min(max(safe, final), head.number), min(final, head.number))

    def _tagged(self, tag: str, head: Header, otherwise: int) -> int:
        try:
            found = self.header(tag)
        except NodeRefuses:
            found = None
        return max(0, head.number - otherwise) if found is None else found.number

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers. Raises NodeUnreachable where the node lacks one."""
        found = self.ask_many([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
        if any(each is None for each in found):
            raise NodeUnreachable(
                "The node lacks blocks that it had.", hint="Try again, or ask another node."
            )
        return [_header(each) for each in found]

    # ------------------------------------------------------------ logs

    def ranges(self, first: int, last: int, addresses: Callable[[], Sequence[str]]) -> Iterator[Range]:
        """The logs of these addresses, range by range: its first block, its last, the logs in order."""
        while first <= last:
            end, logs = self._range(first, last, addresses())
            yield first, end, logs
            first = end + 1

    def final_range(self, first: int, last: int, addresses: Sequence[str]) -> tuple[int, list[Log]]:
        """The logs of these addresses from a block on: up to which, at most `last`, and the logs in order.

        What comes after it is asked for at once, since it will be wanted; so all of it must be final.
        """
        end, logs = self._range(first, last, addresses)
        if end < last:
            following = min(last, end + self._span)
            self._ahead.ask(("eth_getLogs", [_filter(end + 1, following, addresses[:_MOST_ADDRESSES])]))
        return end, logs

    def _range(self, first: int, last: int, addresses: Sequence[str]) -> tuple[int, list[Log]]:
        while True:
            end = min(last, first + self._span - 1)
            try:
                logs = self.logs(first, end, addresses)
            except (NodeRefuses, NodeUnreachable):
                if end == first:
                    raise
                self._span = max(1, (end - first + 1) // 2)
                self._growth = _CAREFUL
                continue
            if len(logs) > _PLENTY:
                self._span = max(1, self._span // 2)
            elif len(logs) < _PLENTY // 2:
                self._span = min(SPAN, int(self._span * self._growth) + 1)
            return end, logs

    def logs(self, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
        """The logs of these addresses, in order, each once."""
        found: list[Log] = []
        for start in range(0, len(addresses), _MOST_ADDRESSES):
            wanted = _filter(first, last, addresses[start : start + _MOST_ADDRESSES])
            # A refusal may be about the range, which only gets shorter: not worth waiting for.
            answer = self.ask("eth_getLogs", wanted, patience=0.0 if last > first else None)
            found += [_log(each) for each in answer if not each.get("removed")]
        found.sort(key=lambda log: (log.block_number, log.log_index))
        return list({(log.block_hash, log.log_index): log for log in found}.values())

    # ------------------------------------------------------------ asking

    def call(self, to: str, data: str) -> str:
        """What a view answers."""
        return str(self.ask("eth_call", {"to": to, "data": data}, "latest"))

    def ask(self, method: str, *params: Any, patience: float | None = None) -> Any:
        """One answer. Raises NodeRefuses where the node refuses for good."""
        early = self._ahead.take((method, list(params))) if method == "eth_getLogs" else None
        if early is not None and early.status_code == requests.codes.ok:
            with contextlib.suppress(NodeUnreachable):
                return _result(_content(early))
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        return self._patiently(lambda: _result(self._post(request)), patience)

    def ask_many(self, wanted: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Many answers, in the order of the requests."""
        answers: list[Any] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            if self._batches and len(some) > 1:
                try:
                    answers += self._patiently(partial(self._batch, some), None)
                    continue
                except NodeRefuses:
                    self._batches = False
            answers += [self.ask(method, *params) for method, params in some]
        return answers

    def _batch(self, wanted: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        requested = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
            for method, params in wanted
        ]
        answer = self._post(requested)
        if not isinstance(answer, list) or len(answer) != len(requested):
            raise NodeRefuses("The node takes no batches of requests.")
        by_id = {each.get("id"): each for each in answer if isinstance(each, dict)}
        try:
            return [_result(by_id[each["id"]]) for each in requested]
        except KeyError:
            raise NodeUnreachable("The node answers other requests than were sent.") from None

    def _patiently(self, act: Callable[[], Any], patience: float | None) -> Any:
        allowed = self.patience if patience is None else patience
        began = time.monotonic()
        pause = 0.2
        while True:
            try:
                return act()
            except NodeUnreachable as error:
                if allowed is not None and time.monotonic() - began + pause > allowed:
                    raise
                self._say(f"{error.message} Trying again.")
            # Not all at the same time, where there are several of us.
            time.sleep(pause * random.uniform(0.7, 1.0))  # noqa: S311
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _post(self, content: Any) -> Any:
        try:
            answer = self._send(self._session, content)
        except (requests.RequestException, OSError) as error:
            raise _unreachable(type(error).__name__) from None
        return _content(answer)

    def _send(self, session: requests.Session, content: Any) -> requests.Response:
        return session.post(self.url, json=content, timeout=_TIMEOUTS)


def _content(answer: requests.Response) -> Any:
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        raise _unreachable(f"status {answer.status_code}")
    try:
        return answer.json()
    except ValueError:
        if answer.status_code != requests.codes.ok:
            raise NodeRefuses(f"The node answers with status {answer.status_code}.") from None
        raise _unreachable("no JSON") from None


def _filter(first: int, last: int, addresses: Sequence[str]) -> dict[str, Any]:
    return {"fromBlock": hex(first), "toBlock": hex(last), "address": list(addresses)}


def _unreachable(why: str) -> NodeUnreachable:
    return NodeUnreachable(
        f"The network's node gives no usable answer ({why}).",
        hint="Check that it runs and that its address is right, then try again.",
    )


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict) or ("error" not in answer and "result" not in answer):
        raise _unreachable("no JSON-RPC")
    error = answer.get("error")
    if not error:
        return answer["result"]
    told = error if isinstance(error, dict) else {"message": error}
    code = told.get("code") if isinstance(told.get("code"), int) else 0
    message = " ".join(str(told.get("message", "")).split()).rstrip(".")[:200]
    if code in _TRANSIENT and "range" not in message and "results" not in message:
        raise _unreachable(message)
    raise NodeRefuses(f"The node refuses: {message}.", code=code or 0)


def _header(found: Any) -> Header:
    try:
        return Header(
            int(found["number"], 16),
            found["hash"].lower(),
            found["parentHash"].lower(),
            int(found["timestamp"], 16),
            found.get("logsBloom") or "",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreachable("no block") from None


def _log(found: Any) -> Log:
    try:
        return Log(
            int(found["blockNumber"], 16),
            found["blockHash"].lower(),
            int(found["logIndex"], 16),
            found["transactionHash"].lower(),
            found["address"].lower(),
            [topic.lower() for topic in found["topics"]],
            found["data"].lower(),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreachable("no log") from None
