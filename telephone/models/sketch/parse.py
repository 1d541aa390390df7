"""Parses a text for an artist: which things, how many, in which colours, where, and in what setting."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from telephone.models.sketch import colours, lexicon
from telephone.models.sketch.settings import GROUNDS, PAPERS, SKIES, Backdrop
from telephone.models.sketch.vocabulary import NUMBERS, entries

MOST_KINDS: Final = 6
MOST_THINGS: Final = 9
MOST_LOOKUPS: Final = 12
"""The most phrases that are looked up by meaning for one text; each takes some 3 ms."""
READ: Final = 700
"""The most words of a text that are read; a longer text has named its things by then."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d{1,3}|[.,;:!?()]")
_LINKS: Final = _words(
    "can could may might must shall should will would seen shown found standing sitting lying "
    "a an the of in on at to with from and or is are was were be been being it its this that these those there "
    "here by as for into onto through over under near next up down out behind above below beside between within "
    "across along around against among toward towards upon off while where which who whose his her their your my "
    "our some any each every all both another other has have had having do does did not no but so if then than "
    "very more most just only also like inside outside beneath front he she they we you i what looks perhaps "
    "maybe probably possibly seems"
)
_STOPS: Final = frozenset(".,;:!?()")
_UNDRAWN: Final = _words(
    "view scene background foreground front middle center top side left right corner picture image photo drawing "
    "doodle sketch painting sticker stickers something kind sort pair group set bunch row line lot number "
    "variety couple part piece pieces paper sheet air distance horizon day time way light style illustration "
    "shot close life activity activities feature features back end adventure adventures pattern patterns data "
    "color colour"
)
_COUNTS: Final = {
    **{word: n for n, word in enumerate(NUMBERS) if n},
    "couple": 2,
    "pair": 2,
    "both": 2,
    "several": 3,
    "few": 3,
    "some": 2,
    "many": 4,
    "dozens": 5,
    "dozen": 5,
    "ten": 6,
    "hundreds": 6,
    "twin": 2,
    "crowd": 4,
    "herd": 4,
    "flock": 4,
    "various": 3,
}
_MAYBE_VERBS: Final = _words(
    "watch watches ring rings drum park fly flies duck saw bear light lights play plays set sets run runs rock "
    "rocks fire fires wave waves shoe ship ships kite coat coats cook cooks guard guards train trains book books "
    "map maps phone phones box boxes hammer hammers anchor anchors coin coins diamond gear gears orange face "
    "rose"
)
"""Nouns that are as often verbs: they count only after an article, a number or a describing word."""
_BEFORE_NOUNS: Final = _words("a an the of and with his her their my our its some any each every another")
_DESCRIBING: Final = re.compile(r".{2,}(?:ing|ed|ly|al|ous|ful|ive|ic|ish|less|able|ible|ern|ent|ant|est|ary)$")
_IN_THE_AIR: Final = re.compile(r"\b(?:in|across|through) (?:the |an? )?(?:[a-z]+ ){0,2}(?:sky|air)\b")
_ON: Final = frozenset(("on", "onto", "atop", "upon", "in", "inside", "into"))
_JOINING: Final = frozenset(("and", ",", "a", "an", "the", "some", *colours.PAINTS))
_BEHIND: Final = frozenset(("behind",))
_ABOVE: Final = frozenset(("above",))


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to draw. `relation` is to the thing after it: `on`, `behind`, `above`, or nothing."""

    entry: int
    count: int = 1
    paint: str | None = None
    relation: str = ""
    is_far: bool = False
    is_high: bool = False
    sure: float = 1.0
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """The content that an artist takes from a text."""

    things: tuple[Thing, ...]
    sky: Backdrop
    ground: Backdrop


def read(text: str) -> Scene:
    """The scene of a text. Any text gives one; a text without a known word gives the thing nearest to its meaning."""
    words = _WORD.findall(lexicon.normal(text))[:READ]
    taken = _setting_words(words)
    found = _best(list(_candidates(words, taken)))
    if not found:
        found = [_closest(text)]
    things = _limited(_shared(words, [_placed(words, found, i) for i in range(len(found))]))
    sky, ground = _setting(text, words)
    return Scene(tuple(things), sky, ground)


def _setting_words(words: Sequence[str]) -> set[int]:
    """The positions of words that name the setting and no thing."""
    taken: set[int] = set()
    places = [word.split() for place in (*SKIES, *GROUNDS) for word in place.words]
    told = [_WORD.findall(phrase) for place in (*SKIES, *GROUNDS, *PAPERS) for phrase in place.phrases]
    for phrase in places + told:
        for i in _find(words, phrase):
            means = lexicon.exact(phrase)
            if means is None or means.sure < 0.9 or len(phrase) > 1:
                taken.update(range(i, i + len(phrase)))
    return taken


def _find(words: Sequence[str], phrase: Sequence[str]) -> Iterator[int]:
    for i, word in enumerate(words):
        if word == phrase[0] and list(words[i : i + len(phrase)]) == list(phrase):
            yield i


def _candidates(words: Sequence[str], taken: set[int]) -> Iterator[Thing]:
    """All phrases that could be drawn, with their positions; spans may overlap."""
    lookups = 0
    for i, word in enumerate(words):
        if word in _LINKS or word in _STOPS:
            continue
        exact = _longest(words, i)
        if exact is not None and not taken.issuperset(range(*exact.span)):
            yield exact
        if exact is not None or i in taken:
            continue
        if not _is_head(words, i) or word in _UNDRAWN or word.isdigit() or word in _COUNTS or _DESCRIBING.match(word):
            continue
        if colours.paint_named(word) or _follows_a_noun(words, i):
            continue
        means = lexicon.common(word)
        if means is None and lookups < MOST_LOOKUPS and len(word) > 2:
            lookups += 1
            means = lexicon.THESAURUS.nearest(word)
        if means is not None:
            yield _described(words, i, i + 1, means)


def _longest(words: Sequence[str], i: int) -> Thing | None:
    """The longest name that begins here."""
    for n in (4, 3, 2, 1):
        part = words[i : i + n]
        if len(part) < n or any(word in _STOPS for word in part):
            continue
        means = lexicon.exact(part)
        if means is None or (n == 1 and not _stands_as_noun(words, i, means)):
            continue
        return _described(words, i, i + n, means)
    return None


def _stands_as_noun(words: Sequence[str], i: int, means: lexicon.Meaning) -> bool:
    word = words[i]
    if word in _UNDRAWN and means.sure < 1:
        return False
    if means.sure < 0.9 and (not _is_head(words, i) or _DESCRIBING.match(word) or _follows_a_noun(words, i)):
        return False
    if colours.paint_named(word) and not _is_head(words, i):
        return False
    if word not in _MAYBE_VERBS or i == 0:
        return True
    before = words[i - 1]
    if before in _LINKS or before in _STOPS:
        return before in _BEFORE_NOUNS
    return before in _COUNTS or lexicon.exact([before]) is None


def _follows_a_noun(words: Sequence[str], i: int) -> bool:
    """Whether a thing is named just before: then the word is more likely its verb, as in `a child builds`."""
    return i > 0 and lexicon.exact(words[i - 1 : i]) is not None


def _is_head(words: Sequence[str], i: int) -> bool:
    """Whether the word ends its phrase: `bus` in `red bus passing`, not `apple` in `apple pie`."""
    after = words[i + 1] if i + 1 < len(words) else "."
    return after in _LINKS or after in _STOPS or bool(re.match(r".{3,}(?:ing|ed)$", after))


def _described(words: Sequence[str], first: int, last: int, means: lexicon.Meaning) -> Thing:
    """A thing with the number and the colour that the words before it give."""
    count, paint = 2 if means.is_plural else 1, None
    for word in reversed(words[max(0, first - 4) : first]):
        if word in _STOPS or (word in _LINKS and word not in ("of", "some", "both")):
            break
        paint = paint or colours.paint_named(word)
        if word in _COUNTS:
            count = _COUNTS[word]
        elif word.isdigit():
            count = max(1, int(word))
    own = entries()[means.entry]
    if paint in (own.colour, None) or (paint and paint in own.name):
        paint = None
    return Thing(means.entry, count, paint, sure=means.sure + 0.02 * (last - first - 1), span=(first, last))


def _best(candidates: list[Thing]) -> list[Thing]:
    """The surest things that do not overlap, in the order of the text, each entry once."""
    kept: list[Thing] = []
    for thing in sorted(candidates, key=lambda t: (t.span[0] - t.span[1], -t.sure)):
        if all(thing.span[1] <= k.span[0] or thing.span[0] >= k.span[1] for k in kept):
            kept.append(thing)
    kept.sort(key=lambda t: (-round(t.sure, 1), t.span))
    seen: set[int] = set()
    chosen = [t for t in kept if not (t.entry in seen or seen.add(t.entry))][:MOST_KINDS]  # type: ignore[func-returns-value]
    return sorted(chosen, key=lambda t: t.span)


def _closest(text: str) -> Thing:
    """The one thing nearest to a text that names nothing."""
    like = lexicon.meanings() @ lexicon.THESAURUS.vector(text)
    return Thing(int(like.argmax()), sure=0.3)


def _placed(words: Sequence[str], found: Sequence[Thing], i: int) -> Thing:
    """A thing with its relation to the next, and whether it is far away or up in the air."""
    thing = found[i]
    end = found[i + 1].span[0] if i + 1 < len(found) else len(words)
    between = list(words[thing.span[1] : end])
    tail = between[:5]
    is_far = "background" in tail or "distance" in tail or "horizon" in tail
    is_high = bool(_IN_THE_AIR.search(" ".join(between[:7])))
    relation = ""
    if i + 1 < len(found) and not any(word in _STOPS for word in between):
        for name, cues in (("behind", _BEHIND), ("above", _ABOVE), ("on", _ON)):
            if cues & set(between) and not is_far and not is_high:
                relation = name
                break
    return replace(thing, relation=relation, is_far=is_far, is_high=is_high)


def _shared(words: Sequence[str], things: list[Thing]) -> list[Thing]:
    """In `an egg and a cup on a table`, a thing joined to one that is on another is on it too."""
    for i in range(len(things) - 2, -1, -1):
        between = words[things[i].span[1] : things[i + 1].span[0]]
        joined = bool(between) and between[0] in ("and", ",") and all(w in _JOINING or w in _COUNTS for w in between)
        if joined and things[i + 1].relation == "on" and not things[i].relation:
            things[i] = replace(things[i], relation="on")
    return things


def _limited(things: list[Thing]) -> list[Thing]:
    """The things, no more than fit: the largest counts shrink first."""
    while sum(t.count for t in things) > MOST_THINGS:
        most = max(range(len(things)), key=lambda i: things[i].count)
        things[most] = replace(things[most], count=min(things[most].count - 1, MOST_THINGS))
    return things


def _setting(text: str, words: Sequence[str]) -> tuple[Backdrop, Backdrop]:
    """Sky and ground: those that the words name, else those that suit the meaning, both indoors or both outdoors."""
    vector = lexicon.THESAURUS.vector(text)
    skies = [_call(words, place) + float(vector @ lexicon.THESAURUS.vector(place.like)) for place in SKIES]
    grounds = [_call(words, place) + float(vector @ lexicon.THESAURUS.vector(place.like)) for place in GROUNDS]
    pairs = [
        (skies[i] + grounds[j] + _suits(sky, ground), -i, -j)
        for i, sky in enumerate(SKIES)
        for j, ground in enumerate(GROUNDS)
    ]
    _, i, j = max(pairs)
    return SKIES[-i], GROUNDS[-j]


def _call(words: Sequence[str], place: Backdrop) -> float:
    """How strongly the words name a place: more words and longer phrases count more; 0 for none."""
    lengths = [len(phrase.split()) for phrase in place.words if any(_find(words, phrase.split()))]
    return 0.45 + 0.25 * max(lengths) + 0.05 * len(lengths) if lengths else 0.0


def _suits(sky: Backdrop, ground: Backdrop) -> float:
    """How well the two go together where a text leaves it open."""
    if sky.name in ("space", "indigo"):
        return 0.45 if ground.name == "rock" else 0.1 if ground.name in ("sand", "tiles") else 0.0
    usual = 0.1 if ground.name in ("grass", "wood") else 0.0
    return usual + (0.35 if sky.indoors == ground.indoors else 0.0)
