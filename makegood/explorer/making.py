# SPDX-License-Identifier: Apache-2.0
"""A page, from what was asked to what is answered, without a connection: so that any process can make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from starlette.datastructures import QueryParams

from makegood.errors import NotIndexed
from makegood.explorer import live
from makegood.explorer.api.document import VIEWS, in_api
from makegood.explorer.holders import Holders
from makegood.explorer.kept import Answer, Kept
from makegood.explorer.pages import indexes, search
from makegood.explorer.reading import Memory, Reader
from makegood.explorer.routes import PAGES, Page
from makegood.explorer.settings import Settings
from makegood.explorer.templating import other_language, render
from makegood.indexer.store import Store

BY_NAME: Mapping[str, Page] = {page.name: page for page in PAGES}


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as it is asked for: `path` begins with the language, `fields` are what its places hold."""

    page: str
    code: str
    path: str
    query: str
    fields: Mapping[str, str]


class Maker:
    """Makes pages out of one index."""

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], float]) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._memory: Memory | None = None
        self._kept = Kept()
        self._holders = Holders(settings.holders)

    def reader(self, connection: Connection) -> Reader:
        """Of the state that a connection sees, with what was asked of that state before."""
        reader = Reader(connection, int(self._clock()), self._memory, self._holders)
        self._memory = reader.memory
        return reader

    def make(self, asked: Asked) -> Answer:
        """The answer. Raises MakegoodError where the index cannot be read."""
        with self._store.reading() as connection:
            reader = self.reader(connection)
            moment = (reader.wall, reader.memory.revisions)
            key = (asked.path, asked.query)
            answer = self._kept.get(moment, key)
            if answer is None:
                answer = self._made(asked, reader)
                self._kept.put(moment, key, answer)
            return answer

    def _made(self, asked: Asked, reader: Reader) -> Answer:
        page, code, here = BY_NAME[asked.page], asked.code, asked.path[3:] or "/"
        given = QueryParams(asked.query)
        query = f"?{asked.query}" if asked.query else ""
        frame = {
            "indexes": indexes.build(reader, self._settings.stale_after),
            "here": here,
            "switch": f"/{other_language(code)}{here}{query}",
            "note": search.RECOGNISED.get(given.get("as", "")),
            "search": given.get("q", "")[: search.MOST] if page.name == "search" else "",
        }
        try:
            view = page.build(reader, asked.fields, given)
        except NotIndexed as unknown:
            shown = {"status": 404, "what": unknown.what, "then": unknown.then, "title": unknown.what}
            return 404, render("error.html", code, **frame, **shown, live="", since="").encode(), ""
        if page.name == "search" and view.path:
            mark = "&" if "?" in view.path else "?"
            return 303, b"", f"/{code}{view.path}{mark}as={view.kind}"
        topic = here.strip("/") if page.live else ""
        frame["live"] = topic or ("front" if page.live else "")
        frame["since"] = live.version(reader, topic) if page.live else ""
        if page.name in VIEWS:
            frame["as_json"] = in_api(here, code, asked.query)
        return 200, render(page.template, code, **frame, view=view, title=page.title(view)).encode(), ""
