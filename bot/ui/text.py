"""Text of people and models, made safe to show on Discord: no markdown, mention or link in it takes effect."""

import re
from typing import Final

from wcwidth import iter_graphemes

from telephone.domain.games import fold

CONTENT_MAX: Final = 2_000
"""Longest content of a classic message, in UTF-16 units, the strictest reading of Discord's "characters"."""
LAYOUT_MAX: Final = 4_000
"""Longest text of a Components V2 message, over all its parts."""
ALT_MAX: Final = 1_024
LABEL_MAX: Final = 80
"""Longest label of a button."""
QUOTE_MAX: Final = 1_800
"""Longest quoted text in a message; what is longer goes into a file, with an excerpt to read."""

# A backslash escapes any ASCII punctuation. Only characters that Discord may interpret get one, so that the message
# stays readable in notifications, which show it raw. Without their ":" and "." no link, invite or emoji is seen.
_MEANING: Final = re.compile(
    r"""[\\*_~|`<@\[\]]   # emphasis, strike, spoiler, code, mentions of every kind, masked links
    | &(?=[\w#])           # an entity, where a renderer knows them
    | :(?=\S)              # a scheme, an emoji's name
    | \.(?=\w)             # a host, and with it an invite
    | ^[-+=>\#]            # list, rule, quote, heading
    """,
    re.VERBOSE,
)
_BROKEN_OFF: Final = re.compile(r"<[@#t:/a-z][^>\s]{0,60}\Z|(?<!\\)\\(?:\\\\)*\Z")
"""What a cut may leave of a mention or a timestamp, or of an escaped character."""
_BROKEN_LINK: Final = re.compile(r"(?<!\\)\[[^\[\]\n]{0,200}(?:\](?:\([^\s)]{0,300})?)?\Z")
_MARKS: Final = re.compile(r"\\.|```.*?(?:```|(?P<block>\Z))|`[^`]*(?:`|(?P<code>\Z))|\*\*|__|~~|\|\|", re.DOTALL)
"""What opens and closes emphasis, spoilers and code; an escaped character does not, and nothing does inside code."""
_LONGEST_MARK: Final = 3
_LONGEST: Final = 16
"""The most code points of one character as readers count them, about as many as the longest emoji has."""
_NUMBERED: Final = re.compile(r"[0-9]{1,9}(?=[.)])")
_ELLIPSIS: Final = "…"


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str) -> str:
    """The text on one line, without characters that draw nothing or turn the reading direction."""
    return fold(text)


def escape(text: str) -> str:
    """One line that Discord shows as `plain(text)`, without markdown, mentions or links."""
    return "".join(_pieces(plain(text)))


def excerpt(text: str, limit: int) -> str:
    """As much of `escape(text)` as fits into `limit` units, cut between words where it can be, with "…" at the cut."""
    return _cut(_pieces(plain(text)), limit)


def shorten(text: str, limit: int) -> str:
    """As much of `plain(text)` as fits into `limit` units, for places that know no markdown: alt texts, labels."""
    return _cut(list(plain(text)), limit)


def quote(text: str, limit: int = QUOTE_MAX) -> tuple[str, bool]:
    """The text as a quotation, and whether all of it fitted into `limit` units.

    Every line becomes a quoted line of its own; an empty text becomes "(no words)".
    """
    lines = [line for line in (plain(line) for line in text.splitlines()) if line] or ["(no words)"]
    quoted: list[str] = []
    left = limit - units(_ELLIPSIS)
    for line in lines:
        escaped = escape(line)
        if units(escaped) + 2 > left:
            rest = excerpt(line, left - 2)
            return "\n".join([*quoted, f"> {rest}"]) if rest else "\n".join(quoted) + _ELLIPSIS, False
        quoted.append(f"> {escaped}")
        left -= units(escaped) + 3
    return "\n".join(quoted), True


def lines_that_fit(lines: list[str], limit: int, more: str) -> str:
    """As many whole lines as fit into `limit` UTF-16 units; `more` names the number {n} of lines left out.

    Where not even the first fits, its beginning is shown.
    """
    text = "\n".join(lines)
    kept = len(lines)
    while units(text) > limit and kept > 1:
        kept -= 1
        text = "\n".join([*lines[:kept], more.format(n=len(lines) - kept)])
    if units(text) <= limit:
        return text
    rest = [more.format(n=len(lines) - 1)] if len(lines) > 1 else []
    first = cut(lines[0], limit - sum(units(line) + 1 for line in rest))
    return "\n".join([first, *rest]) if first else more.format(n=len(lines))


def cut(text: str, limit: int = CONTENT_MAX) -> str:
    """A whole message in at most `limit` units, markdown and all: what is over goes, and "…" stands at the cut.

    It is cut between lines or words where it can be, and never in a character, a mention, a timestamp, a link or after
    a backslash; emphasis, spoilers and code that it cuts through are closed. Call it after everything else was put
    before and behind the text.
    """
    if units(text) <= limit:
        return text
    for room in range(limit - units(_ELLIPSIS), -1, -1):
        kept = _beginning(text, room)
        shown = kept + _ELLIPSIS + _closing(kept, text[len(kept) :])
        if units(shown) <= limit:
            return shown
    return ""


def _beginning(text: str, room: int) -> str:
    """The beginning of a text that fits into `room` units and ends where it may be cut."""
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * room].decode("utf-16-le", "ignore")
    ends = (kept.rfind("\n", max(len(kept) - 200, 0)), kept.rfind(" ", max(len(kept) - 30, 0)))
    at = next((end for end in ends if end > 0), _between(text, len(kept)))
    kept = text[:at]
    if kept and kept[-1] in "*_~|`" and text.startswith(kept[-1], at):
        before = kept.rstrip(kept[-1])
        kept = before if at - len(before) < _LONGEST_MARK else kept
    return _BROKEN_LINK.sub("", _BROKEN_OFF.sub("", kept)).rstrip(" ,;\n\u200c\u200d")


def _between(text: str, at: int) -> int:
    """The last place up to `at` that lies inside no character as readers count them."""
    *_, last = iter_graphemes(text[: at + 1])
    return at + 1 - len(last) if len(last) <= _LONGEST else at


def _closing(kept: str, rest: str) -> str:
    """The marks that close what is open where a text was cut, and what the rest of it would have closed."""
    opened: list[str] = []
    for found in _MARKS.finditer(kept):
        if found[0][0] in "\\`" and not found.lastgroup:
            continue
        mark = {None: found[0], "block": "\n```", "code": "`"}[found.lastgroup]
        if mark in opened:
            opened.remove(mark)
        elif mark.strip() in rest:
            opened.append(mark)
    return "".join(reversed(opened))


def _pieces(text: str) -> list[str]:
    """The characters of one line, each with its backslash where it needs one."""
    meaning = {match.start() for match in _MEANING.finditer(text)}
    if number := _NUMBERED.match(text):
        meaning.add(number.end())
    return [f"\\{char}" if at in meaning else char for at, char in enumerate(text)]


def _cut(pieces: list[str], limit: int) -> str:
    if sum(map(units, pieces)) <= limit:
        return "".join(pieces)
    kept, used = 0, units(_ELLIPSIS)
    while kept < len(pieces) and used + units(pieces[kept]) <= limit:
        used += units(pieces[kept])
        kept += 1
    kept = _between("".join(piece[-1] for piece in pieces), kept)
    space = next((at for at in range(kept, max(kept - 30, 0), -1) if pieces[at] == " "), kept)
    cut = "".join(pieces[:space]).rstrip(" ,;\u200c\u200d")
    return f"{cut}{_ELLIPSIS}" if cut else ""
