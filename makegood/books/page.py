# SPDX-License-Identifier: Apache-2.0
"""Books as one page that needs nothing else: to be read, printed and kept."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from makegood.books.report import Books
from makegood.books.sections import compared_of, days_of, facts_of, name_of, payments_of, sections_of
from makegood.books.words import FOLDER, words


def page_of(books: Books, code: str, beyond: int | None = None) -> str:
    """The HTML in a language; `beyond` is what the pool holds beyond its books.

    None where nobody asked the chain.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    w = words()[code]
    return environment.get_template("books.html").render(
        w=w,
        code=code,
        name=name_of(books),
        days=days_of(books, w),
        facts=facts_of(books, w),
        sections=[*sections_of(books, w), payments_of(books, w)],
        compared=compared_of(books, w, beyond),
    )
