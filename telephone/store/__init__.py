"""The store: games, battles, parties and all that belongs to them, in SQLite or Postgres."""

from types import TracebackType
from typing import Self

from telephone.concurrency import off_loop
from telephone.store.acknowledged import AcknowledgedInteractions
from telephone.store.battle_distances import BattleDistances
from telephone.store.battles import Battles
from telephone.store.budgets import Budgets
from telephone.store.database import Database, read_url
from telephone.store.distances import Distances, Measurement
from telephone.store.due import Due
from telephone.store.erasures import Erasures
from telephone.store.expenses import Expense, Expenses
from telephone.store.faults import Faults
from telephone.store.game_posts import StoredPost
from telephone.store.games import Games
from telephone.store.glances import Glance
from telephone.store.guesses import Guesses
from telephone.store.human_turns import Seats
from telephone.store.images import ImageFact, ImageFacts
from telephone.store.leavings import Leavings
from telephone.store.member_data import Traces
from telephone.store.members import Members, Wishes
from telephone.store.migrate import upgrade
from telephone.store.packed_votes import Polls
from telephone.store.pairs import GameContent, PairGame, PairGames
from telephone.store.parties import Parties
from telephone.store.posts import BattlePosts, PartyPosts, Posts
from telephone.store.prompts import Bounds, Prompts, Proposal
from telephone.store.provider_calls import ProviderCalls
from telephone.store.repeats import Redraws
from telephone.store.reports import Report, Reports
from telephone.store.rescores import Rescores
from telephone.store.reservations import Order, Scope
from telephone.store.scored_games import ScoredGames
from telephone.store.scores import Pool, Scores
from telephone.store.servers import Servers
from telephone.store.steps import Asked, Steps
from telephone.store.vectors import Size, Vectors
from telephone.store.voter_decisions import Conduct
from telephone.store.votes import Votes

__all__ = [
    "Asked",
    "Bounds",
    "Expense",
    "GameContent",
    "Glance",
    "ImageFact",
    "Measurement",
    "Order",
    "PairGame",
    "Pool",
    "Proposal",
    "Report",
    "Scope",
    "Size",
    "Store",
    "StoredPost",
    "Wishes",
]


class Store:
    """An open store: one object with queries for each aggregate, all on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changes = database.changes
        self.games = Games(database)
        self.steps = Steps(database)
        self.seats = Seats(database)
        self.guesses = Guesses(database)
        self.posts = Posts(database)
        self.distances = Distances(database)
        self.scores = Scores(database)
        self.scored = ScoredGames(database)
        self.vectors = Vectors(database)
        self.servers = Servers(database)
        self.images = ImageFacts(database)
        self.reports = Reports(database)
        self.budgets = Budgets(database)
        self.expenses = Expenses(database)
        self.rescores = Rescores(database)
        self.redraws = Redraws(database)
        self.pairs = PairGames(database)
        self.battles = Battles(database)
        self.battle_distances = BattleDistances(database)
        self.battle_posts = BattlePosts(database)
        self.parties = Parties(database)
        self.party_posts = PartyPosts(database)
        self.votes = Votes(database)
        self.polls = Polls(database)
        self.conduct = Conduct(database)
        self.prompts = Prompts(database)
        self.members = Members(database)
        self.acknowledged = AcknowledgedInteractions(database)
        self.traces = Traces(database)
        self.erasures = Erasures(database)
        self.due = Due(database)
        self.faults = Faults(database)
        self.leavings = Leavings(database)

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Opens `sqlite:///path` or `postgresql://user@host/name`, with the tables of this version.

        Creates the file and its folder where they are missing. Raises Misconfigured.
        """
        parsed = read_url(url)
        await off_loop(upgrade, parsed)
        return cls(Database(parsed))

    def provider_calls(self, worker: str) -> ProviderCalls:
        """The calls of providers, counted over all processes on this Postgres; this one's are made by `worker`."""
        return ProviderCalls(self._database, worker)

    async def compact(self) -> None:
        """Makes sure that deleted data cannot be read in the database's file."""
        await self._database.compact()

    async def close(self) -> None:
        """Closes every connection. The store cannot be used afterwards."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
