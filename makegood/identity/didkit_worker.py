# SPDX-License-Identifier: Apache-2.0
"""The process in which didkit runs; `process` starts it by this file's path and talks to it over pipes.

It imports nothing of the package, so that it starts fast, and it is the only place that imports didkit.
didkit crashes now and then when its interpreter shuts down, because threads of its own still run: this
process therefore ends by `os._exit`, when its input ends, which is also what happens when its parent dies.

Before it answers anything it gives up the right to open files and sockets, so that nothing that a
credential says can make didkit fetch. It writes no core file, for keys are in its memory. An alarm ends it
where it hangs after its parent is gone.

A frame is four bytes of length, then text: one line of JSON, the request (`operation`, `options`, `key`),
then one item a line. The answer has a line for each item, `+` and the result or `-` and a reason.
"""

import asyncio
import json
import os
import queue
import resource
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

import didkit

HANGING_SECONDS = 60
"""The parent's limit is shorter; this one counts when there is no parent left."""

_VERIFIED = {"checks": ["JWS"], "warnings": [], "errors": []}
_LENGTH = struct.Struct(">I")


class Loop:
    """As much of an event loop as didkit needs.

    didkit makes a future, works in a thread of its own, and has the loop call back. Here that is an item in
    a queue; asyncio's own loop would be woken over a socket each time.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = queue.SimpleQueue()

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=cast("asyncio.AbstractEventLoop", self))

    def call_soon(self, callback: Callable[..., Any], *arguments: Any, context: Any = None) -> Any:  # noqa: ARG002
        """Have it called when the loop runs."""
        self._calls.put((callback, arguments))

    call_soon_threadsafe = call_soon

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Always."""
        return True

    def is_closed(self) -> bool:
        """Never."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nobody listens; the parent hears of a failure by the answer."""

    def finish(self, future: Awaitable[Any]) -> Any:
        """Run until the future is done; its result."""
        assert isinstance(future, asyncio.Future)  # noqa: S101
        while not future.done():
            callback, arguments = self._calls.get()
            callback(*arguments)
        return future.result()


def answers(loop: Loop, operation: Callable[[str], Any], items: list[str]) -> list[str]:
    """One line for each item, whatever happens. All are begun at once: didkit's thread then need not wait."""
    begun = [_caught(operation, item) for item in items]
    finished = [one if one[1] else _caught(loop.finish, one[0]) for one in begun]
    return [failure or f"+{result}" for result, failure in finished]


def _caught(work: Callable[[Any], Any], argument: Any) -> tuple[Any, str]:
    # What it returns, or the line that says why it did not.
    try:
        return work(argument), ""
    # didkit's PanicException is a BaseException.
    except BaseException as error:  # noqa: BLE001
        return None, f"-{type(error).__name__}: " + " ".join(str(error).split())


def verdict(line: str) -> str:
    """The answer about a credential: `+` only where didkit checked its signature and has no objection."""
    if not line.startswith("+"):
        return line
    found = json.loads(line[1:])
    return (
        "+" if found == _VERIFIED else "-" + "; ".join(map(str, found.get("errors", ()))).replace("\n", " ")
    )


def respond(loop: Loop, frame: str) -> str:
    """The answer to a frame."""
    head, *items = frame.split("\n")
    request = json.loads(head)
    options = json.dumps(request["options"])
    if request["operation"] == "issue":
        key = request["key"]
        return "\n".join(answers(loop, lambda one: didkit.issue_credential(one, options, key), items))
    lines = answers(loop, lambda one: didkit.verify_credential(one, options), items)
    return "\n".join(map(verdict, lines))


def confine(loop: Loop) -> None:
    """Give up files and sockets, once didkit's threads have what they need."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    key = didkit.generate_ed25519_key()
    loop.finish(didkit.key_to_verification_method("key", key))
    lowest = os.dup(0)
    os.close(lowest)
    # Every number below is taken, and none from there on can be.
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, lowest))
    try:
        socket.socket().close()
    except OSError:
        return
    raise RuntimeError("a socket could be opened")


def read(size: int) -> bytes:
    """So many bytes of the input; fewer where it ends."""
    parts = []
    while size and (part := os.read(0, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write(reply: bytes) -> None:
    """A frame to the parent."""
    rest = memoryview(_LENGTH.pack(len(reply)) + reply)
    while rest:
        rest = rest[os.write(1, rest) :]


def serve() -> None:
    """Say with an empty frame that all is ready, then answer until the input ends."""
    loop = Loop()
    asyncio._set_running_loop(cast("asyncio.AbstractEventLoop", loop))
    confine(loop)
    write(b"")
    while len(head := read(_LENGTH.size)) == _LENGTH.size:
        signal.alarm(HANGING_SECONDS)
        write(respond(loop, read(_LENGTH.unpack(head)[0]).decode()).encode())
        signal.alarm(0)


if __name__ == "__main__":
    code = 1
    try:
        serve()
        code = 0
    except BaseException as error:  # noqa: BLE001
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)
