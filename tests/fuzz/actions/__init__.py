# SPDX-License-Identifier: Apache-2.0
"""What anybody can do to a desk, one noun a file: how arguments are chosen, what is sent, what follows."""

from functools import cache

from fuzz.world import Action


@cache
def actions() -> dict[str, Action]:
    """All of them, by name."""
    from fuzz.actions import (
        agent,
        anyone,
        arbiter,
        batches,
        directory,
        hostile,
        money,
        operator,
        panels,
        readers,
        reentry,
        requester,
        strangers,
    )

    modules = (
        requester,
        agent,
        anyone,
        operator,
        directory,
        money,
        arbiter,
        panels,
        batches,
        hostile,
        reentry,
        strangers,
        readers,
    )
    return {one.name: one for module in modules for one in module.ACTIONS}
