# SPDX-License-Identifier: Apache-2.0
"""Every function of every deployable, played on one metered chain."""

import boa
import gas_desk
import gas_directory
import gas_factory
import gas_hooks
import gas_lane
import gas_panel
import gas_pool
from meter import Meter


def play() -> dict[str, dict[str, dict[str, int]]]:
    """Gas by contract, function and case."""
    meter = Meter()
    with boa.swap_env(meter):
        for part in (gas_factory, gas_directory, gas_desk, gas_hooks, gas_panel, gas_lane, gas_pool):
            part.play(meter)
    return meter.rows
