"""A frozen design: its hash, its file, and whether what was played is what was designed."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from telephone.domain.designs import DesignPrompt, FrozenDesign, Stopping
from telephone.domain.games import Level, Pair, Prompt
from telephone.errors import BadInput
from telephone.leaderboards.score_file import FileGame, ScoreFile, Turned
from telephone.tournaments.design_file import GAMES_MAX, checked, frozen, read_design, write_design
from telephone.tournaments.report import report
from telephone.tournaments.wording import heading, stopping, told

CONTRACT = Path(__file__).parent.parent.parent / "contracts" / "design.schema.json"
PAIRS = tuple(Pair(t2i, i2t) for t2i in ("doodles", "stickers") for i2t in ("hazy", "sharp"))
PROMPTS = tuple(DesignPrompt.of(Prompt(f"scene {n}", Level.EASY, f"#easy-{n:03}")) for n in range(1, 7))
MINILM = ("minilm", "1")
DESIGN = FrozenDesign(PAIRS, PROMPTS, (3, 4), 2, (MINILM,))
NARROW = replace(DESIGN, stopping=Stopping("narrow", 0.5, 3))


def played(design: FrozenDesign = DESIGN, blocks: int | None = None) -> list[FileGame]:
    """Every game of a design as it should be, or those of its first prompts."""
    rng = np.random.default_rng(2)
    return [
        FileGame(
            one.pair,
            one.prompt.slug,
            one.prompt.level,
            one.seed,
            design.turns,
            "finished",
            frozenset({"designed"}),
            {MINILM: tuple(Turned(turn, far, far) for turn in range(1, design.turns + 1))},
            frozenset(),
        )
        for one in design.games
        if blocks is None or one.block < blocks
        for far in [float(0.4 + rng.normal(0, 0.02))]
    ]


def file(games: Iterable[FileGame]) -> ScoreFile:
    return ScoreFile(tuple(games), (MINILM,), "0", "0")


def test_the_hash_is_that_of_what_the_design_says_and_of_nothing_else(tmp_path: Path) -> None:
    write_design(tmp_path / "d.json", DESIGN)
    document = json.loads((tmp_path / "d.json").read_text())
    jsonschema.validate(document, json.loads(CONTRACT.read_text()))
    assert read_design(tmp_path / "d.json").design == DESIGN
    assert frozen(tmp_path / "d.json") == DESIGN
    (tmp_path / "flat.json").write_text(json.dumps(dict(reversed(document.items()))))
    assert frozen(tmp_path / "flat.json").hash == DESIGN.hash
    others = [
        replace(DESIGN, pairs=PAIRS[::-1]),
        replace(DESIGN, prompts=PROMPTS[::-1]),
        replace(DESIGN, seeds=(4, 3)),
        replace(DESIGN, turns=3),
        replace(DESIGN, embedders=(("minilm", "2"),)),
        NARROW,
    ]
    assert len({DESIGN.hash, *(other.hash for other in others)}) == 7


def test_the_hash_is_pinned_so_that_a_design_frozen_today_is_known_for_ever() -> None:
    assert DESIGN.hash == "5c7c4a3a2af69ea2953596474791690fb0d13661a8a713d4369161d506726619"
    assert DESIGN.key(0, 0) == "cc9b6c0025ddefe6"
    assert len({DESIGN.key(n, guild) for n, guild in product(range(len(DESIGN)), (0, 7))}) == 2 * len(DESIGN) == 96


def test_games_go_prompt_by_prompt_and_every_pair_plays_each() -> None:
    games = list(DESIGN.games)
    assert len(games) == len(DESIGN) == 48
    assert [game.block for game in games] == sorted(game.block for game in games)
    assert {(game.pair, game.seed) for game in games[:8]} == set(product(PAIRS, (3, 4)))


def test_a_file_that_was_changed_is_not_played(tmp_path: Path) -> None:
    write_design(tmp_path / "d.json", DESIGN)
    document = json.loads((tmp_path / "d.json").read_text())
    (tmp_path / "d.json").write_text(json.dumps(document | {"seeds": [3, 5]}))
    assert not read_design(tmp_path / "d.json").is_frozen
    with pytest.raises(BadInput, match="was changed after it was frozen"):
        frozen(tmp_path / "d.json")


def test_a_frozen_design_is_never_written_over(tmp_path: Path) -> None:
    write_design(tmp_path / "d.json", DESIGN)
    with pytest.raises(BadInput, match="is there already"):
        write_design(tmp_path / "d.json", NARROW)
    assert frozen(tmp_path / "d.json") == DESIGN
    with pytest.raises(BadInput, match="cannot be written"):
        write_design(tmp_path / "no" / "d.json", DESIGN)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seeds": []}, "seeds: "),
        ({"seeds": [3, 3]}, "one of its seeds stands there twice"),
        ({"pairs": [{"t2i": "a", "i2t": "b"}] * 2}, "one of its pairs stands there twice"),
        ({"turns": 31}, "turns: "),
        ({"more": 1}, "more: "),
        ({"design": 2}, "design: "),
        ({"stopping": {"rule": "narrow", "width": None, "least": None}}, "the rule narrow has a width"),
        ({"hash": "x"}, "hash: "),
        ({"seeds": list(range(GAMES_MAX // 20))}, "it has more than 100,000 games"),
    ],
)
def test_what_is_no_design_is_refused_in_a_sentence(tmp_path: Path, change: dict, says: str) -> None:
    write_design(tmp_path / "d.json", DESIGN)
    document = json.loads((tmp_path / "d.json").read_text())
    (tmp_path / "d.json").write_text(json.dumps(document | change))
    with pytest.raises(BadInput, match="is no design") as refused:
        read_design(tmp_path / "d.json")
    assert says in refused.value.sentence


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"7"])
def test_what_is_no_json_object_is_refused_too(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "d.json").write_bytes(data)
    with pytest.raises(BadInput, match="is no design"):
        read_design(tmp_path / "d.json")
    with pytest.raises(BadInput, match="cannot be read"):
        read_design(tmp_path / "absent.json")


def test_a_design_that_names_a_prompt_twice_cannot_be() -> None:
    with pytest.raises(BadInput, match="one of its prompts stands there twice"):
        checked(replace(DESIGN, prompts=(*PROMPTS, PROMPTS[0])))


def test_what_was_played_as_designed_is_said() -> None:
    found = report(DESIGN, file(played()))
    assert (found.as_designed, found.designed, found.played, found.others) == (True, 48, 48, 0)
    assert told(found) == ["48 of 48 designed games are played as designed.", "What was played is what was designed."]
    assert heading(DESIGN) == "48 games: 4 pairs × 6 prompts × 2 seeds, 2 turns each"
    assert stopping(DESIGN.stopping) == "It ends when all of them are played."


def test_before_the_first_game_all_are_missing() -> None:
    found = report(DESIGN, None)
    assert (found.as_designed, found.played, len(found.missing)) == (False, 0, 48)
    assert told(found)[-1] == "- and 38 more"


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({"state": "failed"}, "failed"),
        ({"state": "stopped"}, "was stopped"),
        ({"state": "playing"}, "is still under way"),
        ({"state": "voided"}, "was voided by a moderator"),
        ({"turns": 3}, "has 3 turns and not 2"),
        ({"flags": frozenset()}, "was started by somebody, and not from a design"),
        ({"measured": {}}, "is not measured by minilm in the version of the design"),
        (
            {"measured": {("minilm", "2"): (Turned(1, 0.1, 0.1),)}},
            "is not measured by minilm in the version of the design",
        ),
        ({"measured": {}, "unread": frozenset({MINILM})}, "has words that minilm cannot read"),
    ],
)
def test_every_way_to_depart_from_a_design_is_named(change: dict, how: str) -> None:
    games = played()
    games[5] = replace(games[5], **change)
    found = report(DESIGN, file(games))
    assert (found.as_designed, found.played) == (False, 47)
    assert [(one.pair, one.prompt, one.seed, one.how) for one in found.departures] == [
        (games[5].pair, games[5].prompt, games[5].seed, how)
    ]


def test_playing_until_it_looks_well_is_a_departure_and_other_games_are_not() -> None:
    games = played()
    again, elsewhere = replace(games[0], seed=9), replace(games[0], prompt="#hard-001")
    by_hand = replace(games[0], seed=10, flags=frozenset())
    found = report(DESIGN, file([*games, elsewhere, by_hand]))
    assert (found.as_designed, found.others) == (True, 2)
    assert told(found)[-1].startswith("2 other games stand beside it")
    found = report(DESIGN, file([*games, again]))
    assert [one.how for one in found.departures] == ["was played beyond the design"]
    twice = report(DESIGN, file([*games, games[0]]))
    assert [one.how for one in twice.departures] == ["was played 2 times"]


def test_a_rule_that_says_stop_ends_the_design_and_what_is_played_after_departs_from_it() -> None:
    found = report(NARROW, file(played(NARROW, 3)))
    assert (found.stopped_after, found.designed, found.as_designed) == (3, 24, True)
    assert "The stopping rule ended it after 3 prompts." in told(found)
    more = report(NARROW, file(played(NARROW, 4)))
    assert (more.stopped_after, more.as_designed) == (3, False)
    assert {one.how for one in more.departures} == {"was played beyond the design"}
    early = report(NARROW, file(played(NARROW, 2)))
    assert (early.stopped_after, len(early.missing)) == (None, 32)
    wide = replace(NARROW, stopping=Stopping("narrow", 0.001, 3))
    assert report(wide, file(played(wide))).stopped_after is None
    assert "from 3 prompts on, at which every interval is narrower than 0.5" in stopping(NARROW.stopping)
