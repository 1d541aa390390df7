"""Battles as messages. Pure: domain values go in; content, components and files come out.

Until a battle has closed, messages show nothing of a side but its letter, its pictures and its captions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import discord
from discord import ui

from bot.ui import wording
from bot.ui.money import money
from bot.ui.posts import Attachment, Post, embedder_name, extension, gallery, layout, opening_of
from bot.ui.text import ALT_MAX, escape, excerpt, quote, shorten, units
from telephone.battles.service import StoryPage
from telephone.domain.battles import Battle, BattleState, Cast, Choice, Result, Side
from telephone.domain.games import Image, Turn

HIDDEN_PICTURE: Final = "Its picture is hidden after a report to this server's moderators."
STORY: Final = "Only you see this. Names stay hidden until the votes are in."
PUBLIC: Final = "These games were played in public, so you may recognise them."
_COLOURS: Final = {  # Okabe and Ito's, as those of games
    BattleState.PLAYING: 0x0072B2,
    BattleState.PAUSED: 0xE69F00,
    BattleState.VOTING: 0xCC79A7,
    BattleState.CLOSED: 0x009E73,
    BattleState.VOID: 0x999999,
}
_NUMBERS: Final = {2: "Two", 3: "Three", 4: "Four"}
_QUOTE: Final = 600
"""Longest prompt and longest caption on a card, in UTF-16 units: a message holds 4,000 in all."""
_ROUND_QUOTE: Final = 850
_CLOSED_QUOTE: Final = 300
_STORY_QUOTE: Final = 300
Button = ui.Button[ui.LayoutView]


def custom_id(verb: str, battle_id: str, argument: str = "") -> str:
    """The id of a persistent button of a battle."""
    return f"at1b:{verb}:{battle_id}" + (f":{argument}" if argument else "")


def jump(battle: Battle, channel_id: int, message_id: int | None = None) -> str:
    """The address of a thread, or of a message, of the battle's server."""
    base = f"https://discord.com/channels/{battle.request.guild_id}/{channel_id}"
    return base if message_id is None else f"{base}/{message_id}"


def thread_name(battle: Battle) -> str:
    return f"Battle {battle.number}"


def moment(when: datetime | None) -> str:
    """A date and time, as each reader's own clock shows it."""
    return f"<t:{int(when.timestamp())}:f>" if when is not None else "soon"


def card(
    battle: Battle, files: Sequence[Attachment] = (), result: Result | None = None, *, held_up: bool = False
) -> Post:
    """The card in the channel: the state of the battle, the ballot or the result, and the buttons that fit.

    `files` are the last pictures of the sides, as `last_pictures` names them. `held_up`: by an outage of ours.
    """
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {_title(battle, result)}")]
    parts.append(ui.TextDisplay(quote(battle.request.prompt.text, _QUOTE)[0]))
    parts += [gallery(files)] if files else []
    parts.append(ui.TextDisplay("\n".join([*_lines(battle, result), *([wording.HELD_UP] if held_up else [])])))
    parts += [ui.ActionRow(*row) for row in _rows(battle) if row]
    return Post(view=layout(parts, _COLOURS[battle.state]), files=tuple(files))


def last_pictures(battle: Battle, pictures: Mapping[int, Image] | None = None) -> tuple[Attachment, ...]:
    """The files of a card in their order; without `pictures` their names and alt texts alone."""
    found = []
    for side in battle.standing:
        drawn = next((turn for turn in reversed(side.game.turns) if turn.picture is not None), None)
        if drawn is None or drawn.picture is None or drawn.picture.image is None:
            continue
        image = pictures.get(side.place) if pictures is not None else Image(b"")
        if image is not None:
            shown = _picture(f"side-{side.choice.value}", image, _alt(side, drawn, "last picture"))
            found.append(replace(shown, of=drawn.picture.image))
    return tuple(found)


def opening(battle: Battle) -> Post:
    """The prompt, as the thread's first message."""
    return opening_of(battle.request.prompt)


def round_(battle: Battle, turn: int, pictures: Mapping[int, Image]) -> Post:
    """One turn of every side that played it, side by side: pictures first, then the captions."""
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### Turn {turn} of {battle.request.turns}")]
    drawn: list[Attachment] = []
    said: list[str] = []
    texts: list[Attachment] = []
    for side in battle.sides_at(turn):
        one, name = side.game.turns[turn - 1], f"turn-{turn:02}-{side.choice.value}"
        if side.place in pictures:
            drawn.append(_picture(name, pictures[side.place], _alt(side, one, f"turn {turn}")))
        words = (one.caption.text or "") if one.caption is not None else ""
        said.append(_say(side, words, _ROUND_QUOTE) + ("" if side.place in pictures else f"\n{HIDDEN_PICTURE}"))
        if units(escape(words)) > _ROUND_QUOTE:
            texts.append(Attachment(f"{name}.txt", words.encode()))
    parts += [gallery(drawn)] if drawn else []
    parts.append(ui.TextDisplay("\n".join(said)))
    parts += [ui.File(f"attachment://{file.name}") for file in texts]
    return Post(view=layout(parts, _COLOURS[BattleState.PLAYING]), files=(*drawn, *texts))


def dropped(side: Side) -> Post:
    return Post(f"**Side {side.letter} is out.** {escape(side.dropped or '')} The others go on.")


def call(battle: Battle, home: int | None = None) -> Post:
    """The invitation to vote, in the thread; `home` is where the card stands, if not in the battle's channel."""
    where = jump(battle, home or battle.request.channel_id, battle.card_id)
    return Post(f"**Which side degraded least?** Vote until {moment(battle.closes_at)} on the card: {where}")


def ended(battle: Battle, result: Result, home: int | None = None) -> Post:
    """How the battle ended, in the thread; `home` is as in `call`."""
    if battle.state is BattleState.VOID:
        return Post(f"**{thread_name(battle)} is void.** {_why(battle)}")
    where = jump(battle, home or battle.request.channel_id, battle.card_id)
    lines = [f"**{_title(battle, result)}**", *_outcome(battle, result), f"The card: {where}"]
    return Post("\n".join(lines))


def story(page: StoryPage) -> tuple[ui.LayoutView, tuple[Attachment, ...]]:
    """One side's turns for one member, with buttons for the other sides and pages."""
    battle, side = page.battle, page.side
    files = tuple(
        _picture(
            f"side-{side.choice.value}-turn-{turn.n:02}", page.pictures[turn.n], _alt(side, turn, f"turn {turn.n}")
        )
        for turn in page.turns
        if turn.n in page.pictures
    )
    lines = [
        f"**{turn.n}.** {excerpt(turn.caption.text, _STORY_QUOTE) if turn.caption and turn.caption.text else '–'}"
        for turn in page.turns
    ]
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### Battle {battle.number}, side {side.letter}")]
    parts += [gallery(files)] if files else []
    parts.append(ui.TextDisplay("\n".join(lines)))
    parts.append(ui.TextDisplay(STORY if battle.state is BattleState.VOTING else "Only you see this."))
    parts.append(
        ui.ActionRow(*(_story_button(battle, one, 0, disabled=one.place == side.place) for one in battle.standing))
    )
    if page.pages > 1:
        turns = (("Previous", page.page - 1), ("Next", page.page + 1))
        steps = [_story_button(battle, side, to, label=label, disabled=not 0 <= to < page.pages) for label, to in turns]
        parts.append(ui.ActionRow(*steps))
    return layout(parts, _COLOURS[battle.state]), files


def started(battle: Battle) -> str:
    """The acknowledgement: where the battle is, and what it can cost. It names no pair, since chance may have."""
    most = sum(side.game.costs.reserved for side in battle.sides) if battle.request.designed else 0.0
    cost = f" It can cost up to {money(most)}." if most else ""
    if battle.waits or battle.state is BattleState.VOID:
        return f"Battle {battle.number}: {excerpt(battle.reason or battle.waits or 'it ended', 500)}"
    does = "starts by itself" if battle.queued else "is played" if battle.request.designed else "is open"
    where = f"{does} in <#{battle.thread_id}>" if battle.thread_id else "starts in a moment"
    return f"Battle {battle.number} {where}; who plays which side shows when the votes are in.{cost}"


def receipt(cast: Cast) -> str:
    before = f" instead of {label(cast.before)}" if cast.before not in (None, cast.choice) else ""
    return (
        f"You chose {label(cast.choice)}{before}. "
        f"Change it until {moment(cast.closes_at)}, when names and distances open."
    )


def label(choice: Choice | None) -> str:
    """The words for a choice, as its button has them."""
    names = {Choice.TIE: "Tie", Choice.ALL_BAD: "All bad"}
    return names.get(choice, choice.value.upper()) if choice is not None else ""


def close_question(battle: Battle) -> str:
    return (
        f"Close battle {battle.number} now, with {votes(battle.votes)}? Names, votes and distances open for everybody."
    )


def closed(battle: Battle) -> str:
    return f"Battle {battle.number} is closed; its card shows names, votes and distances in a moment."


def stop_question(battle: Battle) -> str:
    at = f"at turn {battle.turn_now}"
    return f"Stop battle {battle.number} {at}? What was played stays in its thread, but there will be no vote."


def stopped(battle: Battle) -> str:
    return f"Battle {battle.number} is stopped and void; what was played stays in its thread."


def kept(battle: Battle) -> str:
    return f"Battle {battle.number} goes on."


def continued(battle: Battle) -> str:
    return f"Battle {battle.number} goes on from turn {battle.turn_now}."


def standing(battle: Battle) -> str:
    """A battle's line in `/telephone status`."""
    where = f" in <#{battle.thread_id}>" if battle.thread_id else ""
    states = {
        BattleState.PLAYING: "queued" if battle.queued else f"turn {battle.turn_now} of {battle.request.turns}",
        BattleState.PAUSED: f"paused at turn {battle.turn_now}",
        BattleState.VOTING: f"{votes(battle.votes)}, open until {moment(battle.closes_at)}",
    }
    return f"- Battle {battle.number}{where}: {states.get(battle.state, battle.state.value)}"


def votes(count: int) -> str:
    return "1 vote" if count == 1 else f"{count or 'no'} votes"


def _title(battle: Battle, result: Result | None) -> str:
    name = thread_name(battle)
    titles = {
        BattleState.PLAYING: f"{name}: turn {battle.turn_now} of {battle.request.turns}",
        BattleState.PAUSED: f"{name} paused at turn {battle.turn_now}",
        BattleState.VOTING: f"{name}: which side degraded least?",
        BattleState.VOID: f"{name} is void",
    }
    if not battle.request.designed:  # nothing is played for it
        titles |= {BattleState.PLAYING: f"{name} is about to begin", BattleState.PAUSED: f"{name} paused"}
    if battle.state is BattleState.PLAYING and battle.waits:
        return titles[BattleState.PAUSED]
    if battle.queued:
        return f"{name} queued"
    return titles[battle.state] if battle.state in titles else f"{name}: {_won(battle, result)}"


def _won(battle: Battle, result: Result | None) -> str:
    leaders = result.leaders if result is not None else frozenset()
    level = [side.letter for side in battle.standing if side.choice in leaders or Choice.TIE in leaders]
    if not leaders:
        return "closed without votes"
    if leaders == {Choice.ALL_BAD}:
        return "all sides were found bad"
    if Choice.ALL_BAD in leaders:
        return "the votes are divided"
    if len(level) == 1:
        return f"{level[0]} degraded least"
    return f"{', '.join(level[:-1])} and {level[-1]} are level"


def _lines(battle: Battle, result: Result | None) -> list[str]:
    match battle.state:
        case BattleState.PLAYING | BattleState.PAUSED:
            if battle.waits:
                return [excerpt(battle.waits, 500)]
            count = _NUMBERS.get(len(battle.standing), "Some")
            if not battle.request.designed:
                return [f"{count} finished games meet; their names show when the votes are in. {PUBLIC}"]
            first = ["Other games play first; it starts by itself."] if battle.queued else []
            return [f"{count} pairs play side by side; their names show when the votes are in.", *first]
        case BattleState.VOTING:
            count = votes(battle.votes).capitalize()
            public = "" if battle.request.designed else f" {PUBLIC}"
            return [*_said(battle), f"{count}. Names and distances open {moment(battle.closes_at)}.{public}"]
        case BattleState.VOID:
            return [_why(battle), *(_named(side) for side in battle.sides)]
    return [*_said(battle, _CLOSED_QUOTE), *(_outcome(battle, result) if result is not None else [])]


def _said(battle: Battle, limit: int = _QUOTE) -> list[str]:
    """The last caption of each side."""
    last = ((side, side.game.last_caption) for side in battle.standing)
    return [_say(side, (said.text or "") if said else "", limit) for side, said in last]


def _say(side: Side, words: str, limit: int) -> str:
    """`**A** a fox mends a clock`, on one line."""
    return f"**{side.letter}** {excerpt(words, limit) or '(no words)'}"


def _outcome(battle: Battle, result: Result) -> list[str]:
    """Names, votes and distances of the sides, the most votes first, then the votes for no side."""
    cast = votes(result.votes)
    ranked = sorted(battle.standing, key=lambda side: (-result.tally.get(side.choice, 0), side.place))
    lines = []
    for side in ranked:
        far = result.distances.get(side.place)
        missing = "no distance" if side.place in result.unread else "not measured"
        distance = missing if far is None else f"{far:.2f}"
        lines.append(f"{_named(side)}: {result.tally.get(side.choice, 0)} of {cast}, {distance}")
    others = [f"{label(c)}: {result.tally[c]}." for c in (Choice.TIE, Choice.ALL_BAD) if result.tally.get(c)]
    lines += [" ".join(others)] if others else []
    lines += [f"{_named(side)}: out. {excerpt(side.game.reason or '', 200)}" for side in battle.sides if side.dropped]
    if result.distances:
        lines.append(f"Distances: {embedder_name(result.embedder)}; cosine, prompt to last caption.{_spent(battle)}")
    if result.unread:
        lines.append(f"No distance: {embedder_name(result.embedder)} cannot read the words.")
    return [*lines, *([result.board] if result.board else [])]


def _named(side: Side) -> str:
    return f"**{side.letter}** {escape(str(side.game.pair))} (game #{side.game.number})"


def _why(battle: Battle) -> str:
    return f"{excerpt(battle.reason or '', 500)} Nothing is counted.{_spent(battle)}".strip()


def _spent(battle: Battle) -> str:
    return f" {money(battle.cost_usd).capitalize()} spent." if battle.cost_usd and battle.request.designed else ""


def _alt(side: Side, turn: Turn, which: str) -> str:
    before = side.game.text_before(turn.picture.key) if turn.picture is not None else ""
    return shorten(f"Side {side.letter}, {which}. Drawn from: {before}", ALT_MAX)


def _picture(stem: str, image: Image, alt: str) -> Attachment:
    return Attachment(f"{stem}.{extension(image)}", image.data, alt)


def _rows(battle: Battle) -> list[list[Button]]:
    thread = [Button(label="Open thread", url=jump(battle, battle.thread_id))] if battle.thread_id else []
    match battle.state:
        case BattleState.PLAYING:
            return [[*thread, _button("Stop", "stop", battle)]]
        case BattleState.PAUSED:
            return [
                [_button("Continue", "continue", battle, discord.ButtonStyle.primary), _button("Stop", "stop", battle)]
            ]
        case BattleState.VOTING:
            sides = [_vote_button(battle, side.choice) for side in battle.standing]
            others = [_vote_button(battle, choice) for choice in battle.choices if choice.place is None]
            stories = _story_button(battle, battle.standing[0], 0, label="Whole stories")
            return [sides, [*others, stories, _button("Close", "close", battle), *thread]]
    return [thread]


def _vote_button(battle: Battle, choice: Choice) -> Button:
    style = discord.ButtonStyle.secondary if choice.place is None else discord.ButtonStyle.primary
    return Button(label=label(choice), custom_id=custom_id("vote", battle.id, choice.value), style=style)


def _story_button(battle: Battle, side: Side, page: int, *, label: str = "", disabled: bool = False) -> Button:
    # A message may not hold the same id twice, and a page is reached from two buttons: the label makes them differ.
    argument = f"{side.choice.value}-{page}" + (f"-{label[0].lower()}" if label in ("Previous", "Next") else "")
    return Button(label=label or side.letter, custom_id=custom_id("story", battle.id, argument), disabled=disabled)


def _button(
    label: str, verb: str, battle: Battle, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> Button:
    return Button(label=label, custom_id=custom_id(verb, battle.id), style=style)
