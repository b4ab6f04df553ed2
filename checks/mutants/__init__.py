# SPDX-License-Identifier: Apache-2.0
"""Mutation testing of every deployable contract and of every module that one of them uses.

universalmutator makes the mutants by the two rules files here (`generation`), Vyper compiles them
(`compiling`), and the tests of the contracts, nearest first (`reach`, `killing`), try to tell each from the
original. `python -m checks.mutants` runs it and can be stopped at any time; `table` writes docs/mutants.md
from what it found.
"""
