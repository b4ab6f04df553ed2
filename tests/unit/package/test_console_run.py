# SPDX-License-Identifier: Apache-2.0
"""How a command sends: confirmation on public networks, and no surprises."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner

from makegood.console.accounts import signer_of
from makegood.console.network import IN_PROCESS, Chain, connected
from makegood.console.output import Output
from makegood.console.run import Run, machine_readable
from makegood.desk import Outcome, part_call
from makegood.errors import MakegoodError, NotFound


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with connected(IN_PROCESS) as chain:
        yield chain


def public_run(chain: Chain, *, yes: bool) -> Run:
    """A run that takes its chain for a public one, with a test account."""
    run = Run(chain=replace(chain, local=False), output=Output(), role="operator", yes=yes)
    run.signer = signer_of(chain, None, "operator")
    return run


def act(run: Run) -> Outcome | None:
    return run.act("put a blueprint on the chain", part_call(run.chain.w3, "AgentDirectory"))


def test_a_public_network_asks_and_no_sends_nothing(chain: Chain) -> None:
    block = chain.w3.eth.block_number
    with CliRunner().isolation(input="n\n"), pytest.raises(MakegoodError, match="Not confirmed"):
        act(public_run(chain, yes=False))
    assert chain.w3.eth.block_number == block


def test_a_public_network_asks_on_stderr_and_shows_the_cost(chain: Chain) -> None:
    with CliRunner(mix_stderr=False).isolation(input="y\n") as (stdout, stderr):
        assert act(public_run(chain, yes=False)) is not None
        said = stderr.getvalue().decode() if stderr else ""
        assert stdout.getvalue() == b""
    assert "put a blueprint on the chain: " in said
    assert "Go ahead? [y/N]" in said


def test_yes_asks_nothing(chain: Chain) -> None:
    with CliRunner().isolation(input=""):
        assert act(public_run(chain, yes=True)) is not None


def test_a_local_chain_asks_nothing(chain: Chain) -> None:
    with CliRunner().isolation(input=""):
        assert act(Run(chain=chain, output=Output(), role="operator")) is not None


def test_a_dry_run_on_a_public_network_asks_nothing(chain: Chain) -> None:
    run = public_run(chain, yes=False)
    run.dry_run = True
    block = chain.w3.eth.block_number
    with CliRunner().isolation(input=""):
        assert act(run) is None
    assert chain.w3.eth.block_number == block


def test_without_a_desk_it_says_how_to_get_one(chain: Chain) -> None:
    run = Run(chain=chain, output=Output(), role="operator")
    with pytest.raises(NotFound, match=r"No desk is remembered on the in-process chain.* `make node`"):
        assert run.desk


def test_values_for_json_lose_no_digit() -> None:
    values = {"id": b"\x01", "many": (1, 2**53), "flag": True}
    assert machine_readable(values) == {"id": "0x01", "many": [1, "9007199254740992"], "flag": True}
