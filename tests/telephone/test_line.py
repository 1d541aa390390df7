"""The article's three classes in a notebook."""

import pytest

from telephone.bootstrap import offline_players
from telephone.errors import BadInput
from telephone.line import TelephoneLine


class Parrot:
    """Draws by writing the words down, describes by reading them out."""

    def generate_image(self, text):
        return f"picture of {text}"

    async def generate_text(self, image):
        return image.removeprefix("picture of ") + "!"


class Listener:
    """Remembers the seeds it is given."""

    def __init__(self):
        self.seeds = []

    async def generate_image(self, text, *, seed=None):
        self.seeds.append(seed)
        return text

    async def generate_text(self, image, *, seed=None):
        self.seeds.append(seed)
        return image


async def test_anything_with_the_two_methods_plays_sync_or_async():
    played = await TelephoneLine(Parrot(), Parrot()).play("a fox", nturns=3)
    assert played.captions == ("a fox!", "a fox!!", "a fox!!!")
    assert [turn.text for turn in played.turns] == ["a fox", "a fox!", "a fox!!"]
    assert played.turns[0].image == "picture of a fox"


async def test_each_step_gets_a_seed_of_its_own_only_when_the_game_has_one():
    listener = Listener()
    await TelephoneLine(listener, listener).play("a fox", nturns=2, seed=7)
    assert len(set(listener.seeds)) == 4
    listener.seeds.clear()
    await TelephoneLine(listener, listener).play("a fox", nturns=2)
    assert listener.seeds == [None] * 4


async def test_the_offline_players_play_ten_turns_by_default_and_the_same_with_a_seed():
    players = offline_players()
    line = TelephoneLine(players.artist("stickers"), players.teller("spotter-sharp"))
    one, two = [await line.play("two red apples on a table", nturns=2, seed=3) for _ in range(2)]
    assert one.captions == two.captions
    assert one.turns[0].image.sha256 == two.turns[0].image.sha256
    assert one.turns[0].image.width == 512


async def test_what_cannot_be_played_is_refused():
    with pytest.raises(BadInput):
        await TelephoneLine(Parrot(), Parrot()).play(" ")
    with pytest.raises(ValueError, match="at least one turn"):
        await TelephoneLine(Parrot(), Parrot()).play("a fox", nturns=0)
