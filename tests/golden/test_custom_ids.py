"""The ids on messages that stand in channels: a button posted by any version goes on working."""

import re
from importlib import import_module

import pytest
from discord import ui

from bot.app import EXTENSIONS

GAME, BATTLE, PARTY = "01JDQW5Z8Q-x_y", "b0123456789abcdef", "p0123456789abcdef"
IDS = [
    *(f"at1:{verb}:{GAME}" for verb in ("stop", "stop-yes", "stop-no", "again", "continue", "replay")),
    *(f"at1t:{verb}:{GAME}:{key}" for verb in ("take", "ai", "write", "upload", "back") for key in ("1p", "10c")),
    *(f"at1b:{verb}:{BATTLE}" for verb in ("close", "close-yes", "stop", "stop-yes", "keep", "continue")),
    *(f"at1b:vote:{BATTLE}:{choice}" for choice in ("a", "d", "tie", "bad")),
    *(f"at1b:story:{BATTLE}:{place}" for place in ("a", "b-10", "c-3-p", "d-3-n")),
    *(
        f"at1p:{verb}:{PARTY}"
        for verb in ("join", "leave", "begin", "bring", "draw", "turn", "stop", "stop-yes", "keep")
    ),
    *(f"at1r:{verb}:{GAME}:3p" for verb in ("look", "show", "void")),
    *(f"at1:me:{verb}" for verb in ("delete", "keep")),
    *(f"at1:rescore:{verb}" for verb in ("go:imagebind", "stop:0123456789abcdef")),
    *(f"at1:board:{verb}:dpaaca:0:1:imagebind" for verb in ("back", "on", "view")),
    "at1:board:on:btedfu:10:12:",
    *(f"at1:ask:{verb}:{look}" for verb in ("view", "level") for look in ("aa:0", "tm:10")),
    f"at1:ask:{GAME}:human",
    f"at1:ask:{GAME}:lost",
    f"at1:guess:{GAME}:human:0",
    "at1:pair:adc:imagebind",
    "at1:pair:hof:",
    "at1:prompts:2",
    *(f"at1:{verb}:17:hard" for verb in ("accept", "decline", "skip")),
]
"""One of every kind that the first version posted."""
FORMS = [f"at1f:{GAME}:3p:123456789012345678", f"at1f:{GAME}:10c:5", f"at1pf:{PARTY}:123456789012345678"]
"""The forms that may be open on somebody's screen while the bot is upgraded."""


@pytest.mark.parametrize("custom_id", IDS)
def test_one_item_answers_every_id(custom_id):
    assert len([item for item in _items() if _template(item).fullmatch(custom_id)]) == 1


@pytest.mark.parametrize("custom_id", FORMS)
def test_one_extension_takes_every_form(custom_id):
    forms = [form for name in EXTENSIONS if (form := getattr(import_module(name), "FORM", None))]
    assert len([form for form in forms if form.fullmatch(custom_id)]) == 1


def _items():
    """The persistent items of the bot, of tests none."""
    for name in EXTENSIONS:
        import_module(name)
    todo, found = [ui.DynamicItem], []
    while todo:
        todo += (children := todo.pop().__subclasses__())
        found += [one for one in children if one.__module__.startswith("bot.")]
    return found


def _template(item) -> re.Pattern[str]:
    return item.__discord_ui_compiled_template__
