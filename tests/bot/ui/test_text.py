"""Whatever people and models write shows as they wrote it, and does nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from simcord.preview._markdown import markdown_tokens
from wcwidth import iter_graphemes

from bot.ui.text import CONTENT_MAX, cut, escape, excerpt, lines_that_fit, plain, quote, shorten, units
from tests.bot.samples import NASTY

SPECIAL = st.sampled_from(
    [*"\\*_~|`<>@#[]()&:./-+=!0129 \n\r\t", "```", "||", "**", "__", "~~", "@everyone", "@here", "<@12345>", "<@!1>",
     "<@&77>", "<#99>", "</start:42>", "<:smile:1234>", "<a:wave:12>", ":smile:", "<t:1700000000:R>", "<id:home>",
     "https://example.com/a_b", "http://x.y", "discord.gg/abc", "discord.com/invite/abc", "[a](https://b.c)",
     "steam://run/1", "> q", ">>> q", "# h", "-# s", "- l", "1. n", "12) n", "&amp;", "&#60;", "\u202e", "\u2066",
     "\u200b", "\u200f", "שלום", "e\u0301", "👩‍🚀", "𝔘", "…"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.one_of(SPECIAL, st.text(max_size=5)), max_size=60).map("".join))
CONTEXT = {
    "everyone": True,
    "users": {"12345": "eve", "1": "eve"},
    "roles": {"77": "mods"},
    "channels": {"99": "general"},
    "emojis": {"1234": {"name": "smile", "animated": False}, "12": {"name": "wave", "animated": True}},
    "commands": {"42": "start"},
}
LIVE = re.compile(
    r"""<(?:@[!&]?|\#|/[\w -]+:|a?:\w+:|t:-?|id:)\w*            # mentions, commands, emoji, times
    | @(?:everyone|here)
    | :[^\s:\\]+:
    """,
    re.VERBOSE,
)
LINKED = re.compile(r"(?:https?|steam)://\S|(?:discord(?:app)?\.com/invite|discord\.gg)/\S")


def live(text: str) -> str | None:
    """What a client or Discord itself would act on: links and invites are read raw, the rest after escapes."""
    found = LIVE.search(re.sub(r"\\[^0-9A-Za-z\s]", "\0", text)) or LINKED.search(text)
    return found[0] if found else None


def unescaped(text: str) -> str:
    """What Discord shows: a backslash before a sign shows the sign."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text)


def unquoted(text: str) -> str:
    lines = text.split("\n")
    assert all(line.startswith("> ") for line in lines)
    return "\n".join(unescaped(line[2:]) for line in lines)


def kinds(tokens: list[dict]) -> set[str]:
    """Every kind of node in a rendered text."""
    found = set()
    for token in tokens:
        found.add(token["type"])
        for value in token.values():
            if isinstance(value, list):
                found |= kinds([child for child in value if isinstance(child, dict)])
    return found


@given(TEXTS)
@example(NASTY)
@example("12. twelfth")
@example("\\")
@example("&lt;@12345&gt;")
def test_an_escaped_text_reads_as_it_was_written(text):
    assert unescaped(escape(text)) == plain(text)


@given(TEXTS)
@example(NASTY)
def test_no_mention_link_invite_or_emoji_survives_raw(text):
    assert live(escape(text)) is None


@given(TEXTS)
@example(NASTY)
@example("-# small")
@example("1. one")
@example("===")
@example("***")
def test_a_renderer_sees_nothing_but_words_in_it(text):
    # simcord looks for "-#" after it took the backslashes away, Discord before.
    shown = escape(text)
    assert not shown.startswith("-#")
    assert kinds(markdown_tokens(shown, context=CONTEXT)) <= {"inline", "paragraph", "text", "subtext"}


@pytest.mark.parametrize(
    "live",
    ["@everyone", "<@12345>", "<@&77>", "<#99>", "**b**", "https://example.com/a", "</start:42>", "||s||", "# h",
     "- l", "```x```", "<t:1700000000>", "[a](https://b.c)"],
)  # fmt: skip
def test_the_renderer_of_these_tests_would_notice(live):
    assert not kinds(markdown_tokens(live, context=CONTEXT)) <= {"inline", "paragraph", "text"}


@given(TEXTS)
@example(NASTY)
def test_a_quotation_holds_every_line_and_only_quotes(text):
    quoted, whole = quote(text, 100_000)
    shown = [line for line in map(plain, text.splitlines()) if line]
    assert whole
    assert unquoted(quoted) == ("\n".join(shown) or "(no words)")


@given(TEXTS, st.integers(20, 120))
def test_a_quotation_keeps_its_limit_and_says_whether_it_is_whole(text, limit):
    quoted, whole = quote(text, limit)
    assert units(quoted) <= limit
    if not whole:
        assert quoted.endswith("…")


@given(TEXTS, st.integers(1, 200))
def test_an_excerpt_keeps_its_limit_and_never_cuts_an_escape(text, limit):
    shown = excerpt(text, limit)
    assert units(shown) <= limit
    if shown != escape(text) and shown:
        assert plain(text).startswith(unescaped(shown).removesuffix("…"))
        assert live(shown) is None


@given(TEXTS, st.integers(1, 200))
def test_a_shortened_text_keeps_its_limit(text, limit):
    assert units(shorten(text, limit)) <= limit


def test_an_excerpt_is_cut_between_words():
    assert excerpt("a fox mends an old clock", 14) == "a fox mends…"


def test_directions_cannot_be_turned():
    assert escape("abc\u202edef\u2067ghi\u200f") == "abcdefghi"


def test_a_list_that_is_too_long_says_how_much_is_left_out():
    text = lines_that_fit(["x" * 100] * 50, CONTENT_MAX, "- and {n} more")
    assert units(text) <= CONTENT_MAX
    assert text.endswith("- and 31 more")


@pytest.mark.parametrize(
    ("lines", "limit", "shown"),
    [
        (["x" * 5000], 20, "x" * 19 + "…"),
        (["x" * 5000, "y"], 20, "xxxxxxxx…\nand 1 more"),
        (["a fox", "x" * 5000], 20, "a fox\nand 1 more"),
        (["x" * 5000, "y", "z"], 11, "and 3 more"),
        (["x" * 5000, "y"], -5, "and 2 more"),
        (["a fox", "a cat"], 20, "a fox\na cat"),
        ([], 20, ""),
    ],
)
def test_a_list_shows_the_beginning_of_a_first_line_that_does_not_fit(lines, limit, shown):
    assert lines_that_fit(lines, limit, "and {n} more") == shown


@pytest.mark.parametrize("make", [cut, shorten, excerpt], ids=["cut", "shorten", "excerpt"])
@pytest.mark.parametrize("character", ["🇩🇪", "👩🏽‍🚀", "e\u0323\u0302", "🏳️‍🌈", "1️⃣", "각"])
def test_no_cut_halves_a_character(make, character):
    for before in ("", "🇫🇷", "ab"):
        text = plain(before + character * 40)
        whole = list(iter_graphemes(text))
        for limit in range(2, units(text)):
            shown = make(text, limit).removesuffix("…")
            assert list(iter_graphemes(shown)) == whole[: len(list(iter_graphemes(shown)))]


def test_a_character_longer_than_any_is_cut_all_the_same():
    assert units(cut("e" + "\u0301" * 3000, 100)) > 80


@pytest.mark.parametrize(
    "text",
    [
        "a **bold fox** and **another one** here",
        "the answer is ||a fox in a red coat|| and so on",
        "```\na fox\na cat and more\n``` and then",
        "see `telephone models` in a terminal, `now`",
        "~~not a fox~~ and __a cat__ and **a __dog__ too** end",
        "see [the long board](https://discord.com/channels/1/2) and then more",
        "**a fox** [board](https://discord.com/channels/1/2), **see** it there",
        "\\*\\*not bold and \\`not code\\` and **bold** now",
    ],
)
def test_a_cut_leaves_no_markdown_open(text):
    for limit in range(units(text)):
        shown = cut(text, limit)
        assert units(shown) <= limit
        bare = re.sub(r"\\.", "", shown)
        assert not [mark for mark in ("```", "`", "**", "__", "~~", "||") if bare.count(mark) % 2]
        assert shown.count("[") == shown.count("](https://discord.com/channels/1/2)")
        assert not re.search(r"(?<![*])\*(?![*])|(?<!\|)\|(?!\|)|(?<!~)~(?!~)", bare)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2 ** 10 is a number of foxes, and so on", "2 ** 10 is a number of…"),
        ("`tis a fox in a red coat that mends it", "`tis a fox in a red…"),
        ("a fox [sic] in a red coat that mends it", "a fox [sic] in a red…"),
        ("__init__ is the first of the names here", "__init__ is the first…"),
        ("_" * 40, "_" * 24 + "…"),
    ],
)
def test_what_no_markdown_ends_is_only_cut(text, shown):
    assert cut(text, 25) == shown


@pytest.mark.parametrize(("limit", "shown"), [(-1, ""), (0, ""), (1, "…"), (2, "a…"), (3, "abc")])
def test_a_cut_keeps_the_smallest_limits(limit, shown):
    assert cut("abc", limit) == shown


@given(TEXTS | st.text("*_~|`[](\\\\ a\n<@1>🇩🇪", max_size=60), st.integers(0, 60))
def test_any_cut_keeps_its_limit(text, limit):
    assert units(cut(text, limit)) <= limit
