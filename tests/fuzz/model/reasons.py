# SPDX-License-Identifier: Apache-2.0
"""Why a call is refused: all that applies, as the contracts say it."""

Reasons = set[str]

LOCKED = ""  # the compiler's lock gives no reason


def refusals(module: str, *conditions: tuple[str, bool]) -> Reasons:
    """Those that apply."""
    return {f"{module}: {reason}" for reason, applies in conditions if applies}
