# SPDX-License-Identifier: Apache-2.0
"""What stands and what happened, as sentences."""
