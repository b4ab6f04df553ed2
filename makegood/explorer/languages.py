# SPDX-License-Identifier: Apache-2.0
"""A phrase in a language: as text, and as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from makegood.explorer.phrases import (
    Code,
    Hex,
    Link,
    Listed,
    Moment,
    Money,
    Number,
    OpenTime,
    Part,
    Percent,
    Relative,
    Sentence,
    Span,
    Token,
)

# The desk keeps ends of coverage in 40 bits; datetime ends in the year 9999.
LAST_SHOWN = 253_402_300_799
_PLACE = re.compile(r"%\((\w+)\)s")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_UNITS = {"en": (" d", " h", " min", " s"), "zh": (" 天", " 小时", " 分", " 秒")}
_MINUTES_ALONE = {"en": " min", "zh": " 分钟"}
_LOCALES = {"en": "en", "zh": "zh-Hans"}

Escape = Callable[[Any], Any]


def shortened(identifier: str) -> str:
    """An address or digest shortened in the middle, such as `0xf39F…2266`."""
    return identifier if len(identifier) <= 14 else f"{identifier[:6]}…{identifier[-4:]}"


def plain_amount(units: int, decimals: int) -> str:
    """An amount in whole units, exact, with thousands set apart."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{int(whole):,}{'.' if rest else ''}{rest}"


def iso(at: int) -> str:
    """A time for machines, such as `2026-11-24T14:05:00Z`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" if 0 <= at <= LAST_SHOWN else ""


class Language:
    """One language, with its catalog. English is what the sentences are written in."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._sentences: dict[str, list[tuple[str, str, str]]] = {}
        self._constant: dict[str, Markup] = {}

    @property
    def tag(self) -> str:
        """For the `lang` of a page."""
        return _LOCALES[self.code]

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.code == "zh" else " "

    @cached_property
    def catalog(self) -> dict[str, str]:
        """What each sentence is in this language; one with a plural by both of its forms."""
        if self.code == "en":
            return {}
        source = files("makegood.explorer") / "locale" / f"{self.code}.po"
        with source.open("rb") as file:
            found = {}
            for message in read_po(file, locale=self.code):
                if not message.id or not message.string or message.fuzzy:
                    continue
                if isinstance(message.id, tuple):
                    found.update(dict.fromkeys(message.id, message.string[0]))
                else:
                    found[str(message.id)] = str(message.string)
            return found

    # ------------------------------------------------------------ saying

    def say(self, text: str, /, **parts: Part) -> Markup:
        """A sentence of a template, as HTML."""
        if parts:
            return self.html(Sentence(text, parts))
        found = self._constant.get(text)
        if found is None:
            found = self._constant[text] = self.html(Sentence(text))
        return found

    def text(self, part: Part | None) -> str:
        """As text."""
        return "" if part is None else self._said(part, False)

    def html(self, part: Part | None) -> Markup:
        """As HTML; whatever somebody else wrote is escaped."""
        return Markup("") if part is None else Markup(self._said(part, True))  # noqa: S704

    def _said(self, part: Part, marked: bool) -> str:
        if isinstance(part, Sentence):
            pieces = self._pieces(part)
            said = []
            for words, escaped, place in pieces:
                said.append(escaped if marked else words)
                if place:
                    said.append(self._said(part.parts[place], marked))
            return "".join(said)
        if isinstance(part, str):
            return str(escape(part)) if marked else part
        return _FORMS[type(part)](self, part, marked)

    def _pieces(self, sentence: Sentence) -> list[tuple[str, str, str]]:
        """Words as text and as HTML, and the place that follows them."""
        template = sentence.many if sentence.many and sentence.count != 1 else sentence.text
        found = self._sentences.get(template)
        if found is None:
            cut = [*_PLACE.split(self.catalog.get(template, template)), ""]
            words = [one.replace("%%", "%") for one in cut[::2]]
            found = [(one, str(escape(one)), place) for one, place in zip(words, cut[1::2], strict=True)]
            self._sentences[template] = found
        return found

    # ------------------------------------------------------------ things in sentences

    def calendar(self, at: int, now: int) -> str:
        """A time in UTC, with its year where that is not the year of `now`."""
        if at > LAST_SHOWN:
            return self.text(Sentence("after the year 9999"))
        when = datetime.fromtimestamp(at, UTC)
        other_year = when.year != datetime.fromtimestamp(now, UTC).year
        day = _DAYS[self.code][when.weekday()]
        if self.code == "zh":
            year = f"{when.year}年" if other_year else ""
            return f"{year}{when.month}月{when.day}日 {day} {when:%H:%M} UTC"
        year = f" {when.year}" if other_year else ""
        return f"{day} {when.day} {_MONTHS[when.month - 1]}{year} {when:%H:%M} UTC"

    def day(self, day: int) -> str:
        """A day, counted from 1970."""
        when = datetime.fromtimestamp(day * 86_400, UTC)
        if self.code == "zh":
            return f"{when.year}年{when.month}月{when.day}日"
        return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"

    def span(self, seconds: int) -> str:
        """A length of time by its two largest units; less than a minute in seconds."""
        units = _UNITS[self.code]
        parts: list[str] = []
        rest = abs(seconds)
        for size, unit in zip((86_400, 3_600, 60), units, strict=False):
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count:,}{unit}")
            elif parts:
                break
        return self._joined(parts) or f"{abs(seconds)}{units[3]}"

    def hours(self, seconds: int) -> str:
        """A length of time in hours and minutes."""
        units = _UNITS[self.code]
        hours, rest = divmod(seconds, 3_600)
        minutes, left = divmod(rest, 60)
        parts = [
            f"{count:,}{unit}" for count, unit in zip((hours, minutes, left), units[1:], strict=True) if count
        ]
        return self._joined(parts) or f"0{units[3]}"

    def _joined(self, parts: list[str]) -> str:
        minutes = _UNITS[self.code][2]
        if len(parts) == 1 and parts[0].endswith(minutes):
            return parts[0].removesuffix(minutes) + _MINUTES_ALONE[self.code]
        return " ".join(parts[:2])

    def _moment(self, part: Moment, marked: bool) -> str:
        text = self.calendar(part.at, part.now)
        return f'<time datetime="{iso(part.at)}">{text}</time>' if marked and iso(part.at) else text

    def _relative(self, part: Relative, _: bool) -> str:
        if part.at == part.now:
            return self.text(Sentence("now"))
        span = self.span(part.at - part.now)
        if part.at > LAST_SHOWN:
            return self.text(Sentence("far off"))
        if part.at > part.now:
            return self.text(Sentence("in %(span)s", {"span": span}))
        return self.text(Sentence("%(span)s ago", {"span": span}))

    def _money(self, part: Money, marked: bool) -> str:
        amount = plain_amount(part.units, part.token.decimals)
        if marked:
            return f'<span class="money">{amount}&nbsp;{escape(part.token.symbol)}</span>'
        return f"{amount} {part.token.symbol}"

    def _hex(self, part: Hex, marked: bool) -> str:
        if not marked:
            return part.value
        value, short = escape(part.value), escape(shortened(part.value))
        if part.path:
            return f'<a class="hex" href="{escape(self.path(part.path))}" title="{value}">{short}</a>'
        return f'<span class="hex" title="{value}">{short}</span>'

    def _link(self, part: Link, marked: bool) -> str:
        label = self._said(part.label, marked)
        return f'<a href="{escape(self.path(part.path))}">{label}</a>' if marked else label

    def _listed(self, part: Listed, marked: bool) -> str:
        said = [self._said(item, marked) for item in part.items]
        if self.code == "zh":
            return "、".join(said)
        return ", ".join(said[:-1]) + f" and {said[-1]}" if len(said) > 1 else "".join(said)

    def _code(self, part: Code, marked: bool) -> str:
        return f"<code>{escape(part.text)}</code>" if marked else part.text

    def _percent(self, part: Percent, _: bool) -> str:
        # Never rounded up to all, nor down to nothing.
        tenths = part.part * 1_000 // part.whole
        if part.part and not tenths:
            tenths = 1
        return f"{tenths // 10}.{tenths % 10}%" if tenths % 10 else f"{tenths // 10}%"

    def path(self, path: str) -> str:
        """The address of a page in this language."""
        return f"/{self.code}{path}"


_FORMS: dict[type, Callable[[Language, Any, bool], str]] = {
    Moment: Language._moment,
    Relative: Language._relative,
    Span: lambda language, part, _: language.span(part.seconds),
    OpenTime: lambda language, part, _: language.hours(part.seconds),
    Money: Language._money,
    Number: lambda _language, part, _: f"{part.value:,}",
    int: lambda _language, part, _: f"{part:,}",
    Percent: Language._percent,
    Hex: Language._hex,
    Link: Language._link,
    Code: Language._code,
    Listed: Language._listed,
}


@cache
def language(code: str) -> Language:
    """The language of a page's address."""
    return Language(code)


def token_of(symbol: str | None, decimals: int | None) -> Token:
    """What an asset is shown as; where it does not say, in its smallest units."""
    if decimals is None or not symbol:
        return Token(clean(symbol or "", 24) or "units", decimals or 0)
    return Token(clean(symbol, 24), min(decimals, 77))


def clean(text: str, most: int) -> str:
    """What somebody else wrote, on one line, without what would reorder or hide the rest of it."""
    kept = "".join(one if one.isprintable() else " " for one in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"
