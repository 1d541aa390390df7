"""Spectators' guesses about a revealed game."""

from dataclasses import dataclass
from typing import Final

from telephone.domain.games import NO_GUILD, Game, StepKey
from telephone.domain.guesses import Guessed, Question, choices, questions
from telephone.domain.refusals import require_here
from telephone.errors import BadInput, NotAllowed
from telephone.models.registry import Registry
from telephone.scoring.drift import drift_of
from telephone.store import Store

NOT_ASKED: Final = "This is not asked about this game any more; its steps are in the thread."
KNOWS: Final = "You know which step was a member's, so this question is for the others; try where the subject was lost."
NO_STEP: Final = "That step is none of this game's; please press the question's button again."


@dataclass(frozen=True, slots=True)
class GuessService:
    """Asks questions and keeps the answers. Raises TelephoneErrors whose sentence can be shown as it is.

    `server` is where a member asks. Raises NotHere on any other than the game's own.
    """

    store: Store
    registry: Registry

    async def asked(self, game_id: str, question: Question, member_id: int, *, server: int = NO_GUILD) -> Guessed:
        """A question as it stands for a member, with their choice where they made one.

        Raises NotAllowed where the question is not asked about this game, or the member knows the answer.
        """
        game = await self._game(game_id, question, member_id, server)
        choice = await self.store.guesses.get(game_id, question, member_id)
        return Guessed(game, question) if choice is None else await self._told(game, question, choice)

    async def choose(
        self, game_id: str, question: Question, member_id: int, key: StepKey, *, server: int = NO_GUILD
    ) -> Guessed:
        """Stores a member's choice in place of an earlier one, and returns the question with the tally and the drift.

        The first choice of the member's step stays, since the answer is told with it: later choices would follow it.
        Raises NotAllowed as `asked` does, and BadInput.
        """
        game = await self._game(game_id, question, member_id, server)
        if key not in choices(game, question):
            raise BadInput(NO_STEP)
        stays = question is Question.HUMAN
        choice = await self.store.guesses.put(game_id, question, member_id, key, stays=stays)
        return await self._told(game, question, choice)

    async def _game(self, game_id: str, question: Question, member_id: int, server: int) -> Game:
        game = await self.store.games.get(game_id)
        require_here(game.request.guild_id, server)
        if question not in questions(game):
            raise NotAllowed(NOT_ASKED)
        if question is Question.HUMAN and (
            member_id == game.request.starter_id or await self.store.seats.has_seen(game_id, member_id)
        ):
            raise NotAllowed(KNOWS)
        return game.shown

    async def _told(self, game: Game, question: Question, choice: StepKey) -> Guessed:
        tally = await self.store.guesses.tally(game.id, question)
        label = self.registry.label(game.embedder) if game.embedder else ""
        return Guessed(game, question, choice, tally, drift_of(game), label)
