# SPDX-License-Identifier: Apache-2.0
"""The contracts fit on chain."""

import sys

from makegood.artifacts import NAMES, Artifact, load
from makegood.errors import MakegoodError

MAX_RUNTIME = 24_576  # bytes of code at one address: EIP-170
# Blueprints are deployed as code, and EIP-5202 puts three bytes in front of the initcode.
MAX_INITCODE = MAX_RUNTIME - 3


def faults(artifact: Artifact) -> list[str]:
    """One sentence for each limit that the contract passes."""
    found = []
    if artifact.runtime_size > MAX_RUNTIME:
        found.append(
            f"{artifact.name} has {artifact.runtime_size:,} bytes of code; a chain takes {MAX_RUNTIME:,}."
        )
    if artifact.initcode_size > MAX_INITCODE:
        found.append(
            f"{artifact.name} has {artifact.initcode_size:,} bytes of initcode; it may have {MAX_INITCODE:,}."
        )
    return found


def main() -> int:
    """Print the sizes; 0 where all are within their limits."""
    try:
        artifacts = [load(name) for name in NAMES]
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{'bytes':<20}{'runtime':>10}{'initcode':>10}{'free':>10}")
    for artifact in artifacts:
        free = MAX_INITCODE - artifact.initcode_size
        print(f"{artifact.name:<20}{artifact.runtime_size:>10,}{artifact.initcode_size:>10,}{free:>10,}")
    found = [fault for artifact in artifacts for fault in faults(artifact)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
