# SPDX-License-Identifier: Apache-2.0
"""A command that is stopped by Ctrl-C says in one sentence what was and what was not done."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from makegood.errors import Stopped


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt within; Ape would end the process without a word.

    It does so too where it comes in the midst of what makes another error of it, as pydantic does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = threading.Event()

    def hear(*_: object) -> None:
        heard.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    except Exception as error:
        if heard.is_set() and not isinstance(error, Stopped | click.Abort | click.exceptions.Exit):
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it was Ctrl-C, also at a question, and not the end of what answers questions."""
    # click makes the same error of both, and keeps what it was.
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__context__, KeyboardInterrupt)


def stopped(
    error: BaseException, *, sent: int = 0, sending: bool = False, then: str | None = None
) -> Stopped:
    """What to tell: so many transactions were sent and mined, and whether another one was on its way.

    `then` is what to do next, where the command knows more than that the chain shows it.
    """
    if sys.stderr.isatty():
        # Below the ^C that the terminal shows.
        click.echo(err=True)
    before = f"{sent:,} {'transaction was' if sent == 1 else 'transactions were'} done"
    if sending:
        rest = f"; {before} before it" if sent else ""
        what = f"a transaction was on its way and may still be mined{rest}, and nothing else was sent."
        hint = "See what the chain shows, such as by `ape run status`, before you run this again."
    elif sent:
        what, hint = f"{before}, and nothing else was sent.", None
    else:
        what, hint = "nothing was sent.", None
    made = Stopped(f"Stopped: {what}", hint=then or hint)
    made.__cause__ = error
    return made
