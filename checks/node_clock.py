# SPDX-License-Identifier: Apache-2.0
"""What makes a kept local chain's clock go on where it was, as options of anvil, for `make node`.

    python -m checks.node_clock STATE

A chain whose clock was moved ahead would else mine its next block at the machine's time: before its last
one, so that what was due would become due once more.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def options(state: Path, now: float) -> list[str]:
    """For a node that loads this state; none where its last block is not ahead of the machine."""
    try:
        blocks = json.loads(state.read_text("utf-8"))["blocks"]
        last = max(int(each["header"]["timestamp"], 16) for each in blocks)
    except (OSError, ValueError, KeyError, TypeError):
        # There is none yet, or one that anvil refuses in words of its own.
        return []
    return ["--timestamp", str(last + 1)] if last > now else []


if __name__ == "__main__":
    print(*options(Path(sys.argv[1]), time.time()))
