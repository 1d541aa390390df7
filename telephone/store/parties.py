"""Parties: their members and prompts, and moving them from state to state.

Every change is one transaction that first locks the party's row, so that members who press at once change it one after
the other. Albums are games; each of their seats is kept for one member.
"""

import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.games import HUMAN, GameRequest, GameState, Kind, Level, Pair, Prompt, StepKey
from telephone.domain.human_turns import Seat, SeatState
from telephone.domain.messages import GameMessageKind
from telephone.domain.parties import (
    GUESTS_MIN,
    Album,
    Guest,
    Party,
    PartyRequest,
    PartyState,
    key_of_round,
    player_of,
    rounds_for,
)
from telephone.domain.refusals import NoParty, NotOfParty, PartyClosed, PartyFull, PromptsCollected
from telephone.store import game_reader
from telephone.store.database import Database
from telephone.store.games import add_server, open_order, put
from telephone.store.human_turns import seat_of
from telephone.store.reservations import Order
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, PostRow, ServerRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.parties import GuestRow, PartyPostRow, PartyRow

_GOING: Final = tuple(state for state in PartyState if not state.is_final)
_UNSETTLED: Final = (SeatState.OPEN.value, SeatState.CLAIMED.value)


class Parties:
    """The queries of parties."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, request: PartyRequest, party_id: str | None = None) -> Party:
        """Stores a party that members may join, under its server's next number; its starter is the first member.

        With `party_id` it is stored under that id, once: a repeated call finds it.
        """
        moment = now()
        async with self._database.writing() as session:
            if party_id is not None and await session.get(PartyRow, party_id) is not None:
                return await _one(session, party_id)
            party_id = party_id or secrets.token_hex(8)
            await add_server(self._database, session, request.guild_id)
            number = await session.scalar(
                update(ServerRow)
                .where(col(ServerRow.guild_id) == request.guild_id)
                .values(last_party=col(ServerRow.last_party) + 1)
                .returning(col(ServerRow.last_party))
            )
            row = _values(request) | {"id": party_id, "number": number, "created_at": moment}
            row |= {"state": PartyState.JOINING.value, "due_at": moment + timedelta(seconds=request.seconds)}
            await session.execute(insert(PartyRow).values(row))
            await session.execute(insert(GuestRow).values(_guest(party_id, request.guild_id, request.starter_id)))
            return await _one(session, party_id)

    async def get(self, party_id: str) -> Party:
        """The party of this id. Raises NotFound."""
        async with self._database.reading() as session:
            return await _one(session, party_id)

    async def server_of(self, party_id: str) -> int:
        """The server that a party belongs to. Raises NotFound."""
        query = select(col(PartyRow.guild_id)).where(col(PartyRow.id) == party_id)
        async with self._database.reading() as session:
            guild_id = await session.scalar(query)
        if guild_id is None:
            raise NoParty
        return guild_id

    async def unfinished(self, guild_id: int | None = None) -> list[Party]:
        """The parties that have not ended, of all servers or of one, oldest first."""
        query = select(col(PartyRow.id)).where(_in(_GOING))
        if guild_id is not None:
            query = query.where(col(PartyRow.guild_id) == guild_id)
        async with self._database.reading() as session:
            ids = list(await session.scalars(query.order_by(col(PartyRow.created_at), col(PartyRow.id))))
            return [await _one(session, party_id) for party_id in ids]

    async def join(self, party_id: str, member_id: int) -> Party:
        """Adds a member, who may be one already. Raises NotAllowed where the party is full or joining is over."""
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.state is not PartyState.JOINING:
                raise PartyClosed
            if party.guest(member_id) is None:
                if len(party.guests) >= party.request.players:
                    raise PartyFull
                await session.execute(insert(GuestRow).values(_guest(party_id, party.request.guild_id, member_id)))
            return await _one(session, party_id)

    async def leave(self, party_id: str, member_id: int) -> Party:
        """Removes a member; once albums go round, models take their turns from now on. Raises NotAllowed."""
        mine = and_(col(GuestRow.party_id) == party_id, col(GuestRow.member_id) == member_id)
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            guest = party.guest(member_id)
            if guest is None or guest.left or party.state.is_final:
                raise NotOfParty
            if party.state in (PartyState.JOINING, PartyState.PROMPTS):
                await session.execute(delete(GuestRow).where(mine))
                return await _one(session, party_id)
            await session.execute(update(GuestRow).where(mine).values(left_at=now()))
            await _stand_in(session, party, col(SeatRow.invited_id) == member_id)
            return await _one(session, party_id)

    async def bring(self, party_id: str, member_id: int, prompt: Prompt) -> Party:
        """Stores the prompt of a member's album, in place of an earlier one. Raises NotAllowed."""
        mine = and_(col(GuestRow.party_id) == party_id, col(GuestRow.member_id) == member_id)
        values = {"prompt": prompt.text, "level": prompt.level, "slug": prompt.slug}
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.guest(member_id) is None:
                raise NotOfParty
            if party.state is not PartyState.PROMPTS:
                raise PromptsCollected
            await session.execute(update(GuestRow).where(mine).values(values))
            return await _one(session, party_id)

    async def call(self, party_id: str, too_few: str) -> bool:
        """Ends joining and begins collecting prompts, or stops a party with too few members. False if joining was over.

        `too_few` is the reason that a stopped party keeps; its members are deleted.
        """
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.state is not PartyState.JOINING:
                return False
            if len(party.guests) < GUESTS_MIN:
                await session.execute(delete(GuestRow).where(col(GuestRow.party_id) == party_id))
                return await _move(session, party_id, PartyState.STOPPED, [party.state], reason=too_few)
            due = now() + timedelta(seconds=party.request.seconds)
            return await _move(session, party_id, PartyState.PROMPTS, [party.state], due_at=due)

    async def deal(self, party_id: str, spare: Sequence[Prompt], order: Order, too_few: str) -> bool:
        """Makes an album from each member's prompt, or from a spare one, and moves the party to playing.

        `order` is the most one album may cost; raises OverBudget, and changes nothing, where all together do not fit
        today's budgets. Too few members stop the party, for the reason `too_few`. False where the party is not
        collecting prompts.
        """
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.state is not PartyState.PROMPTS:
                return False
            if len(party.guests) < GUESTS_MIN:
                await session.execute(delete(GuestRow).where(col(GuestRow.party_id) == party_id))
                return await _move(session, party_id, PartyState.STOPPED, [party.state], reason=too_few)
            chairs = len(party.guests)
            rounds = rounds_for(chairs, party.request.rounds)
            total = Order(order.most_usd * chairs, order.caps, chairs)
            host = _game(party, party.request.starter_id, Prompt(""), rounds, 0)
            await open_order(self._database, session, host, total)
            order_of_seats = random.Random(party.request.seed).sample(range(chairs), chairs)
            seated = sorted(zip(order_of_seats, party.guests, strict=True), key=lambda one: one[0])
            for (chair, guest), other in zip(seated, spare, strict=False):
                game = _game(party, guest.member_id, guest.prompt or other, rounds, chair)
                await self._add_album(session, party, game, order, chair)
            return await _move(
                session, party_id, PartyState.PLAYING, [party.state], chairs=chairs, rounds=rounds, due_at=None
            )

    async def _add_album(
        self, session: AsyncSession, party: Party, game: GameRequest, order: Order, chair: int
    ) -> None:
        """Stores one album: a waiting game that is shown in the party's thread, and its owner's chair."""
        moment, owner = now(), game.starter_id
        game_id = await put(self._database, session, game, order)
        await session.execute(
            update(GameRow).where(col(GameRow.id) == game_id).values(state=GameState.WAITING.value, started_at=moment)
        )
        thread = {
            "game_id": game_id,
            "what": GameMessageKind.THREAD.value,
            "guild_id": game.guild_id,
            "began_at": moment,
        }
        await session.execute(insert(PostRow).values(thread | {"message_id": party.thread_id}))
        mine = and_(col(GuestRow.party_id) == party.id, col(GuestRow.member_id) == owner)
        values = {"chair": chair, "game_id": game_id, "prompt": None, "level": None, "slug": None}
        await session.execute(update(GuestRow).where(mine).values(values))

    async def open_round(self, party_id: str, round_: int) -> bool:
        """Opens the next step of every album to the member whose turn it is, or to a model where that member has left.

        False where the round was opened before.
        """
        moment = now()
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.state is not PartyState.PLAYING or party.round != round_ - 1:
                return False
            ends = moment + timedelta(seconds=party.request.seconds)
            key = key_of_round(round_)
            at = {guest.chair: guest.member_id for guest in party.going}
            for album in party.albums:
                if album.game.state.is_final:
                    continue
                member_id = at.get(player_of(album.chair, round_, party.chairs, party.rounds))
                seat = _seat(party, album, key, member_id) | {"opened_at": moment, "deadline": ends}
                seat |= {"half_at": moment + (ends - moment) / 2}
                await session.execute(insert(SeatRow).values(seat))
                if member_id is None:
                    await _go_on(session, album.game.id)
            await session.execute(update(PartyRow).where(col(PartyRow.id) == party_id).values(round=round_))
            return True

    async def stand_in_overdue(self, party_id: str) -> bool:
        """Gives the turns of this round whose time is over or whose member has left to models; False if there are none.

        A member whose time ran out counts as having left. A turn of a paused album keeps at least half of its time.
        """
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            if party.state is not PartyState.PLAYING:
                return False
            await _extend_paused(session, party)
            here = [guest.member_id for guest in party.going]
            gone = or_(col(SeatRow.invited_id).is_(None), col(SeatRow.invited_id).not_in(here))
            late = await _stand_in(session, party, or_(col(SeatRow.deadline) <= now(), gone))
            mine = and_(col(GuestRow.party_id) == party_id, col(GuestRow.member_id).in_(late))
            await session.execute(update(GuestRow).where(mine, col(GuestRow.left_at).is_(None)).values(left_at=now()))
            return bool(late)

    async def go_on(self, party_id: str) -> list[str]:
        """The ids of the queued albums, which models play on; queues albums that wait although it is a model's turn."""
        async with self._database.writing() as session:
            party = await _locked(session, party_id)
            for album in party.albums:
                waits = album.game.state is GameState.WAITING and not album.is_done(party.round)
                if waits and album.seat is not None and album.seat.state is SeatState.STOOD_IN:
                    await _go_on(session, album.game.id)
            queued = [col(GameRow.id).in_([album.game.id for album in party.albums])]
            query = select(col(GameRow.id)).where(*queued, col(GameRow.state) == GameState.QUEUED.value)
            return list(await session.scalars(query))

    async def move(
        self, party_id: str, to: PartyState, *, only_from: Collection[PartyState] = _GOING, reason: str | None = None
    ) -> bool:
        """Moves a party to a state if it is in one of `only_from`; False, and nothing changed, if not."""
        async with self._database.writing() as session:
            return await _move(session, party_id, to, only_from, reason=reason)

    async def next_run(self, party_id: str) -> None:
        """Adds one to the runs of a party."""
        runs = update(PartyRow).where(col(PartyRow.id) == party_id).values(runs=col(PartyRow.runs) + 1)
        async with self._database.writing() as session:
            await session.execute(runs)


async def guild_of_party(session: AsyncSession, party_id: str) -> int:
    """The server that a party belongs to. Raises NotFound."""
    guild_id = await session.scalar(select(col(PartyRow.guild_id)).where(col(PartyRow.id) == party_id))
    if guild_id is None:
        raise NoParty
    return guild_id


def _in(states: Collection[PartyState]) -> ColumnElement[bool]:
    return col(PartyRow.state).in_([state.value for state in states])


async def _move(
    session: AsyncSession, party_id: str, to: PartyState, only_from: Collection[PartyState], **values: Any
) -> bool:
    values |= {"state": to.value} | ({"ended_at": now(), "due_at": None} if to.is_final else {})
    moved = update(PartyRow).where(col(PartyRow.id) == party_id, _in(only_from)).values(values)
    return await session.scalar(moved.returning(col(PartyRow.id))) is not None


async def _go_on(session: AsyncSession, game_id: str) -> None:
    waits = and_(col(GameRow.id) == game_id, col(GameRow.state) == GameState.WAITING.value)
    values = {"state": GameState.QUEUED.value, "runs": col(GameRow.runs) + 1}
    await session.execute(update(GameRow).where(waits).values(values))


async def _stand_in(session: AsyncSession, party: Party, which: ColumnElement[bool]) -> list[int]:
    """Gives unsettled seats of this round to models; returns the members they were kept for."""
    key, ids = key_of_round(max(party.round, 1)), [album.game.id for album in party.albums]
    mine = and_(col(SeatRow.game_id).in_(ids), col(SeatRow.turn) == key.turn, col(SeatRow.kind) == key.kind.value)
    free = and_(mine, col(SeatRow.state).in_(_UNSETTLED), which)
    values = {"state": SeatState.STOOD_IN, "settled_at": now(), "claim_token": None, "claim_expires_at": None}
    stood_in = update(SeatRow).where(free).values(values).returning(col(SeatRow.game_id), col(SeatRow.invited_id))
    found = list(await session.execute(stood_in))
    for game_id, _ in found:
        await _go_on(session, game_id)
    return [member_id for _, member_id in found if member_id is not None]


async def _extend_paused(session: AsyncSession, party: Party) -> None:
    """Restarts the time of a turn in a paused album once half of it is over, so that it does not run out."""
    key, seconds = key_of_round(max(party.round, 1)), timedelta(seconds=party.request.seconds)
    paused = [album.game.id for album in party.albums if album.game.state is GameState.PAUSED]
    which = and_(col(SeatRow.game_id).in_(paused), col(SeatRow.turn) == key.turn, col(SeatRow.kind) == key.kind.value)
    soon = and_(which, col(SeatRow.state).in_(_UNSETTLED), col(SeatRow.deadline) < now() + seconds / 2)
    ends = now() + seconds
    held = case((col(SeatRow.state) == SeatState.CLAIMED.value, ends), else_=col(SeatRow.claim_expires_at))
    await session.execute(update(SeatRow).where(soon).values(deadline=ends, claim_expires_at=held))


def _seat(party: Party, album: Album, key: StepKey, member_id: int | None) -> dict[str, Any]:
    request = party.request
    return {
        "game_id": album.game.id,
        "turn": key.turn,
        "kind": key.kind.value,
        "guild_id": request.guild_id,
        "state": (SeatState.OPEN if member_id is not None else SeatState.STOOD_IN).value,
        "stand_in": request.t2i if key.kind is Kind.PICTURE else request.i2t,
        "claim_seconds": request.seconds,
        "invited_id": member_id,
    }


def _game(party: Party, owner: int, prompt: Prompt, rounds: int, chair: int) -> GameRequest:
    request = party.request
    return GameRequest(
        prompt=prompt,
        pair=Pair(HUMAN, HUMAN),
        turns=rounds // 2,
        seed=request.seed + chair,
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        starter_id=owner,
        nsfw=request.nsfw,
        design="party",
        sealed=True,
    )


def _guest(party_id: str, guild_id: int, member_id: int) -> dict[str, Any]:
    return {"party_id": party_id, "guild_id": guild_id, "member_id": member_id, "joined_at": now()}


def _values(request: PartyRequest) -> dict[str, Any]:
    return {
        "guild_id": request.guild_id,
        "players": request.players,
        "asked_rounds": request.rounds,
        "t2i": request.t2i,
        "i2t": request.i2t,
        "seed": request.seed,
        "seconds": request.seconds,
        "channel_id": request.channel_id,
        "starter_id": request.starter_id,
        "nsfw": request.nsfw,
    }


async def _locked(session: AsyncSession, party_id: str) -> Party:
    """The party, its row locked until the transaction ends."""
    await session.execute(select(col(PartyRow.id)).where(col(PartyRow.id) == party_id).with_for_update())
    return await _one(session, party_id)


async def _one(session: AsyncSession, party_id: str) -> Party:
    query = select(PartyRow).where(col(PartyRow.id) == party_id).execution_options(populate_existing=True)
    row = (await session.scalars(query)).first()
    if row is None:
        raise NoParty
    guests = await _guests(session, party_id)
    posts = await session.scalars(select(PartyPostRow).where(col(PartyPostRow.party_id) == party_id))
    messages = {post.what: post.message_id for post in posts if post.message_id is not None}
    return _party(row, guests, await _albums(session, row, guests), MappingProxyType(messages))


async def _guests(session: AsyncSession, party_id: str) -> list[GuestRow]:
    query = select(GuestRow).where(col(GuestRow.party_id) == party_id)
    query = query.order_by(col(GuestRow.joined_at), col(GuestRow.member_id))
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def _albums(session: AsyncSession, row: PartyRow, guests: Sequence[GuestRow]) -> tuple[Album, ...]:
    chairs = {guest.game_id: guest.chair for guest in guests if guest.game_id is not None}
    if not chairs:
        return ()
    query = game_reader.GAMES.where(col(GameRow.id).in_(chairs), ~col(GameRow.erased))
    games = await game_reader.read(session, query.execution_options(populate_existing=True))
    key = key_of_round(max(row.round, 1))
    seats = await _seats(session, list(chairs), key)
    albums = (Album(chairs[game.id] or 0, game, seats.get(game.id)) for game in games)
    return tuple(sorted(albums, key=lambda album: album.chair))


async def _seats(session: AsyncSession, game_ids: Sequence[str], key: StepKey) -> Mapping[str, Seat]:
    query = select(SeatRow).where(
        col(SeatRow.game_id).in_(game_ids), col(SeatRow.turn) == key.turn, col(SeatRow.kind) == key.kind.value
    )
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.game_id: seat_of(row) for row in rows}


def _party(row: PartyRow, guests: Sequence[GuestRow], albums: tuple[Album, ...], messages: Mapping[str, int]) -> Party:
    request = PartyRequest(
        players=row.players,
        t2i=row.t2i,
        i2t=row.i2t,
        rounds=row.asked_rounds,
        seed=row.seed,
        seconds=row.seconds,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        starter_id=row.starter_id,
        nsfw=row.nsfw,
    )
    return Party(
        id=row.id,
        number=row.number,
        request=request,
        state=PartyState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        run=row.runs,
        round=row.round,
        chairs=row.chairs,
        rounds=row.rounds,
        guests=tuple(_guest_of(guest) for guest in guests),
        albums=albums,
        messages=messages,
        reason=row.reason,
    )


def _guest_of(row: GuestRow) -> Guest:
    prompt = None
    if row.prompt is not None:
        prompt = Prompt(row.prompt, Level(row.level) if row.level else None, row.slug)
    return Guest(row.member_id, row.chair, row.left_at is not None, prompt, row.game_id)
