"""Words go in and out as a reader of English expects."""

import numpy as np
import pytest

from telephone.models.sketch import parse, tell
from telephone.models.sketch.settings import GROUNDS, PAPERS, SKIES
from telephone.models.sketch.sight import SeenThing, Surroundings
from telephone.models.sketch.vocabulary import article, counted, entries, plural, singulars
from telephone.prompts.catalog import sets

NAMES = {entry.name: i for i, entry in enumerate(entries())}


def things(text: str) -> list[tuple[str, int, str]]:
    return [(entries()[t.entry].name, t.count, t.relation) for t in parse.read(text).things]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("wolf", "wolves"),
        ("person", "people"),
        ("cherry", "cherries"),
        ("piece of butter", "pieces of butter"),
        ("loaf of bread", "loaves of bread"),
        ("box of popcorn", "boxes of popcorn"),
        ("cup with a straw", "cups with a straw"),
        ("tropical fish", "tropical fish"),
        ("sheep", "sheep"),
        ("computer mouse", "computer mice"),
        ("strawberry", "strawberries"),
        ("bus", "buses"),
        ("pair of scissors", "pairs of scissors"),
        ("yo-yo", "yo-yos"),
        ("monkey", "monkeys"),
    ],
)
def test_plurals_are_english(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize("word", ["wolves", "people", "cherries", "boxes", "knives", "buses"])
def test_plurals_are_understood(word: str) -> None:
    assert word in {plural(one) for one in singulars(word)}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an"),
        ("unicorn", "a"),
        ("hourglass", "an"),
        ("owl", "an"),
        ("egg", "an"),
        ("unidentified thing", "an"),
        ("taxi", "a"),
    ],
)
def test_articles_follow_the_sound(phrase: str, expected: str) -> None:
    assert article(phrase) == expected


def test_things_are_counted_in_words() -> None:
    assert counted("cherry", 3) == "three cherries"
    assert counted("piece of butter", 1) == "a piece of butter"
    assert counted("planet Earth", 1) == "the planet Earth"
    assert counted("wolf", 2, "orange") == "two orange wolves"
    assert counted("wolf", 1, "orange") == "an orange wolf"


def test_every_entry_is_read_back_by_its_name_in_both_numbers() -> None:
    for i, entry in enumerate(entries()):
        assert [t.entry for t in parse.read(f"Look: {counted(entry.name, 1)}.").things] == [i], entry.name
        read = parse.read(f"Look: {counted(entry.name, 3)}.").things
        assert [(t.entry, t.count) for t in read] == [(i, 3)], entry.name


def test_a_sentence_is_read_with_numbers_and_relations() -> None:
    assert things("Three cherries and a piece of butter on a wooden table under a bright blue sky.") == [
        ("cherry", 3, "on"),
        ("piece of butter", 1, "on"),
        ("wooden table", 1, ""),
    ]
    assert things("A bear watches from behind a tree.") == [("bear", 1, "behind"), ("tree", 1, "")]


def test_places_are_no_things() -> None:
    scene = parse.read("A dog on green grass under a bright blue sky.")
    assert [entries()[t.entry].name for t in scene.things] == ["dog"]
    assert (scene.sky.name, scene.ground.name) == ("blue", "grass")


def test_verbs_are_no_things() -> None:
    assert [name for name, _, _ in things("A child builds a snowman while a bear watches.")] == [
        "person",
        "snowman",
        "bear",
    ]


@pytest.mark.parametrize(("place", "kind"), [*((p, "sky") for p in SKIES), *((p, "ground") for p in GROUNDS)])
def test_what_is_told_of_a_place_leads_back_to_it(place: object, kind: str) -> None:
    for phrase in place.phrases:  # type: ignore[attr-defined]
        scene = parse.read(f"A dog and a cat {phrase}.")
        assert getattr(scene, kind) == place, phrase
        assert {entries()[t.entry].name for t in scene.things} == {"dog", "cat"}, phrase


def test_papers_are_no_things() -> None:
    for paper in PAPERS:
        assert things(f"A drawing of a dog {paper.phrases[0]}.") == [("dog", 1, "")]


def test_the_prompts_of_the_article_are_read_sensibly() -> None:
    prompts = sets()["article"]
    assert len(prompts) == 10
    assert things(prompts[0].text)[0] == ("red apple", 1, "on")
    for prompt in prompts:
        scene = parse.read(prompt.text)
        assert 2 <= len(scene.things) <= parse.MOST_KINDS
        assert sum(t.count for t in scene.things) <= parse.MOST_THINGS


def told(seen: list[SeenThing], around: Surroundings) -> set[str]:
    return {tell.told(seen, around, False, np.random.default_rng(n)) for n in range(40)}


def test_captions_vary_in_form_and_say_the_same() -> None:
    box = (0, 10, 0, 10)
    seen = [SeenThing(NAMES["cherry"], None, "near", box)] * 3 + [SeenThing(NAMES["full moon"], None, "high", box)]
    captions = told(seen, Surroundings(SKIES[0], GROUNDS[0]))
    assert len(captions) > 8
    for caption in captions:
        assert "three cherries" in caption.lower()
        assert "a full moon" in caption
        assert parse.read(caption).things[0].count == 3


def test_relations_are_told() -> None:
    box = (0, 10, 0, 10)
    seen = [
        SeenThing(NAMES["duck"], None, "near", box, relation="on", to=1),
        SeenThing(NAMES["sofa"], None, "near", box),
        SeenThing(NAMES["duck"], None, "near", box, relation="on", to=1),
    ]
    assert all("two ducks on a sofa" in caption.lower() for caption in told(seen, Surroundings(SKIES[8], GROUNDS[7])))


def test_nothing_is_told_too() -> None:
    assert all(len(caption) > 10 for caption in told([], Surroundings(SKIES[0], GROUNDS[0])))
    assert told([], Surroundings(colour="black")) == {"Nothing but empty space on a black background."}


def test_people_and_names_are_kind() -> None:
    """Nobody is named by looks, faith or sex, and nothing in the vocabulary is an insult when misread."""
    words = {word for entry in entries() for word in entry.name.lower().replace("-", " ").split()}
    risky = "monkey gorilla ape pig rat cockroach toilet coffin turban headscarf mosque church temple synagogue "
    risky += "kaaba woman man old fat zombie skull clown gun bomb dagger cigarette bikini syringe"
    assert not words & set(risky.split())
