"""How a party reads: its card in every state, what members are called to do, and the awards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest
from discord import ui

from bot.parties import messages as party_messages
from bot.ui.posts import Post
from telephone.domain.games import GameState, Kind, Pair, Prompt, StepKey
from telephone.domain.human_turns import Seat, SeatState
from telephone.domain.messages import PartyMessage, PartyMessageKind
from telephone.domain.parties import Album, Guest, Party, PartyRequest, PartyState, awards
from tests.bot.samples import game

PROMPTS = PartyMessage(PartyMessageKind.PROMPTS)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
REQUEST = PartyRequest(4, "stickers", "spotter-sharp", rounds=4, guild_id=7, channel_id=8, starter_id=1)
GUESTS = tuple(Guest(n, n - 1) for n in range(1, 5))
FIRST = StepKey(1, Kind.PICTURE)


def album(chair: int, seat: SeatState = SeatState.OPEN, state: GameState = GameState.WAITING, **changes) -> Album:
    shown = game(state, steps=4 if state.is_final else 0)
    prompt = Prompt(f"prompt *{chair}*")
    request = replace(shown.request, prompt=prompt, pair=Pair("human", "human"), turns=2, sealed=True, design="party")
    known = Seat("g", FIRST, seat, NOW, NOW, NOW + timedelta(minutes=10), 600.0, "stickers", member_id=1)
    return Album(chair, replace(shown, number=chair + 1, request=request, **changes), known)


def party(state: PartyState, **changes) -> Party:
    posted = {"card": 5} if state is PartyState.JOINING else {"card": 5, "thread": 6}
    known = Party("abc", 3, REQUEST, state, NOW, NOW, guests=GUESTS, messages=posted, chairs=4, rounds=4)
    return replace(known, **changes)


def read(post: Post) -> str:
    return post.words


def labels(post: Post) -> list[str]:
    return [item.label for item in post.view.walk_children() if isinstance(item, ui.Button)]


@pytest.mark.parametrize(
    ("state", "title", "buttons"),
    [
        (PartyState.JOINING, "### Party 3: who joins in?", ["Join", "Leave", "Begin now", "Stop"]),
        (PartyState.PROMPTS, "### Party 3: prompts are collected", ["Open thread", "Stop"]),
        (PartyState.PLAYING, "### Party 3: round 2 of 4", ["Open thread", "Stop"]),
        (PartyState.REVEALING, "### Party 3: the reveal", ["Open thread", "Stop"]),
        (PartyState.FINISHED, "### Party 3 is over", ["Open thread"]),
        (PartyState.STOPPED, "### Party 3 ended early", ["Open thread"]),
    ],
)
def test_the_card_says_where_a_party_is_and_offers_what_can_be_done(state, title, buttons):
    shown = party(state, round=2, albums=tuple(map(album, range(4))), reason="Its host *stopped* it.")
    post = party_messages.card(shown)
    assert (read(post).splitlines()[0], labels(post)) == (title, buttons)
    assert "prompt" not in read(post).replace("prompts", "").replace("brings a prompt", "")
    if state is PartyState.STOPPED:
        assert read(post).endswith("Its host \\*stopped\\* it.")


def test_no_message_names_a_member():
    for state in PartyState:
        shown = party(state, round=1, albums=tuple(map(album, range(4))))
        posts = [
            party_messages.card(shown),
            party_messages.call(shown, PROMPTS),
            party_messages.call(shown, PartyMessage.round(1)),
        ]
        assert not any(f"<@{guest.member_id}>" in read(post) for post in posts for guest in GUESTS)


def test_a_round_counts_who_is_done_and_what_models_play():
    albums = (album(0, SeatState.STOOD_IN), *map(album, range(1, 4)))
    post = party_messages.call(party(PartyState.PLAYING, round=1, albums=albums), PartyMessage.round(1))
    assert "0 of 4 are done. A model plays 1 of them. Who is not done by <t:" in read(post)
    assert labels(post) == ["Show me mine", "Leave"]
    over = party_messages.call(party(PartyState.PLAYING, round=2, albums=albums), PartyMessage.round(1))
    assert (labels(over), read(over).splitlines()[1].startswith("All turns of this round are taken")) == ([], True)


def test_prompts_say_who_will_see_them():
    shown = party(PartyState.PROMPTS)
    assert "You draw it yourself first; nobody else sees it" in read(party_messages.call(shown, PROMPTS))
    shown = replace(shown, request=replace(REQUEST, rounds=2))
    assert "The member who draws it sees it, and nobody else" in read(party_messages.call(shown, PROMPTS))


def test_the_awards_have_their_numbers_and_quote_safely():
    shown = party(PartyState.REVEALING, albums=tuple(album(n, state=GameState.FINISHED) for n in range(4)))
    words = read(
        party_messages.ended(shown, awards({1: [0.2, 0.71], 2: [0.4, 0.4], 3: [0.1, 0.31]}, "MiniLM (offline)"))
    )
    assert "**Furthest from home**: album 1, at 0.71. From “prompt \\*0\\*” to “" in words
    assert "**Most faithful**: album 3, at 0.31." in words
    assert "- Album 1: 0.20, 0.71\n- Album 2: 0.40, 0.40\n- Album 3: 0.10, 0.31" in words
    assert "(MiniLM, offline; cosine distance)" in words


def test_ties_and_what_could_not_be_measured_are_said():
    shown = party(PartyState.REVEALING)
    assert "a tie of albums 1, 2 and 4, each at 0.50." in read(
        party_messages.ended(shown, awards({1: [0.5], 2: [0.5], 3: [0.1], 4: [0.5]}))
    )
    assert "All albums went equally far, 0.50: everybody wins." in read(
        party_messages.ended(shown, awards({1: [0.5], 2: [0.5]}))
    )
    assert "nothing is awarded this time" in read(party_messages.ended(shown, awards({1: [0.5]})))


def test_captions_that_cannot_be_read_are_a_dash_and_get_no_award():
    shown = party(PartyState.REVEALING, albums=tuple(album(n, state=GameState.FINISHED) for n in range(4)))
    words = read(
        party_messages.ended(shown, awards({1: [0.2, None], 2: [0.4, 0.4], 3: [0.1, 0.31]}, "MiniLM (offline)"))
    )
    assert "**Furthest from home**: album 2, at 0.40." in words
    assert "- Album 1: 0.20, –\n- Album 2: 0.40, 0.40" in words
    assert "–: MiniLM, offline cannot read these words." in words
    nothing = read(party_messages.ended(shown, awards({1: [None], 2: [0.4]}, "MiniLM (offline)")))
    assert "Too few albums end in words that can be measured, so nothing is awarded this time." in nothing


def test_an_album_that_ended_early_says_why_in_its_heading():
    shown = party(PartyState.REVEALING, albums=(album(0, state=GameState.FAILED, reason="It was *declined*."),))
    assert (
        party_messages.heading(shown, 1).content == "### Album 1 of 4, game #1\nIt ended early. It was \\*declined\\*."
    )
    assert party_messages.heading(shown, 2).content == "### Album 2 of 4"


def test_a_party_of_twelve_over_twelve_rounds_fits_into_its_messages():
    long = {n: [1.234] * 6 for n in range(1, 13)}
    assert len(read(party_messages.ended(party(PartyState.FINISHED), awards(long, "MiniLM (offline)")))) < 4_000


def test_the_form_carries_its_party_and_member():
    form = party_messages.prompt_form("abc", 17)
    assert form.custom_id == "at1pf:abc:17"
    assert isinstance(form, discord.ui.Modal)
