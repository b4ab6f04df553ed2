# SPDX-License-Identifier: Apache-2.0
"""The books of a desk: every ticket and every coin of a span of days, for whoever keeps accounts."""
