"""A board in words, for Discord and the terminal alike. Pure.

`shown` makes a name fit for the place; nothing else in a sentence came from people or models.
"""

from collections.abc import Callable
from typing import Final

from telephone.leaderboards.board import Board, BoardCourse, Games, PairRow, PeopleRow
from telephone.leaderboards.unfinished_games import could_have_decided
from telephone.scoring.distance_model import FEWEST_PROMPTS, SETTLED, DistanceBoardRow
from telephone.scoring.intervals import Interval
from telephone.scoring.vote_model import FEWEST_BATTLES, VoteBoardRow
from telephone.scoring.vote_model import SETTLED as SETTLED_POINTS
from telephone.store.scores import Completion

Shown = Callable[[str], str]

KINDS: Final = {"distance": "distance", "votes": "votes", "both": "distance and by votes"}
_BETTER: Final = {
    "distance": "Less distance is better.",
    "votes": "A higher rating is better.",
    "both": "Less distance and a higher rating are better; the two are never added up.",
}
PROVISIONAL: Final = {
    "distance": f"Provisional: on fewer than {FEWEST_PROMPTS} prompts, or an interval of {SETTLED:.2f} or wider.",
    "votes": f"Provisional: in fewer than {FEWEST_BATTLES} battles, or an interval of {SETTLED_POINTS:.0f} or wider.",
}


IN_GROUP: Final = " in its group"
GAMES: Final[dict[Games, str | None]] = {"all": None, "designed": "designed games", "open": "members' open games"}
BEGINS_ONE: Final = "`/telephone start` with `i2t:human` begins one."


def heading(board: Board, shown: Shown = str) -> str:
    """`Pairs by distance, curated, ImageBind`: what is ranked, on which prompts, by which embedder."""
    asked, parts = board.asked, [f"Pairs by {KINDS[board.asked.by]}", which(board)]
    if asked.by != "votes":
        parts.append(shown(embedder(board)))
    if asked.by != "distance" and asked.votes == "unflagged":
        parts.append("unflagged votes")
    return ", ".join(parts)


def which(board: Board) -> str:
    """Which games count: `curated, easy, designed games`."""
    asked = board.asked
    parts = (asked.prompts, asked.level and asked.level.value, GAMES[asked.games])
    return ", ".join(part for part in parts if part)


def embedder(board: Board) -> str:
    """Its label without brackets: `MiniLM (offline)` becomes `MiniLM, offline`."""
    return plain_label(board.judge.label)


def plain_label(label: str) -> str:
    return label.replace(" (", ", ").replace(")", "")


def how_to_read(board: Board) -> str:
    """The turn, what is better, and what stands in brackets."""
    turn = "" if board.asked.by == "votes" else f"After turn {board.turns}. "
    return f"{turn}{_BETTER[board.asked.by]} In brackets: 95% intervals."


def named(row: PairRow, shown: Shown = str) -> str:
    """The pair, with the mark of those that are kin of the embedder."""
    return f"{shown(str(row.pair))}{' †' if row.kin else ''}"


def row_words(row: PairRow, board: Board) -> str:
    """What follows a pair's name: figures, how many games, prompts or votes stand behind them, and its completion."""
    both = board.asked.by == "both"
    figures = []
    if row.distance is not None:
        group = f"group {row.distance.group}, " if board.unjoined else ""
        figures.append(group + _by_distance(row.distance, row.head, named=both))
    if row.votes is not None:
        group = f"group {row.votes.group}, " if board.apart else ""
        figures.append(group + _by_votes(row.votes, named=both))
    return "; ".join([*figures, completed(row.completion)])


def completed(completion: Completion) -> str:
    """`42 of 45 finished (93%): 2 stopped, 1 failed`: of the games that ended, those that were played to the end."""
    ended = completion.finished + completion.stopped + completion.failed
    rate = f" ({completion.finished / ended:.0%})" if ended else ""
    others = {
        "stopped": completion.stopped,
        "failed": completion.failed,
        "playing": completion.started - ended,
        "voided": completion.voided,
    }
    rest = ", ".join(f"{count:,} {what}" for what, count in others.items() if count)
    return f"{completion.finished:,} of {ended:,} finished{rate}{rest and f': {rest}'}"


def verdict(board: Board, shown: Shown = str) -> str:
    """Who has won and who says so, or why nobody has; empty where there is nothing to judge."""
    winner, why = board.verdict.winner, board.verdict.why
    if winner is None:
        return f"Nobody has won: {why}." if why else ""
    labels = " and ".join(shown(label) for label in board.judges)
    who = {"distance": labels, "votes": "the votes", "both": f"{labels}, and the votes"}[board.asked.by]
    return f"{shown(str(winner))} has won{IN_GROUP if board.in_group else ''}, by {who}."


def agreed(board: Board) -> str:
    """How far distance and votes agree; empty where one of the two is not there."""
    found = board.agreement
    if found is None:
        return ""
    if found.tau is None:
        return f"How far the two agree cannot be said yet: {found.why}."
    tau, low, high = (f"{one:.2f}" for one in (found.tau.estimate, found.tau.low, found.tau.high))
    order = f"The two agree on the order of {found.pairs} pairs by τ = {tau} ({low} to {high})"
    return f"{order}; 1 is the same order, 0 none, -1 the reverse."


def people(board: Board, shown: Shown = str, *, briefly: bool = False) -> list[str]:
    """Whether people choose what is nearer, by embedder and level, each on its own; `briefly` without the levels."""
    return [_agrees(row, shown) for row in board.people if not briefly or row.level == board.asked.level]


def _agrees(row: PeopleRow, shown: Shown) -> str:
    found, level = row.agreement, f" on {row.level} prompts" if row.level else ""
    where = f"in {counted(found.battles, 'battle')}{level} ({counted(found.votes, 'vote')})"
    who = f"Of two sides voters chose the nearer one by {shown(row.embedder)}"
    if found.share is None or found.won is None:
        return f"{who}: too early to say, {where}."
    share, won = (f"{one.estimate:.0%} ({one.low:.0%} to {one.high:.0%})" for one in (found.share, found.won))
    return f"{who} with {share} of their votes {where}; 50% is chance. The nearest side won {won} of them."


def notes(board: Board, shown: Shown = str, *, rescore: str = "/telephone-admin rescore") -> list[str]:
    """What must be said beside the figures, a sentence each."""
    by, name = board.asked.by, shown(board.judge.label)
    said: list[str] = []
    if board.unmeasured and by != "votes":
        some = "1 game is" if board.unmeasured == 1 else f"{board.unmeasured:,} games are"
        said.append(f"{some} not measured with {name} yet; {rescore} does that.")
    if board.unread and by != "votes":
        said.append(left_out(board.unread, name))
    if board.heads_differ:
        said.append("Some captions are long. On the first 75 tokens the ranks are others, so both are shown.")
    if board.kin and by != "votes":
        models = ", ".join(shown(model) for model in board.kin)
        said.append(f"† kin of {name}, which may please it: {models}.")
    for kind, sentence in PROVISIONAL.items():
        rows = [row.distance if kind == "distance" else row.votes for row in board.rows]
        if any(row is not None and row.provisional for row in rows):
            said.append(sentence)
    if board.unjoined:
        said.append(unjoined(board.unjoined))
    if board.apart:
        said.append(apart(board.apart))
    if (undecided := unfinished(board, shown)) and by != "votes":
        said.append(undecided)
    if by != "votes" and not board.is_empty:
        said.append("Distances understand English only.")
    return said


def left_out(games: int, embedder: str) -> str:
    """How many games are on no board by an embedder because it cannot read their words."""
    some = "1 game is" if games == 1 else f"{games:,} games are"
    return f"{some} left out: {embedder} cannot read the words."


def apart(groups: int) -> str:
    """That the votes are of several groups, and what joins them."""
    return (
        f"The votes are of {groups} groups of pairs that never met. Each group is ranked by itself: ratings of two "
        "groups cannot be compared until a battle sets pairs of both against each other."
    )


def unjoined(groups: int) -> str:
    """That no prompt joins some pairs, and what would."""
    return (
        f"The games are of {groups} groups of pairs that share no prompt. Each group is ranked by itself: one may have "
        "had easier prompts, so distances of two groups cannot be compared until pairs of both play the same prompt."
    )


def unfinished(board: Board, shown: Shown = str) -> str:
    """That games which were stopped or failed could have decided an order; empty where they could not."""
    found = could_have_decided(board.rows)
    if found is None:
        return ""
    one, other = found.ahead.completion.unfinished, found.behind.completion.unfinished
    lost = [f"{counted(one, 'game')} of the former"] if one else []
    lost += [f"{counted(other, 'game')} of the latter"] if other else []
    more = f" So could they with {counted(found.others, 'other order')}." if found.others else ""
    return (
        f"Games that were stopped or failed could have decided that {shown(str(found.ahead.pair))} is ahead of "
        f"{shown(str(found.behind.pair))}: {' and '.join(lost)} did not get to the end.{more}"
    )


def nothing_here(board: Board) -> str:
    """Why a board is empty, and what to do."""
    asked = board.asked
    if asked.by == "votes":
        return "Nobody has voted here yet. `/telephone battle` sets pairs against each other, and members vote."
    level = f"{asked.level} " if asked.level else ""
    where = "a free prompt" if asked.prompts == "free" else f"a curated {level}prompt"
    if board.unmeasured:
        return f"No game on {where} is measured with this embedder yet."
    if board.unread:
        return f"This embedder cannot read the words of the games on {where} here."
    if asked.games == "open":
        return f"No open game with members on {where} has got to turn {board.turns} here yet. {BEGINS_ONE}"
    if asked.games == "designed":
        return f"No battle or tournament on {where} has ended here yet. `/telephone battle` begins one."
    how = "with words of your own" if asked.prompts == "free" else "with a `level`, or a prompt from its list,"
    return f"No game on {where} has got to turn {board.turns} here yet. `/telephone start` {how} begins one."


def course_words(course: BoardCourse) -> str:
    """What follows a pair's name in the view turn by turn: its first, its middle and its last turn."""
    last = len(course.spans)
    turns = sorted({1, (last + 1) // 2, last})
    told = [f"turn {turn} {_span(course.spans[turn - 1])}" for turn in turns]
    return ", ".join([*told, *(["provisional"] if course.provisional else [])])


def end_words(course: BoardCourse) -> str:
    """What follows a pair's name in the view level by level: where it ends."""
    return f"{_span(course.spans[-1])}{', provisional' if course.provisional else ''}"


def _by_distance(row: DistanceBoardRow, head: DistanceBoardRow | None, *, named: bool) -> str:
    figure = _span(row.distance)
    parts = [f"distance {figure}, rank {row.rank}" if named else figure]
    if head is not None:
        parts.append(f"on 75 tokens {_span(head.distance)}, rank {head.rank}")
    parts.append(f"{counted(row.games, 'game')} on {counted(row.prompts, 'prompt')}")
    return ", ".join([*parts, *(["provisional"] if row.provisional else [])])


def _by_votes(row: VoteBoardRow, *, named: bool) -> str:
    rating = f"{row.rating.estimate:,.0f} ({row.rating.low:,.0f} to {row.rating.high:,.0f})"
    parts = [f"votes {rating}, rank {row.rank}" if named else rating]
    battles = f"{counted(row.votes, 'vote')} in {counted(row.battles, 'battle')}"
    parts.append(f"{battles} on {counted(row.prompts, 'prompt')}" if row.prompts else battles)
    if row.all_bad:
        parts.append(f"{row.all_bad:,} found no side good")
    return ", ".join([*parts, *(["provisional"] if row.provisional else [])])


def _span(span: Interval) -> str:
    return f"{span.estimate:.2f} ({span.low:.2f} to {span.high:.2f})"


def counted(count: int, what: str) -> str:
    """`1 game`, `1,204 games`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
