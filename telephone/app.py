"""The application: what a cog, a page or the command line may ask for, by feature. It is the only door to the game."""

from dataclasses import dataclass

from telephone.battles.service import BattleService
from telephone.exports import Exporter
from telephone.games.guesses import GuessService
from telephone.games.service import GameService
from telephone.games.turn_service import TurnService
from telephone.interactions import Interactions
from telephone.leaderboards.insights import InsightService
from telephone.leaderboards.pair_report import PairReports
from telephone.leaderboards.service import LeaderboardService
from telephone.leaderboards.vote_review import VoteReview
from telephone.measurement.rescore_service import RescoreService
from telephone.models.catalog import ModelCatalog
from telephone.moderation import Moderation
from telephone.operations import Operations
from telephone.parties.service import PartyService
from telephone.privacy.service import PrivacyService
from telephone.prompts.service import PromptService
from telephone.servers.service import ServerService


@dataclass(frozen=True, slots=True)
class App:
    """One service for each feature. Their functions raise TelephoneErrors whose sentence can be shown as it is."""

    games: GameService
    """Starts, stops, resumes and lists games."""
    turns: TurnService
    """The steps that members take, from claim to answer."""
    guesses: GuessService
    """The questions that spectators answer about a revealed game."""
    battles: BattleService
    """Games side by side, their names hidden, and the votes on them."""
    parties: PartyService
    """Parties: albums that members pass on, one step of each in every round."""
    prompts: PromptService
    """The prompts that games start from by name, and the prompts that members propose."""
    models: ModelCatalog
    """The models that can be chosen, and what is known of each."""
    boards: LeaderboardService
    """Leaderboards: pairs ranked, with a verdict or the reason why there is none."""
    pairs: PairReports
    """How a single pair drifts."""
    insights: InsightService
    """Which T2I is best, which I2T, and which of the two matters more."""
    rescores: RescoreService
    """Old games measured with another embedder."""
    moderation: Moderation
    """Reports of single turns, and moderators' decisions about them."""
    vote_review: VoteReview
    """Votes that an admin should look at."""
    exports: Exporter
    """Files of a server's data to download."""
    servers: ServerService
    """Settings, budgets and pauses of a server."""
    interactions: Interactions
    """Interactions that wait for their answer, also over a restart."""
    operations: Operations
    """The figures that an operator watches."""
    privacy: PrivacyService
    """A member's own data: settings, a copy, and deletion."""
