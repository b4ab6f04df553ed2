# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C: one sentence that says what was and was not done, and exit code 130."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from makegood.console.accounts import signer_of
from makegood.console.network import IN_PROCESS, Chain, connected
from makegood.console.output import Output
from makegood.console.run import Run
from makegood.console.stopping import stopped
from makegood.desk import part_call
from makegood.errors import Stopped

# Whatever started the tests may have told its processes to ignore it.
ASKS = """
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
from makegood.console.command import command
from makegood.console.network import IN_PROCESS

@command(acts_as=None, needs_desk=False, network=IN_PROCESS)
def cli(run):
    "Ask."
    run.output.confirms("Go ahead?")

cli()
"""


# As pydantic does where it is interrupted in what it calls.
SWALLOWS = """
import os
import signal
from makegood.console.command import command
from makegood.console.network import IN_PROCESS

@command(acts_as=None, needs_desk=False, network=IN_PROCESS)
def cli(run):
    "Swallow it."
    try:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    except BaseException as error:
        raise ValueError(f"Error calling function: {type(error).__name__}") from None

cli()
"""


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with connected(IN_PROCESS) as chain:
        yield chain


def asked() -> subprocess.Popen[str]:
    """A command that waits for the answer to a question."""
    process = subprocess.Popen(
        [sys.executable, "-c", ASKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    while "Go ahead?" not in said:
        character = process.stderr.read(1)
        assert character, said
        said += character
    return process


def test_ctrl_c_at_a_question_ends_it_with_130() -> None:
    process = asked()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("Error: Stopped: nothing was sent.\n")
    assert "Traceback" not in err


def test_ctrl_c_of_which_another_error_was_made_is_still_one() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.endswith("Error: Stopped: nothing was sent.\n")
    assert "Traceback" not in done.stderr


def test_an_end_of_the_answers_is_no_ctrl_c() -> None:
    process = asked()
    out, err = process.communicate(input="", timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "Error: Stopped. Only what was reported as done was sent." in err


@pytest.mark.parametrize(
    ("sent", "sending", "sentence"),
    [
        (0, False, "Stopped: nothing was sent."),
        (1, False, "Stopped: 1 transaction was done, and nothing else was sent."),
        (2, False, "Stopped: 2 transactions were done, and nothing else was sent."),
        (
            0,
            True,
            "Stopped: a transaction was on its way and may still be mined, and nothing else was sent.",
        ),
        (
            2,
            True,
            "Stopped: a transaction was on its way and may still be mined; 2 transactions were done before "
            "it, and nothing else was sent.",
        ),
    ],
)
def test_what_was_done_is_said_in_one_sentence(sent: int, sending: bool, sentence: str) -> None:
    found = stopped(KeyboardInterrupt(), sent=sent, sending=sending)
    assert (found.message, found.exit_code) == (sentence, 130)
    assert (found.hint is not None) is sending


def test_a_run_counts_what_its_account_sent(chain: Chain) -> None:
    run = Run(chain=chain, output=Output(), role="operator")
    assert run.stopped(KeyboardInterrupt()).message == "Stopped: nothing was sent."
    run.signer = signer_of(chain, None, "operator")
    run.send("put a blueprint on the chain", part_call(chain.w3, "AgentDirectory"))
    assert "1 transaction was done" in run.stopped(KeyboardInterrupt()).message
    run.after_stop = "Go on."
    assert run.stopped(KeyboardInterrupt()).hint == "Go on."


def test_a_run_whose_own_accounts_play_says_so(chain: Chain) -> None:
    run = Run(chain=chain, output=Output(), role="anyone", in_part="half of it was played")
    found = run.stopped(KeyboardInterrupt())
    assert isinstance(found, Stopped)
    assert found.message == "Stopped: half of it was played."
