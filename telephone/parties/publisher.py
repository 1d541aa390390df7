"""Publishes a party: posts every message once, and reveals its albums one after the other at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Game, GameState
from telephone.domain.messages import GameMessage, PartyMessage, PartyMessageKind
from telephone.domain.parties import Album, Awards, Party, awards
from telephone.errors import BadInput
from telephone.exports.artifacts import GameArtifacts
from telephone.games.publisher import GamePublisher
from telephone.models.registry import Registry
from telephone.ports.parties import PartyPresenter
from telephone.ports.posting import Posting
from telephone.publishing import patiently, post_once, without_stopping
from telephone.store import Store

_GIVEN_UP: Final = 0
"""Stored in place of a message id where there is nothing to post."""


@dataclass(frozen=True, slots=True)
class PartyPublisher:
    """Posts and edits a party's messages as stored. Raises StageGone, also where the presenter does not answer."""

    store: Store
    game_publisher: GamePublisher
    artifacts: GameArtifacts
    registry: Registry
    presenter: PartyPresenter

    async def post(self, party: Party, message: PartyMessage) -> None:
        """Posts one message of a party."""

        async def send(posting: Posting) -> int:
            return await self._send(party, message, posting)

        await post_once(self.store.party_posts, party.id, str(message), send, scope=lambda _: str(message))

    async def reveal(self, album: Album, message: GameMessage) -> None:
        """Posts one message of an album: its opening, or a step."""
        await self.game_publisher.reveal(album.game, message)

    async def edit_card(self, party: Party) -> None:
        """Brings the card up to date; a failed edit never stops a party."""
        if party.card_id is not None:
            await without_stopping(self.presenter.edit_card(party), "card", party=party.id)

    async def edit_card_of(self, party_id: str) -> None:
        """Brings the card up to date with what is stored; never raises an Exception."""

        async def edit() -> None:
            await self.edit_card(await self.store.parties.get(party_id))

        await without_stopping(edit(), "card", party=party_id)

    async def tell_outage(self, party: Party) -> None:
        """Says on the card that an outage of ours holds the party up; never raises an Exception."""
        await without_stopping(self.presenter.tell_outage(party), "card", party=party.id)

    async def edit_call(self, party: Party, message: PartyMessage) -> None:
        """Brings a call up to date; a failed edit never stops a party."""
        if str(message) in party.messages:
            await without_stopping(self.presenter.edit_call(party, message), "call", party=party.id)

    async def edit_awards(self, party: Party) -> None:
        """Brings posted awards up to date. Raises as `post` does."""
        if PartyMessageKind.AWARDS in party.messages:
            found = await self.awards(party)
            await patiently(lambda: self.presenter.edit_awards(party, found))

    async def awards(self, party: Party) -> Awards:
        """The awards of the finished albums, by an embedder that has measured all of them; without one, no awards."""
        finished = {n: album.game for n, album in numbered(party) if album.game.state is GameState.FINISHED}
        embedders = {game.embedder for game in finished.values()}
        if len(embedders) == 1 and (embedder := embedders.pop()) is not None:
            return awards({n: _distances(game) for n, game in finished.items()}, self.registry.label(embedder))
        # Distances of two embedders are never compared; one embedder may have measured the last captions of all.
        for embedder, far in (await self.store.distances.ends([game.id for game in finished.values()])).items():
            return awards({n: [far[game.id]] for n, game in finished.items()}, self.registry.label(embedder))
        return Awards()

    async def _send(self, party: Party, message: PartyMessage, posting: Posting) -> int:
        match message:
            case PartyMessage(PartyMessageKind.CARD):
                return await self.presenter.post_card(party, posting)
            case PartyMessage(PartyMessageKind.THREAD):
                return await self.presenter.open_thread(party, posting)
            case PartyMessage(PartyMessageKind.PROMPTS | PartyMessageKind.ROUND):
                return await self.presenter.post_call(party, message, posting)
            case PartyMessage(PartyMessageKind.ALBUM, int(number)):
                return await self.presenter.post_heading(party, number, posting)
            case PartyMessage(PartyMessageKind.REPLAY, int(number)):
                return await self._replay(party, number, posting)
            case PartyMessage(PartyMessageKind.AWARDS):
                return await self.presenter.post_awards(party, await self.awards(party), posting)
        raise ValueError(f"a party has no message {message}")

    async def _replay(self, party: Party, number: int, posting: Posting) -> int:
        game = dict(numbered(party))[number].game.shown
        try:
            replay = await self.artifacts.replay(game)
        except BadInput:  # every picture of it is hidden after reports
            return _GIVEN_UP
        return await self.presenter.post_replay(party, game, replay.data, replay.alt, posting)


def numbered(party: Party) -> Sequence[tuple[int, Album]]:
    """The albums with their numbers from 1, in the order in which they are revealed."""
    return tuple((album.chair + 1, album) for album in party.albums)


def _distances(game: Game) -> list[float | None]:
    return [turn.distance for turn in game.turns if turn.measured]
