# SPDX-License-Identifier: Apache-2.0
"""An episode as a file: what it began with and what was done. `python -m fuzz.script FILE` does it again."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from fuzz.actions import actions
from fuzz.build import Build, built
from fuzz.encode import Signature
from fuzz.house import Setting
from fuzz.model.batches import Shown
from fuzz.model.disputes import Verdict
from fuzz.world import Failure, Step, World

KINDS = {kind.__name__: kind for kind in (Signature, Shown, Verdict)}


def plain(value: Any) -> Any:
    """For JSON: a record becomes its name and fields."""
    if is_dataclass(value):
        return {type(value).__name__: [plain(getattr(value, one.name)) for one in fields(value)]}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def rich(value: Any) -> Any:
    """The reverse of `plain`; lists become tuples."""
    if isinstance(value, dict):
        ((name, inner),) = value.items()
        return KINDS[name](*(rich(one) for one in inner))
    return tuple(rich(one) for one in value) if isinstance(value, list) else value


def write(path: Path, setting: Setting, steps: Sequence[Step], about: dict[str, Any]) -> None:
    """One step a line."""
    head = {**about, "setting": setting.as_json()}
    lines = ",\n".join("  " + json.dumps(plain(step)) for step in steps)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{json.dumps(head)[:-1]},\n "steps": [\n{lines}\n]}}\n', "utf-8")


def read(path: Path) -> tuple[Setting, list[Step]]:
    """What `write` wrote."""
    script = json.loads(path.read_text("utf-8"))
    return Setting.from_json(script["setting"]), [rich(step) for step in script["steps"]]


def run(build: Build, setting: Setting, steps: Sequence[Step]) -> tuple[int, Failure] | None:
    """Do it again, with the model beside it; the first step that fails, and how."""
    world = World(build, setting)
    by_name, now = actions(), setting.start
    for i, (at, name, args) in enumerate(steps):
        now = max(now, at)
        try:
            world.perform(by_name[name], now, args)
        except Failure as failure:
            return i, failure
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what stands in a file again, on the project's build or on a changed one."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.script", description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--planted", metavar="NAME", help="on the contracts with this bug planted")
    options = parser.parse_args(arguments)
    if not options.file.is_file():
        print(f"There is no {options.file}.", file=sys.stderr)
        return 3
    build = built()
    if options.planted:
        from fuzz.planting import planted

        build = planted(options.planted)
    setting, steps = read(options.file)
    failed = run(build, setting, steps)
    if failed is None:
        print(f"{len(steps)} steps, nothing differs")
        return 0
    i, failure = failed
    at, name, args = steps[i]
    print(f"step {i + 1} of {len(steps)}, {name} at {at}: {failure}\n  {args}")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
