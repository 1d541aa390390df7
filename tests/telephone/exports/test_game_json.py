"""game.json, against the schema that others rely on."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from telephone.domain.calibration import Bearings, Calibration, Quartiles, Rest
from telephone.domain.games import Game
from telephone.exports.game_json import record
from telephone.scoring.drift import summarise

SCALE = Calibration(
    "minilm", Quartiles(0.8, 0.9, 1.0), Quartiles(0.05, 0.1, 0.2), 0.25, "redraws by the offline players", 10, 60
)
SCHEMA = json.loads((Path(__file__).parents[2] / "contracts" / "game.schema.json").read_text())
DRIFT = summarise((0.1, 0.2, 0.6, 0.5), (0.1, 0.15, 0.5, 0.2))
PATHS = {f"{n}p": f"turn-{n:02}.png" for n in range(1, 31)}


def faults(document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_played_game_is_written_as_promised(played: Callable[..., Game]) -> None:
    document = json.loads(json.dumps(record(played(), DRIFT, paths=PATHS, embeddings={"4c": [0.6, 0.8]})))
    assert faults(document) == []
    third = document["turns"][2]
    assert (third["n"], third["image"], third["distance"], third["step_distance"]) == (3, "turn-03.png", 0.6, 0.5)
    assert (third["t2i_ms"], third["i2t_ms"], third["cost_usd"]) == (180, 95, 0.0206)
    assert document["summary"] == {
        "turns": 4,
        "final_distance": 0.5,
        "mcd": pytest.approx(0.65),
        "biggest_jump": {"turn": 3, "increase": pytest.approx(0.4)},
        "unread_turns": [],
        "cost_usd": 0.0824,
        "cost_estimated": False,
        "scoring_usd": 0.0,
        "unused_usd": 0.0,
        "possibly_billed_twice_usd": 0.0,
        "reserved_usd": 0.0,
    }


@pytest.mark.parametrize("rest", [Rest(2, 4, cycle=True), Rest(None, 4, cycle=False)])
def test_what_distances_are_held_against_is_written_with_them(played: Callable[..., Game], rest: Rest) -> None:
    document = json.loads(json.dumps(record(played(), DRIFT, bearings=Bearings(SCALE, rest))))
    assert faults(document) == []
    assert document["scale"]["ceiling"] == {"low": 0.05, "median": 0.1, "high": 0.2}
    assert (document["scale"]["still"], document["scale"]["source"]) == (0.25, "redraws by the offline players")
    assert document["rest"] == {"turn": rest.turn, "turns": 4, "cycle": rest.cycle}
    unknown = record(played(), DRIFT)
    assert (unknown["scale"], unknown["rest"], faults(unknown)) == (None, None, [])


def test_a_game_that_was_not_measured_has_null_distances(played: Callable[..., Game]) -> None:
    document = record(played(), None)
    assert faults(document) == []
    assert {turn["distance"] for turn in document["turns"]} == {None}
    assert document["summary"]["final_distance"] is None
    assert document["turns"][0]["image"] is None


def test_a_turn_without_its_caption_is_left_out(played: Callable[..., Game]) -> None:
    document = record(played(halfway=True), None)
    assert faults(document) == []
    assert [turn["n"] for turn in document["turns"]] == [1, 2, 3]


def test_the_articles_fields_tell_the_same_story(played: Callable[..., Game]) -> None:
    document = record(played(), DRIFT, embeddings={"4c": [0.6, 0.8]})
    steps = document["steps"]
    assert [step["step_number"] for step in steps] == [1, 2, 3, 4]
    assert steps[0]["text_before"] == document["prompt"]
    assert [step["text_before"] for step in steps[1:]] == [turn["caption"] for turn in document["turns"][:-1]]
    assert [step["text_after_dist"] for step in steps] == list(DRIFT.distances)
    assert steps[3]["text_embedding"] == [0.6, 0.8]
    assert steps[0]["text_embedding"] is None
    # printf '%s' 'stickers_spotter-sharpA red apple …' | md5sum
    assert {step["conversation_name"] for step in steps} == {"294e17"}
    assert steps[0]["prompt_hash"] == "3a4c2b045da8ae4ca94233d16caba896"


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("turns", 0, "distance"), 2.1),
        (("turns", 0, "n"), 0),
        (("turns", 0, "caption"), ""),
        (("level",), "trivial"),
        (("summary", "mcd"), 1.5),
        (("scale",), {"floor": None}),
        (("rest",), {"turn": 0, "turns": 10, "cycle": False}),
        (("steps", 0, "conversation_name"), "abc"),
    ],
)
def test_the_schema_notices_what_is_wrong(played: Callable[..., Game], where: tuple[Any, ...], wrong: Any) -> None:
    document = copy.deepcopy(record(played(), DRIFT))
    inner = document
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = wrong
    assert faults(document) != []


def test_new_fields_are_allowed_and_old_ones_are_missed(played: Callable[..., Game]) -> None:
    document = record(played(), DRIFT)
    assert faults({**document, "later": 1}) == []
    for field in ("game", "turns", "summary", "steps"):
        assert faults({key: value for key, value in document.items() if key != field}) != []


def test_a_distance_that_is_not_known_is_null(played: Callable[..., Game]) -> None:
    document = json.loads(json.dumps(record(played(), summarise((0.1, None, 0.6, None), (0.1, None, None, None)))))
    assert faults(document) == []
    assert [turn["distance"] for turn in document["turns"]] == [0.1, None, 0.6, None]
    assert document["summary"]["unread_turns"] == [2, 4]
    assert [document["summary"][name] for name in ("final_distance", "mcd")] == [None, None]
