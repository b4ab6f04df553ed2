# SPDX-License-Identifier: Apache-2.0
"""docs/batches.md: its commands and programs do what it says."""

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from makegood.batches import Act, Batch, Entry, file_name, write_leaves
from makegood.clock import Priority

ACTOR = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
TICKET = hashlib.sha256(b"ticket 3").digest()


def blocks(project: Path, info: str) -> list[str]:
    page = (project / "docs" / "batches.md").read_text("utf-8")
    return re.findall(rf"^```{info}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def made(size: int) -> Batch:
    ids = [hashlib.sha256(f"ticket {index}".encode()).digest() for index in range(size)]
    openings = [(Entry(each, 0, Act.OPENED, 5, ACTOR, each[::-1]), Priority.LOW) for each in ids]
    return Batch.of(openings, [Entry(ids[-1], 1, Act.REPLIED, 9, ACTOR, bytes(32))])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 10])
def test_commands_tell_the_root(project: Path, tmp_path: Path, size: int) -> None:
    batch = made(size)
    write_leaves(batch, tmp_path)
    (commands,) = blocks(project, "bash")
    told = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == file_name(batch.root)


def test_check_of_a_receipts_place(project: Path) -> None:
    names: dict[str, Any] = {}
    exec(blocks(project, "python")[0], names)  # noqa: S102
    proves = names["proves"]
    batch = made(12)
    for index in range(batch.size):
        path = batch.path(index)
        assert proves(batch.root, batch.leaf(index), index, batch.size, path)
        assert not proves(batch.root, batch.leaf(index), index ^ 1, batch.size, path)
        assert not proves(batch.root, batch.leaf(index), index, batch.size, path[:-1])
        assert not proves(batch.root, batch.leaf(index), index, batch.size, (*path, batch.root))


def test_program_reads_leaves_and_proves(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = made(4)
    write_leaves(batch, tmp_path / "leaves")
    monkeypatch.chdir(tmp_path)
    exec(blocks(project, "python")[1], {"root": batch.root, "counts": batch.counts, "ticket_id": TICKET})  # noqa: S102
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(sequence, holds) for sequence, _, holds in told] == [("0", "True"), ("1", "True")]
    assert told[1][1] == "4"
