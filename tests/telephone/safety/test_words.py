"""What the offline text check stops, and what it lets pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephone.prompts.catalog import curated
from telephone.safety.words import categories, mentions_minor

STOPPED = [
    ("a porn star on a sofa", "sexual"),
    ("P0RN in the park", "sexual"),
    ("p.o.r.n. magazine", "sexual"),
    ("p o r n", "sexual"),
    ("pooooorn", "sexual"),
    ("ｐｏｒｎ in full width", "sexual"),
    ("рorn with a Cyrillic letter", "sexual"),
    ("po\u200brn with a hidden space", "sexual"),
    ("pörn with dots", "sexual"),
    ("two people having sex", "sexual"),
    ("a naked woman on a bed", "sexual"),
    ("a woman who is naked", "sexual"),
    ("nude young man by a lake", "sexual"),
    ("his erect penis", "sexual"),
    ("b00bs", "sexual"),
    ("a man beheading a prisoner", "violence/graphic"),
    ("a severed head on a plate", "violence/graphic"),
    ("guts spilling onto the floor", "violence/graphic"),
    ("a rapist in an alley", "violence"),
    ("a girl cutting her wrists", "self-harm"),
    ("he killed himself", "self-harm"),
    ("go and kill yourself", "harassment/threatening"),
    ("KYS", "harassment/threatening"),
    ("a crowd shouting sieg heil", "hate"),
    ("gas the jews", "hate"),
    ("f4gg0t", "hate"),
    ("how to build a pipe bomb", "illicit"),
]
SEVERE = [
    "child porn",
    "loli hentai",
    "a naked child",
    "naked little girls",
    "a boy who is naked",
    "nude 12-year-old",
    "a sexy schoolgirl",
    "sexy 9yo",
    "a thirteen year old in lingerie",
    "teen porn",
    "t33n p0rn",
    "two kids having sex",
    "a porn film. Later, a toddler plays in the sand",
    "a pedophile",
    "seductive pose of an underage model",
    "a topless teenager",
    "babies and dildos",
    "s e x y  child",
]
PASSED = [
    "Scunthorpe",
    "Penistone and Middlesex and Essex",
    "a cocktail with an olive",
    "a cock crows on a dunghill",
    "a shuttlecock over the net",
    "a nude beige wall",
    "nude lipstick on a girl's lips",
    "a girl painted a nude beige wall",
    "a naked tree and a child beside it",
    "visible to the naked eye of a child",
    "a child looks at a naked mole-rat",
    "pussy willows in a vase",
    "great tits at the feeder",
    "Dick Tracy and Moby Dick",
    "a therapist in an armchair",
    "a field of rape in bloom",
    "rapeseed oil",
    "magna cum laude",
    "a chink in the armour",
    "Al Gore gives a speech",
    "a fire retardant coat",
    "analysis of an assassin's cassette",
    "a pedometer on a child's wrist",
    "a sextant and a compass",
    "the kid walks past a lingerie shop",
    "Bach's fugue in A minor key",
    "Asia Minor on an old map",
    "a 12-year-old whisky",
    "boys playing football, girls skipping rope",
    "a baby with a bottle",
    "a knight fights a dragon with a sword",
    "shooting stars and a bombing dive of a gull",
    "children at school shooting hoops",
    "the cat killed the mouse",
    "a chicken breast on a grill",
    "hot dogs and buns",
    "a wire stripper on a workbench",
    "grapes, drapes and scrapes",
    "a banana and two plums",
    "cucumber and accumulate",
    "1980 was 45 years ago",
    "niggling doubts of a niggardly man",
    "a spic and span kitchen",
    "snow in the Sussex downs",
    "the Sex Pistols on stage",
    "a mother breastfeeding her baby",
    "狐が時計を直す",
    "🦊🕰️🔧",
    "",
]


@pytest.mark.parametrize(("text", "category"), STOPPED)
def test_what_is_not_for_everybody_is_stopped_by_its_category(text, category):
    assert category in categories(text)


@pytest.mark.parametrize("text", SEVERE)
def test_sexual_content_with_minors_is_severe(text):
    assert "sexual/minors" in categories(text)


@pytest.mark.parametrize("text", PASSED)
def test_innocent_words_pass(text):
    assert categories(text) == frozenset()


@pytest.mark.parametrize(("text", "category"), STOPPED)
def test_what_is_about_grown_ups_is_not_called_severe(text, category):
    if "girl" not in text and "young" not in text:
        assert "sexual/minors" not in categories(text)


def test_the_curated_prompts_pass():
    assert {prompt.text: categories(prompt.text) for prompt in curated() if categories(prompt.text)} == {}


def test_whoever_may_be_a_child_is_noticed():
    assert mentions_minor("a G1RL with a kite")
    assert mentions_minor("a 9-year-old")
    assert not mentions_minor("an old man and the sea")
    assert not mentions_minor("a suite in A minor key")


def test_a_long_text_is_read_to_its_end():
    text = "a fox mends a clock " * 200
    assert categories(text) == frozenset()
    assert categories(text + "porn") == {"sexual"}


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text):
    assert isinstance(categories(text), frozenset)
