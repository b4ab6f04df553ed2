# SPDX-License-Identifier: Apache-2.0
"""A story of tickets, played on a local chain, and told from what the chain recorded."""

from makegood.demo.play import play
from makegood.demo.script import Script, read_script
from makegood.demo.stage import Stage
from makegood.demo.story import Story

__all__ = ["Script", "Stage", "Story", "play", "read_script"]
