# SPDX-License-Identifier: Apache-2.0
"""Channels: what people write, its one canonical form, and what is refused in which words."""

from __future__ import annotations

import hashlib
import re
import string
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from makegood.channels import Channel, Kind, parse
from makegood.errors import UsageError

LONG_HOST = ".".join(["a" * 63] * 3 + ["b" * 57, "com"])  # 253 characters

TAKEN = [
    ("example.com", "web:example.com"),
    ("  https://example.com \r\n", "web:example.com"),
    ("HTTPS://EXAMPLE.COM", "web:example.com"),
    ("https://www.example.com/", "web:example.com"),
    ("www.www.example.com", "web:example.com"),
    ("www.com", "web:www.com"),
    ("www.www.com", "web:www.com"),
    ("example.com.", "web:example.com"),
    ("https://example.com:443/help", "web:example.com/help"),
    ("https://example.com:/help", "web:example.com/help"),
    ("example.com/Help///", "web:example.com/Help"),
    ("example.com//", "web:example.com"),
    ("example.com?utm_source=mail", "web:example.com"),
    ("https://example.com/help?next=https://example.org#@x", "web:example.com/help"),
    ("https://example.com#@example.org", "web:example.com"),
    ("example.com/@support/a+b~c", "web:example.com/@support/a+b~c"),
    ("website: help.example.co.uk", "web:help.example.co.uk"),
    ("官网:https://example.com", "web:example.com"),
    ("a--b.example.com", "web:a--b.example.com"),
    ("notx.com", "web:notx.com"),
    ("t.me.example.com/some_support", "web:t.me.example.com/some_support"),
    (LONG_HOST, f"web:{LONG_HOST}"),
    ("t.me/some_support", "telegram:some_support"),
    ("https://T.ME/Some_Support/?start=1", "telegram:some_support"),
    ("http://t.me/some_support", "telegram:some_support"),
    ("www.telegram.me/some_support", "telegram:some_support"),
    ("telegram.dog/some_support", "telegram:some_support"),
    ("t.me/@some_support", "telegram:some_support"),
    ("t.me/s/some_support", "telegram:some_support"),
    ("https://some1.t.me/", "telegram:some1"),
    ("tg://resolve?domain=Some_Support&start=1", "telegram:some_support"),
    ("telegram:some_support", "telegram:some_support"),
    ("Telegram : @some_support", "telegram:some_support"),
    ("TG\tsome_support", "telegram:some_support"),
    ("telegram: https://t.me/some_support", "telegram:some_support"),
    ("电报 @some_support", "telegram:some_support"),
    ("telegram:" + "a" * 32, "telegram:" + "a" * 32),
    ("wechat:Some_Support", "wechat:some_support"),
    ("WeChat ID \N{FULLWIDTH COLON} some-support", "wechat:some-support"),
    ("微信号\N{FULLWIDTH COLON}Some_Support", "wechat:some_support"),
    ("微信some_support", "wechat:some_support"),
    ("vx: some_support", "wechat:some_support"),
    ("公众号 gh_0123456789ab", "wechat-official:gh_0123456789ab"),
    ("微信公众号:some_support", "wechat-official:some_support"),
    ("WeChat official account some_support", "wechat-official:some_support"),
    ("x.com/Some_Support", "x:some_support"),
    ("https://mobile.twitter.com/some_support?lang=en", "x:some_support"),
    ("X @some_support", "x:some_support"),
    ("twitter: some_support", "x:some_support"),
    ("discord.gg/AbCd12", "discord-invite:AbCd12"),
    ("https://discord.com/invite/AbCd12?event=1", "discord-invite:AbCd12"),
    ("discordapp.com/invite/some-support/", "discord-invite:some-support"),
    ("discord: https://discord.gg/AbCd12", "discord-invite:AbCd12"),
    ("discord-invite:AbCd12", "discord-invite:AbCd12"),
    ("Help@Example.COM", "email:help@example.com"),
    ("mailto:help+desk@example.com?subject=A", "email:help+desk@example.com"),
    ("E-Mail: first.last@www.example.com", "email:first.last@www.example.com"),
    ("+44@example.com", "email:+44@example.com"),
    ("邮箱 help@example.com.", "email:help@example.com"),
    ("help@t.me", "email:help@t.me"),
    ("+44 (20) 7946-0018", "phone:+442079460018"),
    ("tel:+86.400.820.8820", "phone:+864008208820"),
    ("电话+86 10 1234 5678", "phone:+861012345678"),
    ("+1234567", "phone:+1234567"),
    ("+123456789012345", "phone:+123456789012345"),
    ("WhatsApp +44 20 7946 0018", "whatsapp:+442079460018"),
    ("wa.me/442079460018", "whatsapp:+442079460018"),
    ("https://wa.me/+442079460018?text=Hi", "whatsapp:+442079460018"),
    ("api.whatsapp.com/send/?text=Hi&phone=442079460018", "whatsapp:+442079460018"),
    ("whatsapp://send?phone=+442079460018", "whatsapp:+442079460018"),
]

NO_NETWORK = "does not say which network"
REFUSED = [
    ("", "There is no channel."),
    (" \t\n", "There is no channel."),
    ("telegram:", "There is no channel."),
    ("telegram: ", "There is no channel."),
    ("a" * 2_049, "longer than 2,048 characters"),
    ("ex\N{CYRILLIC SMALL LETTER A}mple.com", "Character 3 is CYRILLIC SMALL LETTER A (U+0430)"),
    ("t.me/s\N{GREEK SMALL LETTER OMICRON}me", "Character 7 is GREEK SMALL LETTER OMICRON (U+03BF)"),
    ("telegram:\N{FULLWIDTH LATIN SMALL LETTER S}ome", "Character 10 is FULLWIDTH LATIN SMALL LETTER S"),
    ("some\N{ZERO WIDTH SPACE}thing.com", "Character 5 is ZERO WIDTH SPACE (U+200B), which is invisible"),
    ("example.com\N{ZERO WIDTH NO-BREAK SPACE}", "Character 12 is ZERO WIDTH NO-BREAK SPACE"),
    (
        "\N{RIGHT-TO-LEFT OVERRIDE}moc.elpmaxe",
        "Character 1 is RIGHT-TO-LEFT OVERRIDE (U+202E), which is invis",
    ),
    ("x:e\N{COMBINING ACUTE ACCENT}a", "Character 4 is COMBINING ACUTE ACCENT (U+0301), a mark that joins"),
    ("\N{KELVIN SIGN}example.com", "Character 1 is KELVIN SIGN (U+212A)"),
    (
        "T\N{LATIN SMALL LETTER E WITH ACUTE}l\N{GREEK SMALL LETTER ALPHA}:a",
        "Character 2 is LATIN SMALL LETTER E",
    ),
    (
        "example.com\N{NO-BREAK SPACE}",
        "Character 12 is NO-BREAK SPACE (U+00A0), which is not the plain space",
    ),
    ("  example\x00.com", "Character 10 is a character without a name (U+0000), which is not for writing"),
    ("\ud800.com", "(U+D800), which is not for writing"),
    ("微信号\N{FULLWIDTH COLON}客服", "Character 5 is CJK UNIFIED IDEOGRAPH-5BA2 (U+5BA2)"),
    ("https://xn--exmple-cua.com", '"xn--exmple-cua" is punycode'),
    ("XN--EXMPLE-CUA.com/help", '"xn--exmple-cua" is punycode'),
    ("help@mail.xn--p1ai", '"xn--p1ai" is punycode'),
    ("@some_support", NO_NETWORK),
    ("some_support", NO_NETWORK),
    ("@some/support", NO_NETWORK),
    ("discord: some_support", "may be a user's or an invite's"),
    ("http://example.com", "An http:// address can be changed"),
    ("ftp://example.com", '"ftp://" names no channel'),
    ("javascript://example.com", '"javascript://" names no channel'),
    ("https://example.com@example.org", '"@" at character 20 is not the site'),
    ("help@example.com/help", '"@" at character 5 is not the site'),
    ("https://example.com\\@example.org", 'Character 20 is "\\"'),
    ("192.0.2.1", "This is an IP address"),
    ("https://0x7f000001", "This is an IP address"),
    ("https://3221225985/help", "This is an IP address"),
    ("https://[2001:db8::1]/help", "This is an IP address"),
    ("example.com:8443", "a port of its own"),
    ("https://localhost", "is no whole host name"),
    ("https://", "empty at character 9"),
    ("example..com", "empty at character 9"),
    ("example.c0m", 'No site ends in ".c0m"'),
    ("example.c", 'No site ends in ".c"'),
    ("some_desk.example.com", 'Character 5 is "_", which a host name cannot have'),
    ("-a.example.com", "a hyphen at its end"),
    ("a" * 64 + ".com", "longer than 63 characters"),
    ("a." + LONG_HOST, "longer than 253 characters"),
    ("example.com/a b", "Character 14 is a space, which a link cannot have"),
    ("example.com/h%65lp", 'Character 14 is "%", which hides another'),
    ("example.com/a//b", "part at character 15"),
    ("example.com//help", "part at character 13"),
    ("t.me//some_support", "but to no account there"),
    ("example.com/./a", "at character 13"),
    ("example.com/help/../a", '".." part at character 18'),
    ("example.com/<help>", 'Character 13 is "<"'),
    ("t.me", "but to no account there"),
    ("t.me/+AbCdEf12", "A Telegram invite names no account"),
    ("t.me/joinchat/AbCdEf12", "A Telegram invite names no account"),
    ("t.me/some_support/12", "but to no account there"),
    ("t.me/share/url?url=example.com", "but to no account there"),
    ("t.me/ab-c", 'Character 8 is "-", which a Telegram name cannot have'),
    ("www.ab-c.t.me", 'Character 7 is "-", which a Telegram name cannot have'),
    ("web.telegram.org/#@some_support", "but to no account there"),
    ("tg://resolve?domain=some&domain=other", 'no or several values for "domain"'),
    ("tg://join?invite=AbCdEf12", "but to no account there"),
    ("telegram:abc", "has 4 to 32 characters; this has 3"),
    ("telegram:" + "a" * 33, "this has 33"),
    ("telegram:1some", "begins with a letter"),
    ("telegram:some_", "does not end in _"),
    ("telegram:@@some", 'Character 11 is "@"'),
    ("wechat:gh_0123456789ab", "an official account's"),
    ("wechat:short", "has 6 to 20 characters; this has 5"),
    ("wechat:1some_support", "A WeChat id begins with a letter"),
    ("公众号 @some_support", 'Character 5 is "@"'),
    ("https://u.wechat.com/AbCdEf12", "does not say whose account it is"),
    ("公众号: https://mp.weixin.qq.com/s/AbCdEf12", "does not say whose account it is"),
    ("x.com/some_support/status/1", "A link to a post on X"),
    ("x.com/home", "but to no account there"),
    ("help.x.com/some_support", "but to no account there"),
    ("x:" + "a" * 16, "has 1 to 15 characters; this has 16"),
    ("x:@", "this has 0"),
    ("discord.com/users/1234", "but to no account there"),
    ("discord.gg/a_b", 'Character 13 is "_"'),
    ("discord.gg/-ab", "no hyphen at its end"),
    ("discord.gg/" + "a" * 33, "this has 33"),
    ("Help <help@example.com>", "Character 5 is a space, which the name in an e-mail address cannot have"),
    ("a@b@example.com", 'Character 4 is "@", which a host name cannot have'),
    ("email:help", "This is no e-mail address"),
    ("email:@example.com", "This is no e-mail address"),
    (".help@example.com", "a dot at an end"),
    ("he..lp@example.com", "two together"),
    ("a" * 65 + "@example.com", "longer than 64 characters"),
    ("aa@" + LONG_HOST, "longer than 254 characters"),
    ("020 7946 0018", "does not say which country"),
    ("whatsapp:442079460018", "does not say which country"),
    ("+44 (0)20 7946 0018", "is dialled in two ways"),
    ("+44 20 7946 0018;ext=5", 'Character 17 is ";"'),
    ("+44 20 7946/0018", 'Character 12 is "/"'),
    ("+123456", "7 to 15 digits"),
    ("+1234567890123456", "7 to 15 digits"),
    ("+0442079460018", "does not begin with 0"),
    ("wa.me/message/AbCdEf12", "but to no account there"),
    ("chat.whatsapp.com/AbCdEf12", "but to no account there"),
    ("api.whatsapp.com/send?text=Hi", 'no or several values for "phone"'),
    ("telegram: x.com/some_support", "written as an X name, not as a Telegram name"),
    ("web: t.me/some_support", "written as a Telegram name, not as a site"),
    ("telegram: telegram: some_support", 'Character 19 is ":"'),
]


@pytest.mark.parametrize(("text", "canonical"), TAKEN)
def test_what_people_write_has_one_canonical_form(text: str, canonical: str) -> None:
    assert parse(text).canonical == canonical


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_no_channel_is_refused_in_words_that_say_why(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as refusal:
        parse(text)
    assert refusal.value.hint


def test_refusal_never_repeats_a_character_that_is_not_printable_ascii() -> None:
    for text, _ in REFUSED:
        with pytest.raises(UsageError) as refusal:
            parse(text)
        assert re.fullmatch(r"[ -~]+", str(refusal.value)), text


def test_digest_is_sha256_of_the_canonical_form() -> None:
    expected = hashlib.sha256(b"telegram:some_support").digest()
    assert parse("https://t.me/Some_Support").digest == expected


@pytest.mark.parametrize("kind", [Kind.TELEGRAM, "telegram", " TG "])
def test_kind_given_apart_says_what_a_bare_name_is(kind: Kind | str) -> None:
    assert parse("@Some_Support", kind) == Channel(Kind.TELEGRAM, "some_support")


def test_kind_given_apart_takes_a_discord_code() -> None:
    assert parse("AbCd12", Kind.DISCORD_INVITE).canonical == "discord-invite:AbCd12"


def test_kind_given_apart_as_discord_does_not_say_which() -> None:
    with pytest.raises(UsageError, match="may be a user's or an invite's"):
        parse("AbCd12", "Discord")


@pytest.mark.parametrize("text", ["x: some_support", "x.com/some_support", "example.com"])
def test_kind_given_apart_has_to_agree(text: str) -> None:
    with pytest.raises(UsageError, match="not as a Telegram name"):
        parse(text, Kind.TELEGRAM)


def test_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no kind of channel\. The kinds are web, email, telegram"):
        parse("some_support", "fax")


@pytest.mark.parametrize("wrong", [None, 5, b"t.me/some_support", ["t.me"]])
def test_what_is_no_text_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="written as text"):
        parse(wrong)  # type: ignore[arg-type]


def test_str_is_the_display() -> None:
    assert str(parse("t.me/some_support")) == "Telegram @some_support"


SEGMENT = st.text(string.ascii_letters + string.digits + "-_~@+", min_size=1, max_size=8)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9]{0,5}[a-z0-9])?", fullmatch=True)
HOST = st.builds(
    lambda labels, end: ".".join([*labels, end]),
    st.lists(LABEL, min_size=1, max_size=3),
    st.sampled_from(["com", "me", "gg", "org", "cn"]),
)
NAME = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{5,12}[a-z0-9]", fullmatch=True)
NUMBER = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
WRITTEN = st.one_of(
    st.builds(lambda host, path: "/".join(["https://" + host, *path]), HOST, st.lists(SEGMENT, max_size=3)),
    st.builds("{}@{}".format, st.from_regex(r"[a-zA-Z0-9_+-]{1,12}", fullmatch=True), HOST),
    st.builds(
        "{}{}".format,
        st.sampled_from(
            ["telegram:", "t.me/", "x:@", "x.com/", "wechat:", "公众号", "discord.gg/", "discord-invite:"]
        ),
        NAME,
    ),
    NUMBER,
    NUMBER.map("whatsapp:{}".format),
)
ROUGH = st.one_of(
    st.text(max_size=40),
    st.text(string.printable + "微信号\N{FULLWIDTH COLON}\N{CYRILLIC SMALL LETTER O}\u200b", max_size=40),
    st.lists(
        st.sampled_from(
            (
                *"@:/?#.%+-_( )[]\\=0a",
                *("www.", "https://", "http://", "tg://", "whatsapp://", "xn--", "example.com"),
                *("t.me", "x.com", "wa.me", "discord.gg", "telegram", "x", "discord", "wechat", "公众号"),
                *("some_support", "442079460018", "resolve", "domain", "send", "phone", "invite", "web"),
            )
        ),
        max_size=9,
    ).map("".join),
)


def channel_of(text: str, kind: Kind | None = None) -> Channel | None:
    try:
        return parse(text, kind)
    except UsageError:
        return None


@settings(max_examples=400, deadline=None)
@given(WRITTEN | ROUGH)
def test_canonical_form_and_display_are_read_back_as_the_same_channel(text: str) -> None:
    channel = channel_of(text)
    if channel is not None:
        assert parse(channel.canonical) == channel
        assert parse(channel.canonical, channel.kind) == channel
        assert parse(channel.display) == channel


@settings(max_examples=400, deadline=None)
@given(WRITTEN, WRITTEN)
@example("discord.gg/AbCd12", "discord.gg/abcd12")
@example("telegram:some_support", "x:some_support")
@example("wechat:some_support", "公众号some_support")
@example("+442079460018", "whatsapp:+442079460018")
def test_two_canonical_forms_never_share_a_display(one: str, other: str) -> None:
    first, second = channel_of(one), channel_of(other)
    if first is not None and second is not None:
        assert (first.canonical == second.canonical) == (first.display == second.display)


@settings(max_examples=600, deadline=None)
@given(ROUGH, st.none() | st.sampled_from(Kind))
def test_any_text_has_a_plain_form_or_is_refused(text: str, kind: Kind | None) -> None:
    channel = channel_of(text, kind)
    if channel is not None:
        assert re.fullmatch(r"[a-z-]+:[A-Za-z0-9._~@+/-]+", channel.canonical)


@settings(max_examples=200, deadline=None)
@given(WRITTEN, st.integers(0, 60), st.characters(min_codepoint=0x7F))
def test_one_foreign_character_inside_is_always_refused(text: str, place: int, character: str) -> None:
    place %= len(text) - 1
    spoiled = text[: place + 1] + character + text[place + 1 :]
    assert channel_of(spoiled) is None or character == "\N{FULLWIDTH COLON}"


def rows(page: str, heading: str) -> list[list[str]]:
    section = page.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [re.findall(r"`([^`]+)`", line.split("|", 2)[2]) for line in lines]


def test_page_shows_what_is_taken_as_it_is_taken(project: Path) -> None:
    examples = rows((project / "docs" / "channels.md").read_text(encoding="utf-8"), "What is taken")
    assert len(examples) > 20
    for text, canonical in examples:
        assert parse(text).canonical == canonical


def test_page_shows_what_is_refused_in_the_words_of_the_refusal(project: Path) -> None:
    examples = rows((project / "docs" / "channels.md").read_text(encoding="utf-8"), "What is refused")
    assert len(examples) > 15
    for text, words in examples:
        with pytest.raises(UsageError, match=re.escape(words)):
            parse(text)


def test_page_shows_every_kind_as_it_is_displayed(project: Path) -> None:
    page = (project / "docs" / "channels.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| `([^`]+)` \|$", page, re.MULTILINE))
    assert set(shown) == {kind.value for kind in Kind}
    for kind, display in shown.items():
        assert (parse(display).kind.value, parse(display).display) == (kind, display)


def test_page_shows_the_digest_of_its_example(project: Path) -> None:
    page = (project / "docs" / "channels.md").read_text(encoding="utf-8")
    match = re.search(r"printf %s (\S+) \| sha256sum\n([0-9a-f]{64})", page)
    assert match is not None
    assert parse(match[1]).canonical == match[1]
    assert hashlib.sha256(match[1].encode()).hexdigest() == match[2]
