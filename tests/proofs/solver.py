# SPDX-License-Identifier: Apache-2.0
"""Answers one SMT query, as Halmos asks it: `python solver.py QUERY.smt2`.

Sums of money are hard as bits and easy as integers, hashes and packed words the other way round. So Bitwuzla
gets the query first, for a moment; what is left is asked of Bitwuzla and of cvc5, which turns words into
integers, at once, and the first answer counts. Not of Yices, which Halmos brings: its 2.6.4 finds
counterexamples that are none.
"""

import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

HEAD_START = 1000  # milliseconds
ANSWERS = ("sat", "unsat")


def _command(way: str, query: str) -> list[str]:
    return [sys.executable, __file__, way, query]


def _parsed(query: str, milliseconds: int, only: bool) -> Any:
    import bitwuzla  # the environment of the proofs has it

    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    options.set(bitwuzla.Option.TIME_LIMIT_PER, milliseconds)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    parser.parse(query, only)
    return parser


def soon(query: str) -> str:
    """What Bitwuzla finds within the head start: `sat`, `unsat` or `unknown`."""
    return str(_parsed(query, HEAD_START, True).bitwuzla().check_sat()).lower().rsplit(".", 1)[-1]


def answer_by_bits(query: str) -> None:
    """Print Bitwuzla's answer, and its model where there is one."""
    _parsed(query, 0, False)


def answer_by_integers(query: str) -> None:
    """Print cvc5's answer, and its model where there is one."""
    import cvc5  # the environment of the proofs has it

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    for option, value in (("produce-models", "true"), ("solve-bv-as-int", "sum")):
        solver.setOption(option, value)
    symbols = cvc5.SymbolManager(terms)
    parser = cvc5.InputParser(solver, symbols)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, query)
    while not (command := parser.nextCommand()).isNull():
        print(command.invoke(solver, symbols), end="", flush=True)


WAYS = {"--bits": answer_by_bits, "--integers": answer_by_integers}


class _Running:
    """A solver at work. Its answer goes to a file: a model can be larger than a pipe holds."""

    def __init__(self, command: list[str]) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(command, stdout=self._output, stderr=subprocess.DEVNULL)

    def answer(self) -> str | None:
        self._output.seek(0)
        text = self._output.read().decode()
        return text if text.split("\n", 1)[0].strip() in ANSWERS else None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def solve(query: str) -> str:
    """The first definite answer; `unknown` where no solver has one."""
    running = [_Running(_command(way, query)) for way in WAYS]
    try:
        while running:
            for solver in [one for one in running if one.process.poll() is not None]:
                running.remove(solver)
                if (answer := solver.answer()) is not None:
                    return answer
            time.sleep(0.01)
    finally:
        for solver in running:
            solver.end()
    return "unknown\n"


def main(arguments: list[str]) -> int:
    """Answer the query that is named."""
    if arguments[0] in WAYS:
        WAYS[arguments[0]](arguments[1])
        return 0
    # Halmos ends a solver that takes too long; those that this one started end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found = soon(arguments[0])
    if found == "unsat":
        print(found)
    elif found == "sat":
        answer_by_bits(arguments[0])
    else:
        sys.stdout.write(solve(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
