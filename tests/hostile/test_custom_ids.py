"""Ids that no version ever wrote: whatever a template lets through is answered in a sentence, and nothing breaks."""

import asyncio

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from telephone.domain.games import StepKey
from telephone.errors import BadInput
from tests.hostile.corpus import corpus
from tests.hostile.press import items, pressed, sent
from tests.hostile.templates import written_out
from tests.hostile.test_other_servers import MEMBER, THERE, a_world

FEW = settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """The world of test_other_servers.py on a loop of its own, for tests that ask many times."""
    loop = asyncio.new_event_loop()
    opened = a_world(tmp_path_factory.mktemp("world"))
    yield loop, loop.run_until_complete(opened.__aenter__())
    loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()


WAITING = ("at1:again:", "at1:continue:", "at1:me:delete", "at1:rescore:go:", "at1b:continue:", "at1r:")
"""Ids whose answer waits for an engine, which does not run here."""


def answered_kindly(press) -> bool:
    """Whether a member is told what to do, or shown what they asked for, and nothing broke."""
    return not any("Ref " in said for said in press.response.said)


def ids(data, there):
    """An id that a template takes: one that is written out, or any, with or without the id of something real."""
    _, world = there
    templates = [*items(world.bot), *world.bot.forms]
    template = templates[data.draw(st.integers(0, len(templates) - 1), "template")]
    if data.draw(st.booleans(), "any"):
        return data.draw(st.from_regex(template, fullmatch=True), "id")
    real = {name: data.draw(st.sampled_from(ones), name) for name, ones in world.ids.items()}
    made = list(written_out(template, {**real, "member": str(MEMBER)}))
    return data.draw(st.sampled_from(made), "id")


@FEW
@given(data=st.data())
def test_an_id_of_any_kind_breaks_nothing(there, data):
    loop, world = there
    custom_id = ids(data, there)[:100]
    assume(not custom_id.startswith(WAITING))
    chosen = data.draw(st.one_of(st.none(), st.text(max_size=100), st.sampled_from(["1p", "99c", "a/b", "votes"])))
    for press in loop.run_until_complete(pressed(world.bot, custom_id, chosen, guild_id=THERE, member_id=MEMBER)):
        assert answered_kindly(press), (custom_id, chosen, press.response.said)
    press = loop.run_until_complete(sent(world.bot, custom_id, {"caption": ""}, guild_id=THERE, member_id=MEMBER))
    assert answered_kindly(press), (custom_id, press.response.said)


@pytest.mark.parametrize("custom_id", [text for name, text in corpus("custom_ids") for text in text.splitlines()])
def test_ids_that_once_broke_something_are_answered(there, custom_id):
    loop, world = there
    for name, ones in world.ids.items():
        custom_id = custom_id.replace(f"<{name}>", ones[0])
    for press in loop.run_until_complete(pressed(world.bot, custom_id, "x", guild_id=THERE, member_id=MEMBER)):
        assert answered_kindly(press), (custom_id, press.response.said)
    press = loop.run_until_complete(sent(world.bot, custom_id, {}, guild_id=THERE, member_id=MEMBER))
    assert answered_kindly(press), (custom_id, press.response.said)


@FEW
@given(st.text(max_size=10))
@example("1\u0663p")
@example("\u0661p")
@example("3\u017f")
@example("1p\n")
def test_a_step_is_one_of_ours_or_refused(text):
    try:
        key = StepKey.parse(text)
    except BadInput:
        return
    assert key.index >= 0
    assert str(key) == text.strip().lower()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@FEW
@given(fields=st.dictionaries(st.sampled_from(["caption", "prompt", "drawing", "other"]), JSON, max_size=3))
def test_a_form_with_fields_of_any_kind_breaks_nothing(there, fields):
    loop, world = there
    game, party = world.ids["game"][2], world.ids["party"][0]
    for custom_id in (f"at1f:{game}:1p:{MEMBER}", f"at1f:{game}:1c:{MEMBER}", f"at1pf:{party}:{MEMBER}"):
        press = loop.run_until_complete(sent(world.bot, custom_id, fields, guild_id=THERE, member_id=MEMBER))
        assert answered_kindly(press), (custom_id, press.response.said)
