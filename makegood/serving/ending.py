# SPDX-License-Identifier: Apache-2.0
"""How a service ends: by SIGTERM and Ctrl-C, in order and without a word, and with its supervisor."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from makegood.errors import MakegoodError

_ENDS_WITHIN = 60.0


@contextmanager
def until_ended() -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C end what runs within, and that only. They set the event, too.

    A loop that tries again what failed looks at it: what is interrupted may fail by something else, as a
    database's driver does in the midst of a statement.
    """
    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        raise KeyboardInterrupt

    with handled(end):
        try:
            yield ended
        except KeyboardInterrupt:
            pass
        except MakegoodError:
            if not ended.is_set():
                raise


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, for what ends itself."""
    stop = threading.Event()
    with handled(lambda *_: stop.set()):
        yield stop


@contextmanager
def handled(handler: Any) -> Iterator[None]:
    """SIGTERM and Ctrl-C are given to a signal handler while what is within runs."""
    before = {each: signal.signal(each, handler) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler_before in before.items():
            signal.signal(each, handler_before)


def end_with_stdin() -> None:
    """End this process once its stdin ends, whose other end is the supervisor's and nobody else's.

    So nothing goes on unwatched, whatever ended the supervisor: another one would start all again. The thread
    holds no lock, so a process can be forked beside it.
    """
    threading.Thread(target=_end_with_stdin, name="lifeline", daemon=True).start()


def _end_with_stdin() -> None:
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    # What does not end in order is crash-safe too.
    threading.Event().wait(_ENDS_WITHIN)
    os.kill(os.getpid(), signal.SIGKILL)
