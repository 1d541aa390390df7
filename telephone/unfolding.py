"""Showing a party in its parlour: every message once, and its albums one after the other at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.errors import BadInput, TelephoneError
from telephone.exports.artifacts import Keepsakes
from telephone.game import Game, GameState
from telephone.models.registry import Registry
from telephone.parlour import Parlour
from telephone.party import Album, Awards, Party, awards
from telephone.showing import Showing, patiently
from telephone.stage import Posting, nonce
from telephone.store import Store

_GIVEN_UP: Final = 0
"""The id of a message that there is no use in posting."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unfolding:
    """Posts what the store says of a party. Raises StageGone, or TimedOut when the parlour does not answer."""

    store: Store
    showing: Showing
    keepsakes: Keepsakes
    registry: Registry
    parlour: Parlour

    async def post(self, party: Party, what: str) -> None:
        """One message of a party: `card`, `thread`, `prompts`, `round-3`, `album-2`, `replay-2` or `awards`."""
        post = await self.store.party_posts.begin(party.id, what)
        if post.message_id is not None:
            return
        posting = Posting(nonce(party.id, what), post.began_at, post.again)
        message_id = await patiently(lambda: self._send(party, what, posting))
        await self.store.party_posts.done(party.id, what, message_id)

    async def reveal(self, album: Album, what: str) -> None:
        """One message of an album: its `opening`, or a step as in `3p`."""
        await self.showing.reveal(album.game, what)

    async def edit_card(self, party: Party) -> None:
        """Brings the card up to date; a card that cannot be edited never stops a party."""
        if party.card_id is None:
            return
        try:
            await self.parlour.edit_card(party)
        except TelephoneError as error:
            _log.warning("card not edited", party=party.id, error=type(error).__name__)
        except Exception:
            _log.exception("a card broke, the party goes on", party=party.id)

    async def edit_call(self, party: Party, what: str) -> None:
        """Brings a call up to date; one that cannot be edited never stops a party."""
        if what not in party.messages:
            return
        try:
            await self.parlour.edit_call(party, what)
        except TelephoneError as error:
            _log.warning("call not edited", party=party.id, error=type(error).__name__)
        except Exception:
            _log.exception("a call broke, the party goes on", party=party.id)

    async def edit_awards(self, party: Party) -> None:
        """Brings the awards up to date where they are posted. Raises as `post` does."""
        if "awards" in party.messages:
            found = await self.awards(party)
            await patiently(lambda: self.parlour.edit_awards(party, found))

    async def awards(self, party: Party) -> Awards:
        """What the albums that were played to the end are awarded for, by the one embedder that measured them all."""
        told = {n: album.game for n, album in numbered(party) if album.game.state is GameState.FINISHED}
        by = {game.embedder for game in told.values()}
        if len(by) == 1 and (embedder := by.pop()) is not None:
            return awards({n: _distances(game) for n, game in told.items()}, self.registry.label(embedder))
        # Distances of two embedders are never set beside each other; one of them may have measured all ends.
        for embedder, far in (await self.store.distances.ends([game.id for game in told.values()])).items():
            return awards({n: [far[game.id]] for n, game in told.items()}, self.registry.label(embedder))
        return Awards()

    async def _send(self, party: Party, what: str, posting: Posting) -> int:
        match what.partition("-"):
            case "card", _, _:
                return await self.parlour.post_card(party, posting)
            case "thread", _, _:
                return await self.parlour.open_thread(party, posting)
            case "album", _, number:
                return await self.parlour.post_heading(party, int(number), posting)
            case "replay", _, number:
                return await self._replay(party, int(number), posting)
            case "awards", _, _:
                return await self.parlour.post_awards(party, await self.awards(party), posting)
        return await self.parlour.post_call(party, what, posting)

    async def _replay(self, party: Party, number: int, posting: Posting) -> int:
        game = dict(numbered(party))[number].game.shown
        try:
            replay = await self.keepsakes.replay(game)
        except BadInput:  # every picture of it is hidden after reports
            return _GIVEN_UP
        return await self.parlour.post_replay(party, game, replay.data, replay.alt, posting)


def numbered(party: Party) -> Sequence[tuple[int, Album]]:
    """The albums with their numbers from 1, in the order in which they are revealed."""
    return tuple((album.chair + 1, album) for album in party.albums)


def _distances(game: Game) -> list[float]:
    return [turn.distance for turn in game.turns if turn.distance is not None]
