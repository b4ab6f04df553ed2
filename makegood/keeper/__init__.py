# SPDX-License-Identifier: Apache-2.0
"""What a desk must do in time, done by a process: anchor, answer, prove, claim, collect, close, release and
warn.
"""
