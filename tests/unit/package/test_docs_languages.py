# SPDX-License-Identifier: Apache-2.0
"""Pages in two languages say the same: what does not depend on the language is equal in both.

Blocks of code are the same byte for byte, but for what a comment behind a command says. Figures and code
within the text are compared as multisets, since a sentence may turn around in translation.
"""

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from makegood.receipts.step import STEPS

PAGES = ("README", "docs/operator", "docs/arbiter", "docs/requester")
FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(?<=\S)( +# ).*$", re.MULTILINE)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^\]]*)\]\(([^)]+)\)")
FIGURE = re.compile(r"([\d⁰¹²³⁴-⁹]+(?:[.,]\d+)*)(?: (million|万))?")
SCALES = {"million": 10**6, "万": 10**4}
HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


def english(project: Path, page: str) -> Path:
    return project / f"{page}.md"


def chinese(project: Path, page: str) -> Path:
    return project / f"{page}.zh-CN.md"


def blocks(path: Path) -> list[tuple[str, str]]:
    """The fenced blocks: what they are said to be, and what they hold without the words of comments."""
    return [(info, COMMENT.sub(r"\1", body)) for info, body in FENCED.findall(path.read_text("utf-8"))]


def prose(path: Path) -> str:
    """All but the fenced blocks and the line that leads to the other language."""
    _, rest = path.read_text("utf-8").split(".md)\n", 1)
    return FENCED.sub("", rest)


def headings(path: Path) -> list[tuple[int, str]]:
    """The level of each heading and the anchor that leads to it."""
    found = HEADING.findall(FENCED.sub("", path.read_text("utf-8")))
    return [(len(marks), re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")) for marks, text in found]


def code(path: Path) -> Counter[str]:
    return Counter(" ".join(each.split()) for each in CODE.findall(prose(path)))


def figures(path: Path) -> Counter[Decimal | str]:
    """The figures outside code, where 38 million is 3800 万."""
    return Counter(
        SCALES[scale] * Decimal(number.replace(",", "")) if scale else number
        for number, scale in FIGURE.findall(CODE.sub("", LINK.sub(r"\1", prose(path))))
    )


def place(path: Path, link: str) -> tuple[str, int | None]:
    """The page of a link whatever its language, and which of its headings."""
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    anchors = [each for _, each in headings(target)] if anchor else []
    return str(target).replace(".zh-CN.md", ".md"), anchors.index(anchor) if anchor else None


def links(path: Path, outside: bool = False) -> list[str]:
    """Where the links lead, either within the project or outside."""
    return [target for _, target in LINK.findall(prose(path)) if ("://" in target) is outside]


def shape(path: Path) -> list[int]:
    """How many cells each line of a table has."""
    return [line.count("|") for line in prose(path).splitlines() if line.startswith("|")]


def is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def spaced(text: str) -> list[str]:
    """The pairs of a Chinese and a Latin character that no space parts."""
    pairs = [first + second for first, second in pairwise(text)]
    return [pair for pair in pairs if HAN.search(pair) and any(is_latin(each) for each in pair)]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_begins_with_its_title_and_the_other_language(project: Path, page: str) -> None:
    name = Path(page).name
    for path, line in (
        (english(project, page), f"[中文]({name}.zh-CN.md)"),
        (chinese(project, page), f"[English]({name}.md)"),
    ):
        title, *rest = path.read_text("utf-8").splitlines()
        assert title.startswith("# ")
        assert rest[:3] == ["", line, ""]


@pytest.mark.parametrize("page", PAGES)
def test_headings_are_as_many_and_as_deep(project: Path, page: str) -> None:
    levels = [[level for level, _ in headings(path(project, page))] for path in (english, chinese)]
    assert levels[0] == levels[1]


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_code_are_the_same(project: Path, page: str) -> None:
    found = blocks(english(project, page))
    assert found
    assert blocks(chinese(project, page)) == found


@pytest.mark.parametrize("page", PAGES)
def test_code_in_the_text_is_the_same(project: Path, page: str) -> None:
    assert code(chinese(project, page)) == code(english(project, page))


@pytest.mark.parametrize("page", PAGES)
def test_figures_are_the_same(project: Path, page: str) -> None:
    assert figures(chinese(project, page)) == figures(english(project, page))


@pytest.mark.parametrize("page", PAGES)
def test_tables_have_the_same_rows_and_cells(project: Path, page: str) -> None:
    assert shape(chinese(project, page)) == shape(english(project, page))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_the_same_places(project: Path, page: str) -> None:
    ours, theirs = chinese(project, page), english(project, page)
    assert Counter(place(ours, link) for link in links(ours)) == Counter(
        place(theirs, link) for link in links(theirs)
    )
    assert sorted(links(ours, outside=True)) == sorted(links(theirs, outside=True))


@pytest.mark.parametrize("page", PAGES)
def test_chinese_pages_link_to_chinese_pages_that_are_there(project: Path, page: str) -> None:
    path = chinese(project, page)
    targets = [(path.parent / link.partition("#")[0]).resolve() for link in links(path)]
    files = [target for target in targets if target.is_file()]
    assert [target for target in targets if not target.exists()] == []
    assert [file.name for file in files if file.with_suffix(".zh-CN.md").exists()] == []


@pytest.mark.parametrize("path", [english, chinese])
def test_a_requester_is_led_to_the_check_in_the_browser_and_told_each_step(
    project: Path, path: Callable[[Path, str], Path]
) -> None:
    text = path(project, "docs/requester").read_text("utf-8")
    rows = [step.replace("_", " ") for step in STEPS]
    assert re.findall(r"^\| `([a-z ]+)` \| [^|]+ \|$", text, re.MULTILINE)[: len(rows)] == rows
    for page in ("docs/requester", "docs/operator"):
        found = path(project, page)
        assert {"/en/verify", "/zh/verify"} <= set(code(found))
        assert "explorer.md" in links(found)


@pytest.mark.parametrize("page", PAGES)
def test_each_thing_has_one_word_in_chinese(project: Path, page: str) -> None:
    """A helpdesk is 客服系统, beside the desk on chain; a webhook is called so in Chinese too."""
    assert not re.search("服务台|网络回调|索赔|仲裁费", chinese(project, page).read_text("utf-8"))


def test_no_page_installs_by_a_name_that_anybody_could_take(project: Path) -> None:
    pages = [*project.glob("*.md"), *project.glob("docs/**/*.md"), *project.glob("deploy/**/*.md")]
    assert len(pages) > 20
    named = re.compile(r"pip3? install [^\n]*\bmakegood\b(?!/)")
    assert [page.name for page in pages if named.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_chinese_is_set_with_full_width_marks_and_spaces_before_latin(project: Path, page: str) -> None:
    for line in prose(chinese(project, page)).splitlines():
        text = CODE.sub("x", LINK.sub(r"\1", line)).replace("*", "")
        assert HALF_WIDTH.search(text) is None, line
        assert spaced(text) == [], line
