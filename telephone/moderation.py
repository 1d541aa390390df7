"""Reports of single turns: a member's report hides a turn at once, a moderator decides about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from telephone.domain.battles import Battle, BattleState
from telephone.domain.games import NO_GUILD, Game, GameState, Image, Step, StepKey
from telephone.domain.messages import BattleMessage, BattleMessageKind, GameMessage, GameMessageKind
from telephone.domain.refusals import NotModerator, require_here
from telephone.engine.waiting import look_until
from telephone.errors import BadInput
from telephone.media.images import Pictures
from telephone.ports.runners import GameRunner
from telephone.store import Store

REASONS: Final = {
    "sexual": "Sexual content",
    "minors": "Sexual content with children",
    "violence": "Violence or gore",
    "hate": "Hate or harassment",
    "self-harm": "Self-harm",
    "person": "A real person, or private facts",
    "other": "Something else",
}
"""Why a turn is reported; the words stand in the member's form."""
VOIDED: Final = "A moderator voided this game after a report."
_LOOK_EVERY: Final = 0.2
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reported:
    """A step that waits for a moderator. `reasons` are keys of REASONS, one a report; `since` is the first.

    `battle` is the battle that the game is a side of, as long as it hides its sides' names from moderators too.
    `visible`: its message could not be edited so far and still shows it.
    """

    game: Game
    key: StepKey
    reasons: tuple[str, ...]
    since: datetime
    battle: Battle | None = None
    visible: bool = False


@dataclass(frozen=True, slots=True)
class Moderation:
    """Takes reports and decisions. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where somebody reports or decides. Raises NotHere on any other than the game's own, so that
    `is_moderator` speaks of the game's server.
    """

    store: Store
    pictures: Pictures
    games: GameRunner

    async def turn_at(self, guild_id: int, message_id: int) -> tuple[Game, StepKey]:
        """The game and the step that a message shows. Raises BadInput for any other message."""
        found = await self.store.posts.at(guild_id, message_id)
        message = GameMessage.parse(found[1]) if found else None
        key = message.key if message is not None and message.kind is GameMessageKind.STEP else None
        if found is None or key is None:
            raise BadInput("Only a turn of a game can be reported: choose the message of its picture or its caption.")
        return await self.store.games.get(found[0]), key

    async def round_at(self, guild_id: int, message_id: int) -> tuple[Battle, int] | None:
        """The battle that a message belongs to, and the turn that it shows; None for a message of no battle.

        The card shows the last turn. Raises BadInput for a message of a battle that shows none.
        """
        found = await self.store.battle_posts.at(guild_id, message_id)
        if found is None:
            return None
        battle = await self.store.battles.get(found[0])
        shown = (BattleMessage.parse(what) for what, posted in battle.messages.items() if posted == message_id)
        turns = [one.number for one in shown if one.kind is BattleMessageKind.ROUND and one.number is not None]
        if turns:
            return battle, turns[0]
        if message_id == battle.card_id and battle.state in (BattleState.VOTING, BattleState.CLOSED):
            return battle, battle.request.turns
        raise BadInput("This message shows no turn; choose the one with the pictures, or the card once all are there.")

    async def battle_of(self, game: Game) -> Battle | None:
        """The battle that a game is a side of, as long as it hides its sides' names; None without one."""
        battles = await self.store.battles.of_game(game.id) if game.is_side else []
        return next((one for one in battles if one.request.designed and not one.state.is_final), None)

    async def named(self, name: str, *, server: int = NO_GUILD) -> str:
        """The id of the game that a button names: by its id, or a battle's id and a side's letter, as in `0f3c-b`."""
        battle_id, dash, letter = name.partition("-")
        if not dash:
            return name
        battle = await self.store.battles.get(battle_id)
        require_here(battle.request.guild_id, server)
        sides = {side.choice.value: side for side in battle.sides}
        if letter not in sides:
            raise BadInput("There is no such side in that battle.")
        return sides[letter].game.id

    async def report(self, game_id: str, key: StepKey, *, by: int, reason: str, server: int = NO_GUILD) -> None:
        """Hides a step at once. Raises BadInput where the member has an open report in this game."""
        if reason not in REASONS:
            raise BadInput("Please choose one of the reasons.")
        require_here(await self.store.games.server_of(game_id), server)
        await self.store.reports.add(game_id, key, by, reason)
        _log.info("turn reported", game=game_id, step=str(key), reason=reason)
        await self.games.realign(game_id)

    async def waiting(self, guild_id: int) -> list[Reported]:
        """The steps of a server that wait for a moderator, first reported first."""
        found: dict[tuple[str, StepKey], Reported] = {}
        for report in await self.store.reports.open_on(guild_id):
            step = report.game_id, report.key
            if step in found:
                known = found[step]
                found[step] = replace(known, reasons=(*known.reasons, report.reason))
            else:
                game = await self.store.games.get(report.game_id)
                battle = await self.battle_of(game)
                visible = await self._lags(report.game_id, report.key)
                found[step] = Reported(game, report.key, (report.reason,), report.reported_at, battle, visible)
        return list(found.values())

    async def follows(self, game_id: str, key: StepKey, timeout: float) -> bool:
        """Whether the message of a step matches what was reported or decided; waits up to `timeout` seconds."""
        return not await look_until(
            lambda: self._lags(game_id, key), lambda lags: not lags, every=_LOOK_EVERY, within=timeout
        )

    async def _lags(self, game_id: str, key: StepKey) -> bool:
        return any(stale.key == key for stale in await self.store.reports.stale(game_id))

    async def look(
        self, game_id: str, key: StepKey, *, is_moderator: bool, server: int = NO_GUILD
    ) -> tuple[Game, Step, Image | None]:
        """A step with nothing hidden, for a moderator to judge, with its picture if it has one.

        Raises BadInput where the step is not played.
        """
        game = await self._judged(game_id, is_moderator, server)
        if key.index >= len(game.steps):
            raise BadInput(f"Game #{game.number} has no turn {key.turn} to look at; please choose one that was played.")
        step = game.steps[key.index]
        return game, step, await self.pictures.get(step.image) if step.image else None

    async def show_again(
        self, game_id: str, key: StepKey, *, by: int, is_moderator: bool, server: int = NO_GUILD
    ) -> Game:
        """Shows a hidden step again and closes its reports."""
        game = await self._judged(game_id, is_moderator, server)
        if not await self.store.reports.dismiss(game_id, key, by):
            raise BadInput("There is no open report of that turn any more; somebody was faster.")
        _log.info("turn shown again", game=game_id, step=str(key))
        await self.games.realign(game_id)
        return game

    async def void(self, game_id: str, *, by: int, is_moderator: bool, server: int = NO_GUILD) -> Game:
        """Ends a game and takes it out of every count; its reported steps stay hidden."""
        game = await self._judged(game_id, is_moderator, server)
        if game.voided:
            raise BadInput(f"Game #{game.number} is voided already.")
        await self.store.games.move(game_id, GameState.FAILED, only_from=tuple(GameState), reason=VOIDED)
        await self.store.games.void(game_id)
        await self.store.reports.uphold(game_id, by)
        _log.info("game voided", game=game_id)
        voided = await self.store.games.get(game_id)
        await self.games.settle(voided)
        await self.games.realign(game_id)
        return voided

    async def _judged(self, game_id: str, is_moderator: bool, server: int) -> Game:
        game = await self.store.games.get(game_id)
        require_here(game.request.guild_id, server)
        if not is_moderator:
            raise NotModerator
        return game
