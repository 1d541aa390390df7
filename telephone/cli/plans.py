"""`telephone plan`: how many prompts and games it takes, their cost and their time, before any is played."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from telephone.cli.common import Json, Server, inquire
from telephone.cli.designs import names_by_commas
from telephone.cli.insights import Embedder, level_named
from telephone.cli.output import print_json, screen
from telephone.domain.games import NO_GUILD, TURNS_MAX
from telephone.errors import BadInput

if TYPE_CHECKING:
    from telephone.bootstrap import Runtime
    from telephone.leaderboards.board import BoardRequest
    from telephone.scoring.planning import Plan, PlanSpreads

PAIRS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """What a server knows: spreads, prompts at hand, and of one game of each named pair dollars and seconds, added up.

    `usd` and `most_usd` are None where no pair is named, `seconds` also where one of its models has not played here.
    """

    spreads: "PlanSpreads | None"
    turns: int
    prompts: int
    usd: float | None
    most_usd: float | None
    seconds: float | None


def plan(
    gap: Annotated[
        float, typer.Option(min=0.001, max=2, help="The difference between two pairs to find, in distance.")
    ],
    pairs: Annotated[int | None, typer.Option(min=2, max=PAIRS_MAX, help="How many pairs play.")] = None,
    t2i: Annotated[str | None, typer.Option(help="Who draws, by commas; tells cost and time, with --i2t.")] = None,
    i2t: Annotated[str | None, typer.Option(help="Who describes, by commas.")] = None,
    power: Annotated[float, typer.Option(min=0.06, max=0.999, help="With which probability to find it.")] = 0.8,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="Games of each pair on each prompt.")] = 1,
    prompts: Annotated[int | None, typer.Option(min=2, help="Prompts at hand; left out, those of the list.")] = None,
    pair_prompt_sd: Annotated[
        float | None, typer.Option(min=0, max=1, help="What a prompt adds to one pair alone; left out, as played here.")
    ] = None,
    game_sd: Annotated[
        float | None, typer.Option(min=0, max=1, help="How games of one pair on one prompt scatter; left out, as here.")
    ] = None,
    level: Annotated[str | None, typer.Option(help="Only prompts of this level.")] = None,
    turns: Annotated[
        int | None, typer.Option(min=1, max=TURNS_MAX, help="After which turn; 10 or the usual length.")
    ] = None,
    embedder: Embedder = None,
    server: Server = NO_GUILD,
    as_json: Json = False,
) -> None:
    """Tells how many prompts and games it takes to find a difference, what they cost and how long they last."""
    from telephone.leaderboards.board import BoardRequest
    from telephone.scoring import planning

    if (pair_prompt_sd is None) != (game_sd is None):
        raise typer.BadParameter("state both --pair-prompt-sd and --game-sd, or neither", param_hint="--game-sd")
    if (t2i is None) != (i2t is None) or (t2i is None) == (pairs is None):
        raise typer.BadParameter("say --pairs HOW-MANY, or name models with --t2i and --i2t", param_hint="--pairs")
    named = [names_by_commas(one, option) for one, option in ((t2i, "--t2i"), (i2t, "--i2t")) if one is not None]
    asked = BoardRequest(server, level=level_named(level), embedder=embedder, turns=turns)
    known = inquire(lambda runtime: _ask(runtime, asked, named))
    stated = pair_prompt_sd is not None and game_sd is not None
    spreads = planning.PlanSpreads(pair_prompt_sd or 0.0, game_sd or 0.0) if stated else known.spreads
    if spreads is None:
        raise BadInput(
            "How far pairs and prompts scatter is not known here yet: play two pairs on two prompts or more, or state "
            "--pair-prompt-sd and --game-sd, such as 0.05 and 0.03."
        )
    count = pairs if pairs is not None else len(named[0]) * len(named[1])
    there = prompts if prompts is not None else known.prompts
    found = {
        "two": planning.plan(spreads, gap, power, repeats=repeats, there=there),
        "best": planning.plan(spreads, gap, power, repeats=repeats, there=there, tests=max(1, count - 1)),
    }
    asked_for = {"gap": gap, "power": power, "pairs": count, "repeats": repeats, "prompts_at_hand": there}
    document = {**asked_for, "turns": known.turns, "spreads": asdict(spreads)}
    document |= {name: _answer(one, known, count, repeats) for name, one in found.items()}
    if as_json:
        print_json(document)
        return
    for sentence in _sentences(document, spreads, stated=stated):
        screen().print(sentence, highlight=False, markup=False, soft_wrap=True)


async def _ask(runtime: "Runtime", asked: "BoardRequest", named: list[list[str]]) -> Known:
    from telephone.leaderboards.board import cells_of
    from telephone.models.pricing import most_usd
    from telephone.prompts.catalog import offered
    from telephone.scoring.planning import spreads_of

    read = await runtime.app.boards.read(asked)
    judge, level = read.judges[0], asked.level
    sums = await runtime.store.scores.measured(read.asked.pool, judge.name, judge.version, read.turns)
    spreads = spreads_of(cells_of(sums)) if sums else None
    prompts = [one for one in await offered(runtime.store, asked.guild_id) if level in (None, one.level)]
    if not named:
        return Known(spreads, read.turns, len(prompts), None, None, None)
    registry, seconds = runtime.players.registry, await runtime.store.scored.seconds(asked.guild_id)
    pairs = [(registry.table(a, "t2i"), registry.table(b, "i2t")) for a in named[0] for b in named[1]]
    models = [model for pair in pairs for model in pair]
    timed = all(model.name in seconds for model in models)
    return Known(
        spreads,
        read.turns,
        len(prompts),
        read.turns * sum(model.price_usd for model in models),
        sum(most_usd(read.turns, *pair, runtime.measure.most_usd(read.turns)) for pair in pairs),
        read.turns * sum(seconds[model.name] for model in models) if timed else None,
    )


def _answer(one: "Plan", known: Known, pairs: int, repeats: int) -> dict[str, Any]:
    from telephone.scoring.planning import games

    def added(of_one: float | None) -> float | None:
        return None if one.prompts is None or of_one is None else one.prompts * repeats * of_one

    return {
        "prompts": one.prompts,
        "games": None if one.prompts is None else games(pairs, one.prompts, repeats),
        "usd": added(known.usd),
        "most_usd": added(known.most_usd),
        "seconds": added(known.seconds),
        "power_with_these_prompts": one.reached,
        "most_power_with_these_prompts": one.most,
    }


def _sentences(said: dict[str, Any], spreads: "PlanSpreads", *, stated: bool) -> list[str]:
    each = "1 game" if said["repeats"] == 1 else f"{said['repeats']:,} games"
    known = spreads.interval
    ends = f" ({known.low:.3f} to {known.high:.3f})" if known else ""
    rest = "As stated" if stated else f"As played here, with {spreads.prompts_df} degrees of freedom"
    scatter = f"games of one pair on one prompt scatter by {spreads.game:.3f}"
    if not stated and not spreads.games_df:
        scatter = "how games on one prompt scatter is not known apart from it, since none was repeated"
    heads = {
        "two": "To tell two pairs apart that were chosen beforehand",
        "best": f"To be sure of the best of {said['pairs']:,} pairs, ahead of every other by as much",
    }
    lines = [
        f"{rest}, a prompt adds {spreads.pair_prompt:.3f}{ends} to one pair alone; {scatter}.",
        f"A gap of {said['gap']:g} is found with {said['power']:.0%} probability, at 95%, with {each} of each pair on "
        "each prompt:",
        *(_needs(head, said[name], said) for name, head in heads.items()),
    ]
    best = said["best"]
    cap = (
        f"Prompts cap power: on {said['prompts_at_hand']:,} prompts the best is found with "
        f"{best['power_with_these_prompts']:.0%} probability, and with {best['most_power_with_these_prompts']:.0%} at "
        "most, however many games are played on them."
    )
    return [*lines, cap, *_costs(best)]


def _needs(head: str, one: dict[str, Any], said: dict[str, Any]) -> str:
    if one["prompts"] is None:
        return f"- {head}: no number of prompts that could be played."
    short = one["prompts"] - said["prompts_at_hand"]
    more = f", {short:,} more than there are" if short > 0 else ""
    return f"- {head}: {one['prompts']:,} prompts{more}, {one['games']:,} games of {said['turns']} turns."


def _costs(one: dict[str, Any]) -> list[str]:
    """What the larger of the two plans costs, and how long it lasts."""
    if one["usd"] is None:
        return ["Name the models with --t2i and --i2t to hear what these games cost and how long they last."]
    cost = f"They cost ${one['usd']:.2f}, ${one['most_usd']:.2f} at most with every step tried again."
    if one["most_usd"] == 0:
        cost = "They cost nothing."
    if one["seconds"] is None:
        return [cost, "How long they last is not known: not all of these models have played here."]
    hours = one["seconds"] / 3600
    last = f"{hours:.1f} hours" if hours >= 1 else f"{one['seconds'] / 60:.0f} minutes"
    return [cost, f"One after another, at the pace they had here, they last {last}."]
