# SPDX-License-Identifier: Apache-2.0
"""Makegood: a support desk's promises, enforceable."""

__version__ = "0.1.0"
