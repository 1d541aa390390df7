"""An arena that remembers what was shown of battles, and to whom which picture belonged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephone.arena import Load
from telephone.game import Image
from telephone.sides import Battle, Result, Side
from telephone.stage import Posting


@dataclass
class Ringside:
    """`faults` are raised by the next posts, in turn; a card that is `gone` cannot be edited."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, str | None, int]] = field(default_factory=list)
    said: dict[int, dict[str, str]] = field(default_factory=dict)
    pictures: dict[str, Image] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    ids: int = 5_000
    closed: bool = False
    gone: bool = False

    async def _post(self, battle: Battle, what: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        assert len(posting.nonce) <= 25
        if posting.nonce in self.sent:
            return self.sent[posting.nonce]
        self.posts.append((battle.id, what))
        self.ids += 1
        self.sent[posting.nonce] = self.ids
        return self.ids

    async def post_card(self, battle: Battle, posting: Posting) -> int:
        return await self._post(battle, "card", posting)

    async def open_thread(self, battle: Battle, posting: Posting) -> int:
        return await self._post(battle, "thread", posting)

    async def post_opening(self, battle: Battle, posting: Posting) -> int:
        return await self._post(battle, "opening", posting)

    async def post_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image], posting: Posting) -> int:
        message_id = await self._post(battle, f"round-{turn}", posting)
        self._note(battle, turn, pictures)
        return message_id

    async def edit_round(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        self._note(battle, turn, pictures)

    async def post_dropped(self, battle: Battle, side: Side, posting: Posting) -> int:
        return await self._post(battle, f"out-{side.letter}", posting)

    async def show_ballot(self, battle: Battle, load: Load, posting: Posting) -> int:
        message_id = await self._post(battle, "ballot", posting)
        self.pictures = {battle.sides[place].letter: image for place, image in (await load()).items()}
        self.gone = False
        return message_id

    async def post_call(self, battle: Battle, posting: Posting) -> int:
        return await self._post(battle, "call", posting)

    async def post_result(self, battle: Battle, result: Result, posting: Posting) -> int:
        self.results.append(result)
        return await self._post(battle, "result", posting)

    async def edit_card(
        self, battle: Battle, load: Load, result: Result | None = None, *, at_once: bool = False
    ) -> int | None:
        self.cards.append((battle.state.value, battle.waits, battle.votes))
        if at_once:
            self.pictures = {battle.sides[place].letter: image for place, image in (await load()).items()}
        return None if self.gone else battle.card_id

    async def is_open(self, battle: Battle) -> bool:
        return not self.closed

    def of(self, battle: Battle) -> list[str]:
        return [what for battle_id, what in self.posts if battle_id == battle.id]

    def _note(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        self.said[turn] = {
            side.letter: side.game.turns[turn - 1].caption.text if side.place in pictures else "(no picture)"
            for side in battle.sides_at(turn)
        }
