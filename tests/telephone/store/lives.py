"""One member who has left a trace in every table, among others who have too."""

from datetime import UTC, datetime, timedelta

from telephone.domain.battles import BattleRequest, Choice, Decision, Voter
from telephone.domain.budgets import Caps
from telephone.domain.games import HUMAN, GameRequest, GameState, Kind, Level, Pair, Prompt, Step, StepKey
from telephone.domain.guesses import Question
from telephone.domain.interactions import Acknowledged
from telephone.domain.parties import PartyRequest
from telephone.domain.rescores import RescorePlan
from telephone.store import Bounds, Order, Store
from tests.telephone.store.samples import GUILD, OTHER_GUILD, caption, picture, request
from tests.telephone.store.test_votes import JOINED, MADE

ANN, BEN, ADMIN = 1_100_000_000_000_000_001, 1_100_000_000_000_000_002, 1_100_000_000_000_000_003
WORDS = "grandmother's secret garden in Ulm"
PAIRS = (Pair("stickers", "spotter-sharp"), Pair("doodles", "spotter-hazy"))
_CAPS = Caps(5.0, 5.0, 5.0)


async def live(store: Store, member: int, words: str, *, number: int = 1) -> None:
    """Has a member do all that leaves a trace, on two servers; what only admins do too."""
    game = await store.games.add(request(prompt=words, starter_id=member), Order(0.1, _CAPS))
    await store.steps.keep(game.id, picture(digest=f"{number:02}" * 32))
    await store.steps.keep(game.id, caption(text=f"{words}, seen by a model"))
    await take(store, member, f"{words}, in my words", starter=ADMIN)
    await feast(store, member, f"{words}, at a party")
    await store.guesses.put(game.id, Question.LOST, member, caption().key)
    battle = await store.battles.add(_request(Prompt(f"{words}, fought over"), member), [0, 1])
    await store.battles.open_voting(battle.id)
    for voter, choice in ((member, Choice.A), (ADMIN, Choice.B)):
        await store.votes.cast(battle.id, Voter(voter, MADE, JOINED), choice)
    await store.battles.close(battle.id, early=True)
    await store.reports.add(game.id, picture().key, member, "other")
    await store.reports.dismiss(game.id, picture().key, by=member)
    await store.reports.add(game.id, caption().key, member, "hate")
    await store.prompts.propose(OTHER_GUILD, f"{words}, proposed", Level.EASY, Bounds(9, 9), author_id=member)
    await store.conduct.decide(GUILD, member, Decision.CLEARED, by=ADMIN)
    await store.conduct.decide(OTHER_GUILD, 7_000 + number, Decision.STRUCK, by=member)
    plan = RescorePlan(GUILD, f"prism-{number}", "1", games=1, until=1, most_usd=0.01)
    await store.rescores.begin(plan, Order(0.01, _CAPS), by=member, channel_id=5)
    await store.expenses.reserve(f"errand-{number}", "scale", Order(0.01, _CAPS), guild_id=GUILD, member_id=member)
    await store.members.change(OTHER_GUILD, member, by_name=True)
    await store.acknowledged.add(asked(5_000 + number, member))


def asked(interaction_id: int, member: int, *, worker: str = "a worker", age: float = 0.0) -> Acknowledged:
    """An interaction of a member that waits for its answer, and for how long, in seconds."""
    at = datetime.now(UTC) - timedelta(seconds=age)
    return Acknowledged(interaction_id, 9, "hush", GUILD, 5, member, "telephone start", False, worker, at)


async def take(store: Store, member: int, text: str, *, starter: int, image: str = "77" * 32) -> str:
    """Has a member take the caption of a sealed game that somebody else started; the game's id."""
    pair = Pair("stickers", HUMAN)
    asked = GameRequest(Prompt("a train in the rain"), pair, 1, guild_id=GUILD, starter_id=starter, sealed=True)
    game, key = await store.games.add(asked), StepKey(1, Kind.CAPTION)
    await store.games.move(game.id, GameState.PLAYING, only_from=[GameState.QUEUED])
    await store.steps.keep(game.id, picture(digest=image))
    await store.seats.open(game.id, key, "spotter-sharp", 60, 60)
    await store.seats.wait(game.id, key)
    await store.seats.claim(game.id, key, member, token="a token")
    await store.seats.answer(game.id, Step(key, HUMAN, seed=0, text=text, raw=text), member)
    return game.id


async def feast(store: Store, member: int, words: str) -> None:
    """Has a member start a party and bring a prompt to it; the first turn of an album is kept for them."""
    party = await store.parties.add(PartyRequest(6, "stickers", "spotter-sharp", guild_id=GUILD, starter_id=member))
    for other in (ADMIN, ADMIN + 1):
        await store.parties.join(party.id, other)
    await store.parties.call(party.id, "Too few.")
    await store.party_posts.done(party.id, "thread", 9)
    await store.parties.bring(party.id, member, Prompt(words))
    await store.parties.deal(party.id, [Prompt("a prompt by lot")] * 3, Order(0.0, _CAPS), "Too few.")
    await store.parties.open_round(party.id, 1)


def _request(prompt: Prompt, starter_id: int) -> BattleRequest:
    return BattleRequest(prompt, PAIRS, turns=1, seed=7, guild_id=GUILD, starter_id=starter_id)
