# SPDX-License-Identifier: Apache-2.0
"""The receipts of a demo's tickets, in files, and whether they verify."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.console import words
from makegood.console.files import write_new
from makegood.demo.story import Story
from makegood.errors import UsageError
from makegood.receipts import build, verify_file

_DOCUMENTS = "documents"


@dataclass(frozen=True)
class Written:
    """Where the receipts are, by ticket; how many verify; why others do not."""

    folder: Path
    paths: Mapping[int, Path]
    online: int
    offline: int
    refusals: tuple[str, ...]

    def line(self) -> str:
        """For a reader."""
        return (
            f"Receipts: {len(self.paths)} written to {self.folder}; {self.online} verify online, "
            f"{self.offline} offline"
        )

    def fields(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            "files": {str(ticket): str(path) for ticket, path in self.paths.items()},
            "online": self.online,
            "offline": self.offline,
            "refused": list(self.refusals),
        }


def check_folder(folder: Path) -> None:
    """Raises UsageError unless the folder is empty or not there yet."""
    if folder.is_dir():
        if any(folder.iterdir()):
            raise UsageError(f"The folder {folder} is not empty.", hint="Give a new one.")
    elif folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} is no folder.", hint="Give a new one.")


def write(story: Story, folder: Path) -> Written:
    """Write each ticket's receipt, whole, and the documents of what else was said; then verify the receipts.

    Raises MakegoodError where a file cannot be written or the chain does not answer.
    """
    for digest in sorted(_recorded(story)):
        document = story.documents[digest]
        path = folder / _DOCUMENTS / f"{digest.hex()}.json"
        write_new(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    paths = {}
    for scene in story.scenes:
        if scene.act == "open" and scene.ticket is not None:
            opened = scene.outcome.event("TicketOpened")
            receipt = build(
                story.desk,
                transaction=scene.outcome.transaction,
                document=story.documents[bytes(opened["commitment"])],
                statements=story.statements.get(scene.ticket, ()),
            )
            paths[scene.ticket] = folder / f"ticket-{scene.ticket:02}.json"
            write_new(paths[scene.ticket], receipt.text())
    return _verified(story, folder, dict(sorted(paths.items())))


def _recorded(story: Story) -> set[bytes]:
    """What was said after the openings, and came onto the chain."""
    values = {
        bytes(value)
        for scene in story.scenes
        for event in scene.outcome.events
        for value in event.arguments.values()
        if isinstance(value, bytes) and scene.act != "open"
    }
    return values & set(story.documents)


def _verified(story: Story, folder: Path, paths: Mapping[int, Path]) -> Written:
    w3 = story.desk.w3
    now = int(w3.eth.get_block("latest")["timestamp"])
    counts, refusals = [0, 0], []
    for ticket, path in paths.items():
        for place, node in enumerate((w3, None)):
            found = verify_file(path, node, now=now)
            refusal = found.refusal()
            counts[place] += refusal is None
            if refusal is not None:
                where = ("online", "offline")[place]
                refusals.append(f"Ticket {ticket} does not verify {where}: {refusal.message}")
    return Written(folder, paths, counts[0], counts[1], tuple(refusals))


def refused(written: Written) -> str:
    """One sentence for a demo whose receipts do not all verify."""
    more = words.count(len(written.refusals) - 1, "more refusal")
    return written.refusals[0] + (f" And {more}." if len(written.refusals) > 1 else "")
