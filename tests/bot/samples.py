"""Games to show: whole values, as the store would hand them out."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from discord import ui
from PIL import Image as pil

from bot.games.messages import Post
from telephone.domain.battles import Battle, BattleRequest, BattleState, Side
from telephone.domain.games import (
    Caption,
    Drift,
    Game,
    GameRequest,
    GameState,
    Image,
    Kind,
    Pair,
    Place,
    Prompt,
    Step,
    StepKey,
    Turn,
)
from telephone.ports.games import Summary

GUILD, CHANNEL, CARD, THREAD, OPENING = 11, 22, 33, 33, 44
NASTY = (
    "@everyone <@123> <@&5> <#9> </start:1> <:x:1> :smile: **b** __u__ ~~s~~ ||secret|| `c` ```js\nx``` "
    "[click](https://evil.example/a_b) discord.gg/abc https://discord.com/invite/x # h > q - l 1. n &lt; \u202egnol"
)


def custom_ids(post: Post) -> frozenset[str]:
    """The ids of the buttons of a post, which name the game."""
    items = post.view.walk_children() if post.view else ()
    return frozenset(item.custom_id for item in items if isinstance(item, ui.Button) and item.custom_id)


def picture(colour: str = "red", size: int = 64) -> Image:
    buffer = io.BytesIO()
    pil.new("RGB", (size, size), colour).save(buffer, "PNG")
    return Image(buffer.getvalue(), "image/png", size, size)


def caption(text: str) -> Caption:
    return Caption(text, text)


def game(
    state: GameState = GameState.PLAYING,
    *,
    steps: int = 0,
    turns: int = 2,
    prompt: str = "a fox mends a clock",
    captions: tuple[str, ...] = (),
    posted: bool = True,
    **changes: object,
) -> Game:
    """A game with so many steps played; their messages have the ids 101, 102 and on."""
    said = captions or tuple(f"caption number {n}" for n in range(1, turns + 1))
    played = [
        Step(
            key=StepKey.at(at),
            player="critic" if at % 2 else "painter",
            seed=at,
            text=said[at // 2] if at % 2 else None,
            raw=said[at // 2] if at % 2 else None,
            image=None if at % 2 else f"{at:064x}",
            message_id=101 + at if posted else None,
        )
        for at in range(steps)
    ]
    rows = tuple(Turn(at // 2 + 1, *(played[at : at + 2])) for at in range(0, steps, 2))
    place = Place(CARD, THREAD, OPENING) if posted else Place()
    whole = Game(
        id="00ff00ff00ff00ff",
        number=128,
        request=GameRequest(Prompt(prompt), Pair("painter", "critic"), turns, 7, GUILD, CHANNEL, 5),
        state=state,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        place=place,
        turns=rows,
    )
    return replace(whole, **changes)


def at_place(shown: Game, **place: int) -> Game:
    """The same game, shown elsewhere."""
    return replace(shown, place=replace(shown.place, **place))


def summary(first: Image | None = None) -> Summary:
    drift = Drift((0.1, 0.42), (0.1, 0.4), 0.42, 0.74, (2, 0.32))
    alt = "Line chart of the distance from the prompt"
    return Summary(first or picture(), picture("blue"), drift, picture("white").data, "MiniLM (offline)", chart_alt=alt)


def picture_step(of: Game) -> Step:
    return next(step for step in of.steps if step.key.kind is Kind.PICTURE)


def battle(
    state: BattleState = BattleState.VOTING,
    *,
    sides: int = 2,
    steps: int = 4,
    turns: int = 2,
    captions: tuple[str, ...] = (),
    rounds: int | None = None,
    **changes: object,
) -> Battle:
    """A battle of so many sides, every one with so many steps played; its messages have the ids 33, 44 and 201 on."""
    pairs = [Pair(f"painter-{n}", f"critic-{n}") for n in range(sides)]
    games = [
        replace(
            game(GameState.FINISHED, steps=steps, turns=turns, captions=captions, posted=False),
            id=f"{n:016x}",
            number=900 + n,
        )
        for n in range(sides)
    ]
    games = [replace(one, request=replace(one.request, pair=pair)) for one, pair in zip(games, pairs, strict=True)]
    posted = steps // 2 if rounds is None else rounds
    messages = {"card": CARD, "thread": THREAD, "opening": OPENING}
    messages |= {f"round-{n}": 200 + n for n in range(1, posted + 1)}
    request = BattleRequest(games[0].request.prompt, tuple(pairs), turns, 7, GUILD, CHANNEL, 5)
    whole = Battle(
        id="beef00beef00beef",
        number=57,
        request=request,
        state=state,
        sides=tuple(Side(place, one) for place, one in enumerate(games)),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        closes_at=datetime(2026, 1, 2, 18, tzinfo=UTC),
        messages=messages,
    )
    return replace(whole, **changes)
