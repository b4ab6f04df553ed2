# SPDX-License-Identifier: Apache-2.0
"""Contract events into SQL, safe against reorganisations: many desks, several chains, one index."""
