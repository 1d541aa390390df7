"""The house as tools/house.py prints it."""

import re

import pytest

from tools import house


def test_packages_and_features_are_listed(capsys):
    house.main([])
    printed = capsys.readouterr().out
    assert re.search(r"^telephone/parties: \d+ modules, \d+ lines, publisher service workflow$", printed, re.MULTILINE)
    for feature in house.FEATURES:
        files, packages = re.search(rf"^{feature}: (\d+) files in (\d+) packages, ", printed, re.MULTILINE).groups()
        assert int(files) > int(packages) > 1
    assert "imported by" in printed
    assert "A turn enters" not in printed


@pytest.mark.parametrize(
    ("module", "feature"),
    [
        ("telephone.battles.workflow", "battles"),
        ("telephone.store.tables.parties", "parties"),
        ("telephone.games.human_turns", "turns of members"),
        ("telephone.games.publisher", "games"),
        ("cogs.scoring", "leaderboards"),
        ("telephone.scoring.drift", None),
    ],
)
def test_a_module_belongs_to_the_feature_that_its_path_names_last(module, feature):
    assert house.feature_of(module) == feature


@pytest.mark.slow
def test_a_turn_enters_the_game_and_no_battle(capsys):
    house.main(["--turn"])
    _, _, turn = capsys.readouterr().out.partition("A turn enters")
    for name in ("telephone/games: ", "telephone/models/sketch: ", "telephone/store: "):
        assert f"\n{name}" in turn
    for name in ("telephone/battles", "telephone/parties", "telephone/cli", "bot", "cogs"):
        assert f"\n{name}" not in turn
