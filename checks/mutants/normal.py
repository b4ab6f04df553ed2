# SPDX-License-Identifier: Apache-2.0
"""A source with one statement a line, and without what is no code.

universalmutator changes lines. So each statement stands whole on the line it begins on, the lines it went on
to are empty, and so are comments and docstrings. Line numbers stay those of the source, and the compiled code
stays what it was.
"""

import io
import tokenize
from itertools import pairwise

PRAGMA = "# pragma"
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
LAYOUT = {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER}


def one_statement_a_line(source: str) -> list[str]:
    """The lines, as many as in the source, each with its end of line."""
    lines = ["\n"] * len(source.splitlines())
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.line.startswith(PRAGMA):
            lines[token.start[0] - 1] = token.line
        if token.type == tokenize.NEWLINE:
            if [one.type for one in statement] != [tokenize.STRING]:
                first = statement[0]
                lines[first.start[0] - 1] = " " * first.start[1] + _text(statement) + "\n"
            statement = []
        elif token.type not in LAYOUT:
            statement.append(token)
    return lines


def _text(tokens: list[tokenize.TokenInfo]) -> str:
    # As written; only the ends of lines within it become a space or nothing.
    text = tokens[0].string
    for before, token in pairwise(tokens):
        if token.start[0] == before.end[0]:
            text += " " * (token.start[1] - before.end[1])
        elif token.string in CLOSING:
            text = text.removesuffix(",")
        elif before.string not in OPENING:
            text += " "
        text += token.string
    return text
