"""What a cog or the command line may ask for: one function each, and the only door to the game."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from telephone.battles.service import BattleService
from telephone.domain.budgets import Allowance
from telephone.domain.calibration import Calibration
from telephone.domain.games import HUMAN, Game, GameState
from telephone.domain.servers import NsfwPolicy, ServerSettings, declared
from telephone.engine.waiting import look_until
from telephone.errors import BadInput, NotAllowed
from telephone.exports import Exporter
from telephone.exports.artifacts import GameArtifacts, Replay
from telephone.games.admission import GameAdmission, StartRequest
from telephone.games.guesses import GuessService
from telephone.games.service import UNFINISHED, UnfinishedGame, _is_closed, _is_open
from telephone.games.turn_service import TurnService
from telephone.games.workflow import PAUSED_EVERYWHERE, PAUSED_HERE
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.pair_report import PairReports
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.vote_review import VoteReview
from telephone.measurement.rescore_service import RescoreService
from telephone.models.catalog import _HUMANS, ModelChoice, ModelFacts, _facts, _human
from telephone.models.players import Players
from telephone.moderation import Moderation
from telephone.parties.service import PartyService
from telephone.ports.runners import GameRunner
from telephone.privacy.service import PrivacyService
from telephone.prompts.service import PromptService
from telephone.providers.base import ModelKind
from telephone.store import Scope, Store

__all__ = ["ModelChoice", "ModelFacts", "Replay", "Scope", "Service", "StartRequest", "UnfinishedGame"]

_LOOK_EVERY: Final = 0.1
_ABOUT_TO_START: Final = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """Every function raises TelephoneErrors whose sentence can be shown as it is."""

    store: Store
    players: Players
    admission: GameAdmission
    keepsakes: GameArtifacts
    moderation: Moderation
    """Reports of single turns, and what moderators make of them."""
    prompts: PromptService
    """What games can start from by name, and what members propose."""
    boards: LeaderboardService
    """Pairs ranked, with a verdict or why there is none."""
    pairs: PairReports
    """How a single pair drifts."""
    battles: BattleService
    """Games side by side, their names hidden, and the votes on them."""
    integrity: VoteReview
    """Votes that an admin should look at."""
    archive: Exporter
    """What may be taken away from a server."""
    seats: TurnService
    """Steps that members take."""
    parties: PartyService
    """Albums that go round among members, every round at once."""
    errands: RescoreService
    """What is done for a server beside its games: measuring old ones with another embedder."""
    privacy: PrivacyService
    """What members may ask about themselves."""
    guessing: GuessService
    """What spectators are asked about a revealed game."""
    runner: GameRunner

    @property
    def questions(self) -> InsightService:
        """Which T2I is best, which I2T, and which of the two matters more."""
        return InsightService(self.boards)

    async def scale(self, guild_id: int, embedder: str) -> Calibration | None:
        """What distances by an embedder mean on a server; None until that is known."""
        return await self.pairs.scales.made(guild_id, embedder)

    async def start(self, asked: StartRequest) -> Game:
        """Admits, stores and enqueues a game, the most it can cost reserved; returns before its card is posted."""
        request = await self.admission.admit(asked)
        game = await self.admission.add(request)
        _log.info("game queued", game=game.id, pair=str(game.pair), turns=game.request.turns)
        await self.runner.begin(game)
        return game

    async def opened(self, game_id: str, timeout: float = 8.0) -> Game:
        """The game once its thread is open or it has ended, or as it is after `timeout` seconds.

        One that is still queued then is looked at a moment longer: it may be about to start.
        """
        game = await self._when(game_id, _is_open, timeout)
        if game.state is GameState.QUEUED:
            return await self._when(game_id, lambda now: now.state is not GameState.QUEUED, _ABOUT_TO_START)
        return game

    async def closed(self, game_id: str, timeout: float) -> Game:
        """The game once it has ended or pauses and its summary is shown, or as it is after `timeout` seconds."""
        return await self._when(game_id, _is_closed, timeout)

    async def game(self, game_id: str) -> Game:
        return await self.store.games.get(game_id)

    async def game_by_number(self, guild_id: int, number: int) -> Game:
        return await self.store.games.by_number(guild_id, number)

    async def game_in_thread(self, thread_id: int) -> Game | None:
        game_id = await self.store.posts.owner_of_thread(thread_id)
        return await self.store.games.get(game_id) if game_id else None

    async def place_in_queue(self, game_id: str) -> int:
        return await self.store.games.place_in_queue(game_id)

    async def recent(self, guild_id: int, *, unfinished_only: bool = False, limit: int = 25) -> list[Game]:
        """Games of a server, newest first."""
        states = UNFINISHED if unfinished_only else ()
        return await self.store.games.recent(guild_id, states=states, limit=limit)

    async def finished(self, guild_id: int) -> list[Game]:
        """Finished games of a server, newest first."""
        return await self.store.games.recent(guild_id, states=[GameState.FINISHED])

    async def waiting(self, guild_id: int) -> list[Game]:
        """Games of a server that wait for a member, newest first, sealed ones too."""
        waiting = await self.store.games.unfinished(guild_id, states=[GameState.WAITING])
        return sorted(waiting, key=lambda one: -one.number)

    async def status(self, guild_id: int) -> list[UnfinishedGame]:
        """Unfinished games of a server: those that run or pause first, then the queue in order."""
        games = await self.store.games.recent(guild_id, states=UNFINISHED)
        queue = await self.store.games.queue(guild_id)
        places = {game_id: place for place, game_id in enumerate(queue, start=1)}
        standings = [UnfinishedGame(game, places.get(game.id, 0)) for game in games]
        return sorted(standings, key=lambda standing: (standing.place, standing.game.number))

    async def stop(self, game_id: str, *, by: int, is_host: bool) -> Game:
        """Ends a game; what was posted stays."""
        game = await self._hosted(game_id, by, is_host)
        if not await self.store.games.move(game_id, GameState.STOPPED, only_from=UNFINISHED):
            raise BadInput(f"Game #{game.number} has ended already; there is nothing to stop.")
        return await self._settled(game_id)

    async def resume_game(self, game_id: str, *, by: int, is_host: bool) -> Game:
        """Sets a paused game going again; on a stage that is gone it gets a new one and is shown anew."""
        game = await self._hosted(game_id, by, is_host)
        await self.admission.check_open(game.request.guild_id)
        if game.state is not GameState.PAUSED:
            raise BadInput(f"Game #{game.number} is not paused; there is nothing to continue.")
        await self.runner.go_on(game)
        return await self.store.games.get(game_id)

    async def again(self, game_id: str, *, by: int, channel_id: int, age_restricted: bool = False) -> Game:
        """The same prompt and pair once more, with another seed."""
        request = (await self.store.games.get(game_id)).request
        return await self.start(
            StartRequest(
                prompt=request.prompt.text,
                t2i=request.pair.t2i,
                i2t=request.pair.i2t,
                turns=request.turns,
                guild_id=request.guild_id,
                channel_id=channel_id,
                starter_id=by,
                age_restricted=age_restricted,
                sealed=request.sealed,
                human_step=None if request.human_step is None else str(request.human_step),
            )
        )

    async def replay(self, game_id: str) -> Replay:
        """The game as a GIF, each picture with the words before and after it. Raises NotAllowed for a sealed one."""
        game = await self.store.games.get(game_id)
        if game.is_sealed:
            raise NotAllowed(f"Game #{game.number} is sealed until it ends; its replay comes after the reveal.")
        return await self.keepsakes.replay(game.shown)

    async def keep(self, game_id: str, folder: Path) -> dict[str, Any]:
        """Writes pictures, game.json, drift.png, replay.gif and album.html; returns what game.json says."""
        return await self.keepsakes.write((await self.store.games.get(game_id)).shown, folder)

    def choices(self, kind: ModelKind) -> list[ModelChoice]:
        """The models of a kind, those that can play now first."""
        found = [(table.name, self.players.why_not(table)) for table in self.players.registry.of_kind(kind)]
        choices = [ModelChoice(name, kind, why_not is None, why_not) for name, why_not in found]
        ready = sorted(choices, key=lambda choice: not choice.ready)
        return [ModelChoice(HUMAN, kind, True), *ready] if self.admission.humans and kind in _HUMANS else ready

    def models(self) -> list[ModelFacts]:
        models = [_facts(table, self.players.why_not(table)) for table in self.players.registry.tables.values()]
        why_not = None if self.admission.humans else "members take turns on a Discord server"
        return [*models, *(_human(kind, about, why_not) for kind, about in _HUMANS.items())]

    async def server(self, guild_id: int) -> ServerSettings:
        return await self.store.servers.settings(guild_id)

    async def limit(self, guild_id: int, **limits: Any) -> ServerSettings:
        """Changes those settings that are not None, by their names. Raises BadInput for what is beyond its limits."""
        changes = {name: value for name, value in limits.items() if value is not None}
        for name, row in declared().items():
            if name in changes:
                row.check(changes[name])
        settings = await self.store.servers.change(guild_id, **changes) if changes else await self.server(guild_id)
        if "parallel" in changes:
            await self.runner.promote(guild_id)
        return settings

    async def budget(
        self, guild_id: int, scope: Scope = "server", *, usd: float | None = None, games: int | None = None
    ) -> dict[Scope, Allowance]:
        """What a server and its members may take a day, after changing what is not None for one of the two."""
        await self.store.budgets.change(guild_id, scope, self.admission.caps, usd=usd, games=games)
        return await self.store.budgets.allowances(guild_id, self.admission.caps)

    async def allow_nsfw(self, guild_id: int, policy: NsfwPolicy) -> ServerSettings:
        """Where on a server what is not safe for work may be played; games that run heed a ban at once."""
        return await self.store.servers.change(guild_id, nsfw=policy)

    async def pause(self, guild_id: int) -> int:
        """Stops all playing and spending on a server until resume; returns how many games pause."""
        await self.store.servers.change(guild_id, paused=True)
        return await self._pause(await self.store.games.unfinished(guild_id), PAUSED_HERE)

    async def resume(self, guild_id: int) -> int:
        """Ends a server's pause; returns how many games go on."""
        await self.store.servers.change(guild_id, paused=False)
        return await self._resume(await self.store.games.unfinished(guild_id), PAUSED_HERE)

    async def leave(self, guild_id: int) -> int:
        """Ends all that is played on a server that has removed the bot; returns how many games. Nothing goes."""
        left = await self.store.games.unfinished(guild_id)
        for game in left:
            await self.store.games.move(game.id, GameState.STOPPED, only_from=UNFINISHED)
        await self.battles.leave(guild_id)
        await self.parties.leave_all(guild_id)
        return len(left)

    async def pause_everywhere(self) -> int:
        """The operator's pause of every game on every server; returns how many games pause."""
        await self.store.servers.pause_everywhere(True)
        return await self._pause(await self.store.games.unfinished(), PAUSED_EVERYWHERE)

    async def resume_everywhere(self) -> int:
        """Ends the operator's pause; returns how many games go on."""
        await self.store.servers.pause_everywhere(False)
        return await self._resume(await self.store.games.unfinished(), PAUSED_EVERYWHERE)

    async def _pause(self, games: list[Game], reason: str) -> int:
        going, paused = (GameState.QUEUED, GameState.PLAYING, GameState.WAITING), 0
        for game in games:
            if game.state in going:
                await self.store.games.move(game.id, GameState.PAUSED, only_from=going, reason=reason)
                # A game that noticed the pause by itself has booked it already, and counts all the same.
                now = await self._settled(game.id)
                paused += (now.state, now.reason) == (GameState.PAUSED, reason)
        return paused

    async def _resume(self, games: list[Game], reason: str) -> int:
        waiting = [
            game
            for game in games
            if game.state is GameState.PAUSED
            and game.reason == reason
            and not await self.store.servers.paused(game.request.guild_id)
        ]
        for game in waiting:
            await self.runner.go_on(game)
        return len(waiting)

    async def _settled(self, game_id: str) -> Game:
        game = await self.store.games.get(game_id)
        await self.runner.settle(game)
        return game

    async def _hosted(self, game_id: str, by: int, is_host: bool) -> Game:
        game = await self.store.games.get(game_id)
        if not is_host and by != game.request.starter_id:
            raise NotAllowed("Only who started this game, or a member who may manage the server, can do that.")
        return game

    async def _when(self, game_id: str, reached: Callable[[Game], bool], timeout: float) -> Game:
        return await look_until(lambda: self.store.games.get(game_id), reached, every=_LOOK_EVERY, within=timeout)
