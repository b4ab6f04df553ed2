# SPDX-License-Identifier: Apache-2.0
"""What is remembered of a chain."""

from dataclasses import replace
from pathlib import Path

import pytest
from ape.utils.basemodel import ManagerAccessMixin

from makegood.console.deployments import Deployments, RememberedDesk
from makegood.console.network import IN_PROCESS, Chain, connected
from makegood.errors import MakegoodError

FIRST = RememberedDesk("0xA", "0xB", "0xC", "First", 5)
SECOND = RememberedDesk("0xD", "0xE", "0xF", "Second", 6)


@pytest.fixture(scope="module")
def in_process() -> Chain:
    assert ManagerAccessMixin.network_manager is not None
    with connected(IN_PROCESS) as chain:
        return chain


@pytest.fixture
def chain(in_process: Chain) -> Chain:
    return replace(in_process, lasting=True, identity="1:0xaa")


def test_a_desk_is_remembered_and_the_last_one_is_taken(chain: Chain, tmp_path: Path) -> None:
    deployments = Deployments(chain, tmp_path)
    deployments.remember_desk(FIRST)
    deployments.remember_desk(SECOND)
    assert deployments.record().desks == (FIRST, SECOND)
    assert deployments.record().desk("0xA") == FIRST
    assert deployments.record().desk("0x0") is None


def test_another_chain_with_the_same_id_knows_nothing_of_it(chain: Chain, tmp_path: Path) -> None:
    Deployments(chain, tmp_path).remember_desk(FIRST)
    restarted = replace(chain, identity="1:0xbb")
    assert Deployments(restarted, tmp_path).record().desks == ()


def test_a_factory_replaces_the_blueprints_that_led_to_it(chain: Chain, tmp_path: Path) -> None:
    deployments = Deployments(chain, tmp_path)
    deployments.remember_blueprint("SupportDesk", "0x1")
    deployments.remember_blueprint("AgentDirectory", "0x2")
    assert deployments.record().blueprints == {"SupportDesk": "0x1", "AgentDirectory": "0x2"}
    deployments.remember_factory("0x3")
    record = Deployments(chain, tmp_path).record()
    assert (record.factory, record.blueprints) == ("0x3", None)


def test_a_chain_that_does_not_last_is_not_written_down(in_process: Chain, tmp_path: Path) -> None:
    Deployments(in_process, tmp_path).remember_desk(FIRST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"version": 2}', '{"version": 1}', '{"version": 1, "chains": {"1:0xaa": {"desks": [{}]}}}'],
)
def test_a_file_of_something_else_is_refused_with_its_name(
    chain: Chain, tmp_path: Path, content: str
) -> None:
    (tmp_path / "deployments.json").write_text(content)
    with pytest.raises(MakegoodError, match=r"deployments\.json cannot be read: .* --desk ADDRESS"):
        Deployments(chain, tmp_path).record()


def test_a_folder_that_cannot_be_written_is_told(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(MakegoodError, match="cannot be written"):
        Deployments(chain, tmp_path / "taken").remember_desk(FIRST)
