# SPDX-License-Identifier: Apache-2.0
"""Official channels of a desk: one written form for each, so that its digest on chain can be looked up.

`parse` brings what people write into one canonical form, `kind:name`; its digest is SHA-256 of that string's
UTF-8 bytes. The rules, in the order in which they apply:

1. Spaces, tabs and line ends around the text are dropped. More than 2,048 characters are refused.
2. A word for the kind may stand in front, with a colon (also the full-width one) or a space: `telegram:
   name`, `WeChat ID: name`. Chinese words need neither. A kind given apart must agree with it, and with a
   link.
3. The rest is printable ASCII. Any other character is refused by its name and its position in the text as
   it was given, counted from 1. Nothing is folded: no look-alike becomes the letter that it looks like.
4. A link is split as a browser splits it. `https://` is dropped; `http://` is refused, except in a link to
   a network of rule 8. A name before `@` in front of the host, and a port other than 443, are refused.
5. Query and fragment are dropped, except where a link of rule 8 has its name in the query.
6. A host is lower-cased; a dot at its end and `www.` in front, however often, are dropped. It has two
   labels or more of a-z, 0-9 and inner hyphens, at most 63 each and 253 in all, the last one letters only.
   `xn--` labels and IP addresses are refused.
7. A site is `web:host/path`. The path keeps its case and loses slashes at its end; it has A-Z, a-z, 0-9 and
   `-._~@+`. Empty, `.` and `..` parts and `%` are refused.
8. Links to a network's hosts, subdomains included, are never sites. They name an account or are refused:
   Telegram `t.me/name`, `telegram.me/name`, `telegram.dog/name`, `t.me/s/name`, `name.t.me`,
   `tg://resolve?domain=name`; X `x.com/name`, `twitter.com/name`; Discord `discord.gg/code`,
   `discord.com/invite/code`, `discordapp.com/invite/code`; WhatsApp `wa.me/digits`,
   `api.whatsapp.com/send?phone=digits`, `whatsapp://send?phone=digits`. WeChat has no link with an id in
   it.
9. One `@` in front of a Telegram or X name is dropped. Names are lower-cased: Telegram 4 to 32 of a-z, 0-9
   and inner `_`, a letter first; X 1 to 15 of a-z, 0-9 and `_`; WeChat ids, a person's or an official
   account's, 6 to 20 of a-z, 0-9, `_` and `-`, a letter first; `gh_` only begins an official account's. A
   Discord code keeps its case: 2 to 32 of A-Z, a-z, 0-9 and inner hyphens.
10. An e-mail address is lower-cased; what follows `?` is dropped; before the `@` stand at most 64 of a-z,
    0-9 and `._+-`, no dot at an end and no two together; dots and `+tag` count. After it rule 6 holds, but
    `www.` stays. At most 254 in all.
11. A telephone or WhatsApp number begins with `+` and the country's code; spaces, `-`, `.` and brackets are
    dropped; 7 to 15 digits remain, the first no 0. `(0)` is refused. A link of WhatsApp needs no `+`.
12. What could be several things is refused: `@name` and `name` without a kind, `discord: name`, a number
    without `+`.

The canonical form is a fixed point of `parse`, and so is `Channel.display`. So no two forms share a display.
"""

from makegood.channels.channel import Channel, parse
from makegood.channels.kind import Kind

__all__ = ["Channel", "Kind", "parse"]
