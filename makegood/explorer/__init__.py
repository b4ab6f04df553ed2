# SPDX-License-Identifier: Apache-2.0
"""The web pages of an index: tickets, their clocks and their money, in Chinese and English."""

from makegood.explorer.app import create_app
from makegood.explorer.settings import Settings

__all__ = ["Settings", "create_app"]
