"""Writes an English sentence about the recognised things, in one of several forms."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from telephone.models.sketch.sight import SeenThing, Surroundings
from telephone.models.sketch.vocabulary import counted, entries

Group = tuple[int, str | None, str, str, int | None, bool]

_NEAR_FORMS: Final = (
    "{things} {ground} {sky}{rest}.",
    "{things} {ground} {sky}{rest}.",
    "{Sky}, {things} {ground}{rest}.",
    "A picture of {things} {ground} {sky}{rest}.",
    "There {are} {things} {ground} {sky}{rest}.",
    "{things} can be seen {ground} {sky}{rest}.",
)
_EMPTY_FORMS: Final = ("An empty view {ground} {sky}{rest}.", "{Sky}, nobody {ground}{rest}.")
_PAPER_FORMS: Final = ("{things} {paper}.", "A drawing of {things} {paper}.", "A doodle of {things} {paper}.")
_DOUBTS: Final = ("perhaps {}", "what looks like {}", "something like {}")


def told(things: Sequence[SeenThing], around: Surroundings, unsure: bool, rng: np.random.Generator) -> str:
    """One sentence about all recognised things and the setting. With `unsure`, it expresses doubt."""
    groups = _grouped(things)
    near = _listed(_phrases(groups, "near", things, unsure, rng))
    if around.sky is None or around.ground is None:
        everything = _listed([p for w in ("near", "far", "high") for p in _phrases(groups, w, things, unsure, rng)])
        return _on_paper(everything, around, rng)
    far, high = (_listed(_phrases(groups, where, things, unsure, rng)) for where in ("far", "high"))
    rest = _rest(far, high, rng, indoors=around.sky.indoors)
    sky, ground = _one(around.sky.phrases, rng), _one(around.ground.phrases, rng)
    form = _one(_NEAR_FORMS if near else _EMPTY_FORMS, rng)
    first_many = near.split(" ")[0] not in ("a", "an", "the", "perhaps", "what", "something")
    return _sentence(
        form.format(
            things=near,
            ground=ground,
            sky=sky,
            Sky=sky,
            rest=rest,
            are="are" if first_many else "is",
        )
    )


def _on_paper(everything: str, around: Surroundings, rng: np.random.Generator) -> str:
    if around.paper is not None:
        paper = _one(around.paper.phrases, rng)
    else:
        paper = f"on a {around.colour} background".replace("a orange", "an orange")
    if not everything:
        return _sentence(f"Nothing but empty space {paper}.")
    return _sentence(_one(_PAPER_FORMS, rng).format(things=everything, paper=paper))


def _rest(far: str, high: str, rng: np.random.Generator, *, indoors: bool) -> str:
    parts = []
    if high:
        up = ("in the air", "up in the air") if indoors else ("in the sky", "up in the sky", "high in the air")
        parts.append(f"{high} {_one(up, rng)}")
    if far:
        parts.append(f"{far} {_one(('in the background', 'in the distance'), rng)}")
    return f", with {' and '.join(parts)}" if parts else ""


def _grouped(things: Sequence[SeenThing]) -> dict[Group, list[int]]:
    """Groups things that are named together: the same entry and colour, in the same place, with the same relation."""
    groups: dict[Group, list[int]] = {}
    held = {t.to for t in things if t.to is not None}
    for i, t in enumerate(things):
        alone = i in held
        key = (t.entry, t.paint, t.where, t.relation, t.to if t.relation else (-1 - i if alone else None), alone)
        groups.setdefault(key, []).append(i)
    return groups


def _phrases(
    groups: dict[Group, list[int]], where: str, things: Sequence[SeenThing], unsure: bool, rng: np.random.Generator
) -> list[str]:
    """The phrases for the things in one place; a thing that carries others is named with them."""
    phrases = []
    for key, members in groups.items():
        entry, paint, place, relation, _, bears = key
        if place != where or relation:
            continue
        words = _doubtful(_noun(entry, len(members), paint), [things[i] for i in members], unsure, rng)
        if bears:
            words = f"{_borne(groups, members[0], things)}{words}"
        phrases.append(words)
    return phrases


def _borne(groups: dict[Group, list[int]], base: int, things: Sequence[SeenThing]) -> str:
    """`two apples and a cup on `, for the things that are on `base` or behind it."""
    told = []
    for relation in ("on", "behind"):
        nouns = [_noun(k[0], len(m), k[1]) for k, m in groups.items() if k[3] == relation and k[4] == base]
        if nouns:
            told.append(f"{_listed(nouns)} {relation} ")
    if len(told) == 2:
        return f"{told[0]}and {told[1]}"
    return "".join(told)


def _noun(entry: int, count: int, paint: str | None) -> str:
    return counted(entries()[entry].name, count, paint or "")


def _doubtful(words: str, members: Sequence[SeenThing], unsure: bool, rng: np.random.Generator) -> str:
    if unsure and len(members) == 1 and members[0].doubt > 0.8 and rng.uniform() < 0.3:
        return _one(_DOUBTS, rng).format(words)
    return words


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _one(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[0].upper() + text[1:]
