# SPDX-License-Identifier: Apache-2.0
"""Which faults are tried, and the table of what came of them.

All 25 where this folder is named (`make faults`); in a run of the whole suite those marked `quick` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# What imports web3 waits until Ape has: pytest takes warnings of its imports, at this time, for errors.
if TYPE_CHECKING:
    from fault_scene import Scene
    from queue_house import QueueHouse

HERE = Path(__file__).parent
_COLUMNS = ("fault", "what was done", "outcome", "recovered after s")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quick: a fault that is tried in every run of the suite")


# First, since pytest-xdist's workers read the groups when this has run.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if HERE in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.xdist_group(f"faults {item.path.stem}"))
    named = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if any(HERE in (path, *path.parents) for path in named):
        return
    left_out = [item for item in mine if item.get_closest_marker("quick") is None]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    rows = [row for report in reports for name, row in report.user_properties if name == "fault"]
    if not rows:
        return
    from fault_scene import LASTS

    shown = [_COLUMNS, *((*row[:3], f"{row[3]:.1f}") for row in rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    terminalreporter.section("faults")
    for row in shown:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        terminalreporter.write_line(" | ".join([*cells, row[3]]))
    slowest = max(rows, key=lambda row: row[3])
    terminalreporter.write_line(
        f"{len(rows)} scenes; each fault lasted {LASTS:g} s or as long as it takes; "
        f"the slowest recovery took {slowest[3]:.1f} s ({slowest[0]})"
    )


@pytest.fixture
def make(
    house: QueueHouse, tmp_path: Path, request: pytest.FixtureRequest, record_property: Any
) -> Iterator[Callable[..., Scene]]:
    """Scenes of this test; what became of each goes into the table."""
    from fault_scene import scene as opened
    from faulty_node import faulty_node
    from keeper_house import rpc_of

    from checks.served import served

    with ExitStack() as stack:

        def made(folder: Path | None = None, **given: Any) -> Scene:
            place, logs = folder or tmp_path, tmp_path / "logs"
            logs.mkdir(exist_ok=True)
            node = stack.enter_context(faulty_node(rpc_of(house)))
            address = stack.enter_context(served(place / "published"))
            one = stack.enter_context(opened(house, place, logs, node, address, **given))
            one.tell = lambda *found: record_property("fault", (name, *found))
            return one

        name = request.node.name.removeprefix("test_").replace("_", " ")
        yield made


@pytest.fixture
def scene(make: Callable[..., Scene]) -> Scene:
    """One with databases in SQLite."""
    return make()
