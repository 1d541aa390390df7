"""A server's scores as a CSV: what `telephone export scores` writes, and boards and answers are made of again.

One row a game, embedder and turn; a game that an embedder has not measured has one row without a turn. Rows know the
hash of the whole file, so that whoever reads them sees whether any was changed, added or lost.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from telephone.domain.games import TURNS_MAX, Level, Pair
from telephone.errors import BadInput
from telephone.leaderboards.board import Judge
from telephone.leaderboards.csv_records import clean, quoted, read
from telephone.leaderboards.service import LeaderboardService
from telephone.store.scored_games import PLAYING, VOIDED
from telephone.store.scores import Begun, CellSums, Completion, EmbedderUse, Pool, Sums

WHO: Final = ("game", "t2i", "i2t", "prompt", "level", "seed", "turns", "state")
COLUMNS: Final = (*WHO, "embedder", "version", "judge", "turn", "distance", "step_distance", "head", "flags", "file")
"""The columns of the file. `judge` numbers the embedders whose verdict counts, `flags` are any of FLAGS."""
COUNTED, DESIGNED, FREE, OPEN, UNREAD, APPROXIMATE = "counted", "designed", "free", "open", "unread", "approximate"
FLAGS: Final = (COUNTED, DESIGNED, FREE, OPEN, UNREAD, APPROXIMATE)
STATES: Final = ("finished", "stopped", "failed", PLAYING, VOIDED)
FARTHEST: Final = 2.0
"""The greatest distance there is."""
DIGITS: Final = 16
"""Hexadecimal digits of a file's hash."""
_WHOLE: Final = re.compile(r"[0-9]{1,16}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

Row = tuple[str, ...]
"""A row as it is written, in the order of COLUMNS without the last."""


class Turned(NamedTuple):
    """One turn as boards count it."""

    turn: int
    distance: float
    head: float


@dataclass(frozen=True, slots=True)
class FileGame:
    """One game of a file, by an embedder and version with its turns, in order; empty where it is on no board."""

    pair: Pair
    prompt: str
    level: Level | None
    seed: int
    turns: int
    state: str
    flags: frozenset[str]
    measured: Mapping[tuple[str, str], tuple[Turned, ...]]
    unread: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """The games of a file. `judges` are (embedder, version), those whose verdict counts, the operator's first.

    `stated` is the hash that the rows state, `found` the one that they have.
    """

    games: tuple[FileGame, ...]
    judges: tuple[tuple[str, str], ...]
    stated: str
    found: str

    @property
    def is_intact(self) -> bool:
        """Whether the rows are those that were exported."""
        return self.stated == self.found

    @property
    def is_free(self) -> bool:
        """Whether every game is on a free prompt."""
        return all(FREE in game.flags for game in self.games)

    @property
    def is_open(self) -> bool:
        """Whether every game is one that members played in the open."""
        return all(OPEN in game.flags for game in self.games)


def hash_of(rows: Iterable[Row]) -> str:
    """The hash of a file's rows, in whatever order they stand."""
    digest = hashlib.sha256()
    for line in sorted("\x1f".join(row) for row in rows):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()[:DIGITS]


def read_score_file(lines: Iterable[str]) -> ScoreFile:
    """The games of a file that `telephone export scores` wrote. Raises BadInput, with the line."""
    found = _Rows()
    for line, fields in read(lines, COLUMNS).records:
        found.add(line, fields)
    return found.file()


def boards_of_file(file: ScoreFile, known: Mapping[str, Judge]) -> LeaderboardService:
    """The leaderboards of a file, as a server makes them of its store; `known` has labels and kin of embedders."""

    def judge(name: str, version: str) -> Judge:
        return Judge(name, version, known[name].label, known[name].kin) if name in known else Judge(name, version, name)

    judges = tuple(judge(*whose) for whose in file.judges)
    asked = {one.name for one in judges}
    others = tuple(judge(*whose) for whose in _most_used(file.games) if whose[0] not in asked)
    return LeaderboardService(_Source(FileScores(file)), judges, others)


@dataclass(frozen=True, slots=True)
class _Source:
    """What leaderboards read, of a file."""

    scores: "FileScores"


@dataclass(frozen=True, slots=True)
class FileScores:
    """The queries of boards (telephone.store.scores.Scores), answered from a file."""

    file: ScoreFile

    async def measured(self, pool: Pool, embedder: str, version: str, turn: int) -> list[CellSums]:
        """The counted games at a turn, with both kinds of distance, ordered by pair and prompt."""
        return (await self.curves(pool, embedder, version, [turn]))[turn]

    async def curves(
        self, pool: Pool, embedder: str, version: str, turns: Iterable[int], *, reaching: int | None = None
    ) -> dict[int, list[CellSums]]:
        """As `measured`, at several turns; with `reaching`, only games measured at that turn."""
        whose = embedder, version
        games = [(game, {one.turn: one for one in game.measured.get(whose, ())}) for game in self._of(pool)]
        games = [(game, by_turn) for game, by_turn in games if reaching is None or reaching in by_turn]
        return {turn: _cells([(game, by_turn[turn]) for game, by_turn in games if turn in by_turn]) for turn in turns}

    async def unread(self, pool: Pool, embedder: str, version: str, turn: int) -> int:
        """How many games of at least so many turns would count, were there no words that the embedder cannot read."""
        return sum((embedder, version) in game.unread and game.turns >= turn for game in self._of(pool))

    async def begun(self, pool: Pool) -> list[Begun]:
        """How the games that were begun ended, by pair and planned number of turns."""
        states: dict[tuple[Pair, int], Counter[str]] = defaultdict(Counter)
        for game in self._of(pool):
            states[game.pair, game.turns][game.state] += 1
        order = sorted(states, key=lambda key: (key[0].t2i, key[0].i2t, key[1]))
        return [Begun(*key, _completion(states[key])) for key in order]

    async def embedders(self, guild_id: int) -> list[EmbedderUse]:
        """The embedders and versions of the file, and how many of their games count."""
        known = {whose for game in self.file.games for whose in (*game.measured, *game.unread)}
        counts = {whose: sum(bool(game.measured.get(whose)) for game in self.file.games) for whose in known}
        return [EmbedderUse(*whose, counts[whose]) for whose in sorted(known)]

    async def embedder_names(self, guild_id: int) -> list[str]:
        """The names of these embedders."""
        return list(dict.fromkeys(use.embedder for use in await self.embedders(guild_id)))

    async def states(self, guild_id: int) -> tuple[tuple[str, int, int], ...]:
        """Nothing: a file does not change."""
        return ()

    def _of(self, pool: Pool) -> list[FileGame]:
        wanted = {FREE: pool.free, OPEN: pool.live}
        return [
            game
            for game in self.file.games
            if all((flag in game.flags) == meant for flag, meant in wanted.items())
            and pool.level in (None, game.level)
            and (DESIGNED in game.flags or not pool.designed)
        ]


def _cells(games: Sequence[tuple[FileGame, Turned]]) -> list[CellSums]:
    """Games with equal seeds are merged, then games of one pair on one prompt; as the store does it."""
    seeds: dict[tuple[str, str, str], dict[tuple[str, int], list[Turned]]] = {}
    for game, one in games:
        cell = seeds.setdefault((game.pair.t2i, game.pair.i2t, game.prompt), {})
        cell.setdefault((game.level or "", game.seed), []).append(one)
    return [_cell(key, seeds[key]) for key in sorted(seeds)]


def _cell(key: tuple[str, str, str], seeds: Mapping[tuple[str, int], Sequence[Turned]]) -> CellSums:
    t2i, i2t, prompt = key
    merged = [(np.mean([one.distance for one in some]), np.mean([one.head for one in some])) for some in seeds.values()]
    both = [
        Sums(float(np.mean(column)), float(np.sum((column - np.mean(column)) ** 2))) for column in np.array(merged).T
    ]
    level, plays = min(seeds)[0], sum(map(len, seeds.values()))
    return CellSums(Pair(t2i, i2t), prompt, Level(level) if level else None, len(seeds), plays, *both)


def _completion(states: Counter[str]) -> Completion:
    finished, stopped, failed = (states[name] for name in STATES[:3])
    return Completion(states.total() - states[VOIDED], finished, stopped, failed, states[VOIDED])


class _Rows:
    """The rows read so far."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._stated = ""
        self._games: dict[str, tuple[int, Row, FileGame]] = {}
        self._turns: dict[str, dict[tuple[str, str], list[Turned]]] = {}
        self._unread: dict[str, set[tuple[str, str]]] = {}
        self._judges: dict[int, tuple[str, str]] = {}
        self._seen: dict[tuple[str, ...], int] = {}

    def add(self, line: int, fields: Row) -> None:
        cells = dict(zip(COLUMNS, fields, strict=True))
        self._one_file(line, cells["file"])
        self._rows.append(fields[:-1])
        again = self._seen.setdefault((cells["game"], cells["embedder"], cells["version"], cells["turn"]), line)
        if again != line:
            raise BadInput(f"Line {line} says again what line {again} says of a turn; keep one of the two.")
        number = cells["game"]
        known = self._games.get(number)
        if known is None:
            self._games[number] = (line, fields[: len(WHO)], _game(line, cells))
            self._turns[number], self._unread[number] = {}, set()
        elif known[1] != fields[: len(WHO)]:
            raise BadInput(
                f"Line {line}: game {quoted(number)} is another one on line {known[0]}; write one of the two."
            )
        if cells["embedder"]:
            self._measured(line, number, cells)

    def file(self) -> ScoreFile:
        if not self._games:
            raise BadInput("The file has no scores below its heading; `telephone export scores` writes one.")
        games = tuple(
            replace(
                game,
                measured={whose: tuple(sorted(turns)) for whose, turns in self._turns[number].items()},
                unread=frozenset(self._unread[number]),
            )
            for number, (_, _, game) in self._games.items()
        )
        judges = tuple(self._judges[place] for place in sorted(self._judges)) or _most_used(games)
        if not judges:
            raise BadInput("No row of the file names an embedder; export the scores again.")
        return ScoreFile(games, judges, self._stated, hash_of(self._rows))

    def _one_file(self, line: int, stated: str) -> None:
        if self._rows and stated != self._stated:
            raise BadInput(f"Line {line} is of another file than those above it; rank each export by itself.")
        self._stated = stated

    def _measured(self, line: int, number: str, cells: Mapping[str, str]) -> None:
        whose, flags = (cells["embedder"], cells["version"]), _flags(line, cells["flags"])
        if cells["judge"]:
            place = _whole(line, "judge", cells["judge"])
            if self._judges.setdefault(place, whose) != whose:
                raise BadInput(f"Line {line}: judge {place} is {' '.join(self._judges[place])} above; write one.")
        if UNREAD in flags:
            self._unread[number].add(whose)
        if COUNTED in flags:
            turn = _whole(line, "turn", cells["turn"], 1, TURNS_MAX)
            distance = _distance(line, "distance", cells["distance"])
            head = _distance(line, "head", cells["head"]) if cells["head"] else distance
            self._turns[number].setdefault(whose, []).append(Turned(turn, distance, head))


def _game(line: int, cells: Mapping[str, str]) -> FileGame:
    for name in ("game", "t2i", "i2t", "prompt"):
        if not clean(cells[name]):
            raise BadInput(f"Line {line}: the field {name} is empty; write a name there.")
    if cells["state"] not in STATES:
        raise BadInput(f"Line {line}: the state is {quoted(cells['state'])}; write {', '.join(STATES)}.")
    if cells["level"] not in ("", *Level):
        raise BadInput(f"Line {line}: the level is {quoted(cells['level'])}; write {', '.join(Level)} or nothing.")
    return FileGame(
        Pair(clean(cells["t2i"]), clean(cells["i2t"])),
        cells["prompt"],
        Level(cells["level"]) if cells["level"] else None,
        _whole(line, "seed", cells["seed"]),
        _whole(line, "turns", cells["turns"], 1, TURNS_MAX),
        cells["state"],
        _flags(line, cells["flags"]) & {DESIGNED, FREE, OPEN},
        {},
        frozenset(),
    )


def _flags(line: int, text: str) -> frozenset[str]:
    found = frozenset(text.split())
    if not found <= set(FLAGS):
        raise BadInput(
            f"Line {line}: {quoted(text)} is no list of flags; write any of {', '.join(FLAGS)}, with blanks."
        )
    return found


def _whole(line: int, name: str, text: str, least: int = 0, most: int = 2**53) -> int:
    if not _WHOLE.fullmatch(text.strip()) or not least <= int(text) <= most:
        raise BadInput(f"Line {line}: the field {name} is {quoted(text)}; write a whole number from {least} on.")
    return int(text)


def _distance(line: int, name: str, text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text.strip()) else np.nan
    if not 0 <= value <= FARTHEST:
        raise BadInput(f"Line {line}: the field {name} is {quoted(text)}; write a distance from 0 to 2, such as 0.42.")
    return value


def _most_used(games: Sequence[FileGame]) -> tuple[tuple[str, str], ...]:
    """Each embedder in the version that measured most games, the one with most games first."""
    used = Counter(whose for game in games for whose in game.measured)
    first: dict[str, tuple[str, str]] = {}
    for whose, _ in sorted(used.items(), key=lambda one: (-one[1], one[0])):
        first.setdefault(whose[0], whose)
    return tuple(first.values())
