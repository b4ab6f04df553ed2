# SPDX-License-Identifier: Apache-2.0
"""What the `ape run` commands share: networks, accounts, output, remembered desks. Needs Ape."""
