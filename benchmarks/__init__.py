# SPDX-License-Identifier: Apache-2.0
"""What the contracts cost, measured on a node of one's own."""
