# SPDX-License-Identifier: Apache-2.0
"""A random walk over the compiled contracts, beside a model of what they must do.

    make fuzz TX=1000000                           walk; exit 1 where contract and model differ
    python -m fuzz --episode 7.12                  one episode again, by the seed that a run printed
    python -m fuzz.script FILE                     the few steps to which a failure was shrunk
    python -m fuzz --planted all                   how soon bugs that were planted on purpose are found
    python -m fuzz --coverage                      which branches a walk never takes
    python -m fuzz --record FILE                   the transactions, to be played on another build

The folder `tests` must be on the path, as it is in pytest: PYTHONPATH=tests. `model` is written from the
specification and imports nothing of the project; `actions` choose what is done; `world` does it to both and
compares; `invariants` looks after section 9 of the specification by storage and events alone.
"""
