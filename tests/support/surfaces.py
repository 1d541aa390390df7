"""Presenters that record what they show, and find a post again by its nonce, as those on Discord do."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from telephone.domain.battles import Battle, Result, Side
from telephone.domain.deletions import Spot
from telephone.domain.games import Game, GameState, Image, Step
from telephone.domain.human_turns import Seat, SeatState
from telephone.domain.messages import PartyMessage, PartyMessageKind
from telephone.domain.parties import Awards, Party
from telephone.domain.rescores import Rescore
from telephone.ports.battles import BattlePresenter, Load
from telephone.ports.cleanup import Cleanup
from telephone.ports.games import GamePresenter, Progress, Summary
from telephone.ports.human_turns import TurnPresenter
from telephone.ports.jobs import JobPresenter
from telephone.ports.parties import PartyPresenter
from telephone.ports.posting import Posting


@dataclass
class RecordedGames:
    """The presenter of games and of members' turns: records what it posts, and finds a post again by its nonce.

    `faults` are raised by the next posts, in turn.
    """

    posts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, str, int]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 1_000
    closed: bool = False
    shows: dict[str, str] = field(default_factory=dict)
    summaries: list[Summary] = field(default_factory=list)
    posted: list[Summary] = field(default_factory=list)
    invitations: list[tuple[str, SeatState]] = field(default_factory=list)
    invited_in: list[GameState] = field(default_factory=list)
    nonces: dict[str, int] = field(default_factory=dict)
    reminded: list[tuple[int, bool]] = field(default_factory=list)

    async def _post(self, game: Game, what: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        if posting.again and posting.nonce in self.nonces:
            return self.nonces[posting.nonce]
        self.posts.append((game.id, what))
        self.ids += 1
        self.nonces[posting.nonce] = self.ids
        return self.ids

    async def post_card(self, game: Game, progress: Progress, posting: Posting) -> int:
        return await self._post(game, "card", posting)

    async def open_thread(self, game: Game, posting: Posting) -> int:
        return await self._post(game, "thread", posting)

    async def post_opening(self, game: Game, posting: Posting) -> int:
        return await self._post(game, "opening", posting)

    async def post_step(self, game: Game, step: Step, image: Image | None, posting: Posting) -> int:
        assert (image is None) == (step.text is not None)
        return await self._post(game, str(step.key), posting)

    async def post_summary(self, game: Game, summary: Summary, posting: Posting) -> int:
        message_id = await self._post(game, "summary", posting)
        self.posted.append(summary)
        return message_id

    async def invite(self, game: Game, seat: Seat, posting: Posting) -> int:
        self.invitations.append((str(seat.key), seat.state))
        return await self._post(game, f"invite-{seat.key}", posting)

    async def edit_invitation(self, game: Game, seat: Seat, message_id: int) -> None:
        self.invitations.append((str(seat.key), seat.state))
        self.invited_in.append(game.state)

    async def remind(self, game: Game, seat: Seat, *, by_message: bool) -> None:
        assert seat.claim is not None
        self.reminded.append((seat.claim.member_id, by_message))

    async def edit_opening(self, game: Game) -> None:
        self.shows["opening"] = game.request.prompt.text

    async def edit_step(self, game: Game, step: Step, image: Image | None) -> None:
        assert step.message_id is not None
        assert not (step.hidden and image)
        self.shows[str(step.key)] = "hidden" if step.hidden else step.text or "a picture"

    async def edit_summary(self, game: Game, summary: Summary) -> None:
        self.summaries.append(summary)

    async def edit_card(self, game: Game, progress: Progress, summary: Summary | None = None) -> None:
        self.cards.append((game.id, game.state.value, progress.place))

    async def is_open(self, game: Game) -> bool:
        return not self.closed

    def of(self, game: Game) -> list[str]:
        return [what for game_id, what in self.posts if game_id == game.id]


@dataclass
class RecordedBattles:
    """The presenter of battles.

    `faults` are raised by the next posts, in turn; a card that is `gone` cannot be edited.
    """

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

    async def tell_outage(self, battle: Battle) -> None:
        self.cards.append(("held up", None, battle.votes))

    async def is_open(self, battle: Battle) -> bool:
        return not self.closed

    def of(self, battle: Battle) -> list[str]:
        return [what for battle_id, what in self.posts if battle_id == battle.id]

    def _note(self, battle: Battle, turn: int, pictures: Mapping[int, Image]) -> None:
        self.said[turn] = {
            side.letter: side.game.turns[turn - 1].caption.text if side.place in pictures else "(no picture)"
            for side in battle.sides_at(turn)
        }


@dataclass
class RecordedParties:
    """The presenter of parties. `faults` are raised by the next posts, in turn."""

    posts: list[str] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    awarded: list[Awards] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 9_000
    nonces: dict[str, int] = field(default_factory=dict)

    async def _post(self, what: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        if posting.again and posting.nonce in self.nonces:
            return self.nonces[posting.nonce]
        self.posts.append(what)
        self.ids += 1
        self.nonces[posting.nonce] = self.ids
        return self.ids

    async def post_card(self, party: Party, posting: Posting) -> int:
        return await self._post("card", posting)

    async def open_thread(self, party: Party, posting: Posting) -> int:
        return await self._post("thread", posting)

    async def post_call(self, party: Party, call: PartyMessage, posting: Posting) -> int:
        return await self._post(str(call), posting)

    async def edit_call(self, party: Party, call: PartyMessage) -> None:
        asks_for_prompts = call.kind is PartyMessageKind.PROMPTS
        self.calls.append((str(call), party.brought if asks_for_prompts else party.done))

    async def post_heading(self, party: Party, album: int, posting: Posting) -> int:
        return await self._post(f"album-{album}", posting)

    async def post_replay(self, party: Party, game: Game, data: bytes, alt: str, posting: Posting) -> int:
        assert data.startswith(b"GIF89a")
        return await self._post(f"replay of {game.number}", posting)

    async def post_awards(self, party: Party, awards: Awards, posting: Posting) -> int:
        self.awarded.append(awards)
        return await self._post("awards", posting)

    async def edit_awards(self, party: Party, awards: Awards) -> None:
        self.awarded.append(awards)

    async def tell_outage(self, party: Party) -> None:
        self.cards.append("held up")

    async def edit_card(self, party: Party) -> None:
        self.cards.append(party.state.value)


@dataclass
class RecordedJobs:
    """The presenter of jobs: records the state that was shown, and how many games were measured."""

    shown: list[tuple[str, int]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    ids: int = 5_000

    async def post(self, job: Rescore, label: str, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.shown.append((job.state.value, job.measured))
        self.ids += 1
        return self.ids

    async def edit(self, job: Rescore, label: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.shown.append((job.state.value, job.measured))


@dataclass
class RecordedCleanup:
    """The cleanup of deleted posts: records where it swept.

    `faults` are raised by the next sweeps, in turn; `held` holds them up; `barred` says that posts stay.
    """

    swept: list[Spot] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    barred: bool = False
    held: asyncio.Event | None = None

    async def sweep(self, spot: Spot) -> bool:
        if self.held is not None:
            await self.held.wait()
        if self.faults:
            raise self.faults.pop(0)
        self.swept.append(spot)
        return not self.barred


@dataclass(frozen=True)
class RecordedSurfaces:
    """All presenters of one application."""

    games: GamePresenter
    battles: BattlePresenter
    parties: PartyPresenter
    human_turns: TurnPresenter
    jobs: JobPresenter
    cleanup: Cleanup
