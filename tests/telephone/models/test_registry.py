"""Models are tables: the shipped ones, an operator's own, and those that are wrong."""

import pytest

from telephone.bootstrap import offline_players
from telephone.errors import Misconfigured, NotAllowed, NotFound, Retired
from telephone.models.configured import providers
from telephone.models.registry import Registry
from telephone.settings import Settings

OWN = '[crayon]\nkind = "t2i"\nprovider = "offline"\nref = "doodles"\nlicence = "mine"\n'


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return path

    return write


def load(path=None):
    return Registry.load(providers(Settings(_env_file=None)), path)


def test_the_shipped_tables_are_right_and_every_replacement_exists():
    registry = load()
    assert {"stickers", "doodles", "spotter-sharp", "spotter-hazy", "minilm"} <= set(registry.tables)


def test_an_operator_adds_and_overrides_models_without_python(own):
    registry = load(own(OWN + '\n[stickers]\nkind = "t2i"\nprovider = "offline"\nref = "doodles"\nlicence = "mine"\n'))
    assert registry.table("crayon", "t2i").licence == "mine"
    assert registry.table("stickers", "t2i").ref == "doodles"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[crayon\n", "not valid TOML"),
        (OWN.replace("t2i", "t3i"), "crayon"),
        (OWN.replace('ref = "doodles"\n', ""), "ref"),
        (OWN + "colour = 3\n", "colour"),
        (OWN.replace('"offline"', '"nowhere"'), "nowhere"),
        (OWN + 'replacement = "nobody"\n', "nobody"),
        (OWN + "price_usd = -1\n", "price_usd"),
        ("crayon = 3\n", "must be a table"),
    ],
)
def test_a_wrong_table_is_refused_with_what_is_wrong_in_it(own, text, words):
    with pytest.raises(Misconfigured, match=words):
        load(own(text))


def test_the_place_of_a_mistake_is_named(own):
    path = own("\n\n" + OWN.replace("t2i", "t3i"))
    with pytest.raises(Misconfigured, match=rf"{path.name}, line \d"):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"missing\.toml"):
        load(tmp_path / "missing.toml")


def test_who_is_not_known_is_told_who_is():
    players = offline_players()
    with pytest.raises(NotFound, match="stickers"):
        players.playable("rembrandt", "t2i")
    with pytest.raises(NotFound, match="spotter-sharp"):
        players.playable("stickers", "i2t")
    assert players.playable("  Stickers ", "t2i").name == "stickers"


def test_a_model_that_cannot_play_says_why_and_a_retired_one_names_its_replacement(own):
    broken = OWN.replace('"doodles"', '"nothing"')
    retired = broken.replace("crayon", "chalk") + 'retired_on = 2026-05-12\nreplacement = "stickers"\n'
    from telephone.models.offline import Offline
    from telephone.models.players import Players

    players = Players(
        Registry.load(["offline", *providers(Settings(_env_file=None))], own(broken + retired)), {"offline": Offline()}
    )
    with pytest.raises(NotAllowed, match="nothing"):
        players.playable("crayon", "t2i")
    with pytest.raises(Retired, match="2026-05-12") as caught:
        players.playable("chalk", "t2i")
    assert caught.value.replacement == "stickers"
