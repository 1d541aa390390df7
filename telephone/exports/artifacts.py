"""A game's artifacts: its replay as a GIF, and a folder with pictures, game.json, chart, replay and album."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telephone.concurrency import off_loop
from telephone.domain.calibration import Bearings
from telephone.domain.games import Game, Image
from telephone.errors import BadInput, Misconfigured
from telephone.exports.game_json import record
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.media.album import album
from telephone.media.charts import describe_drift
from telephone.media.charts.game_chart import GameChart
from telephone.media.images import Pictures
from telephone.media.replay import Frame, replay_gif
from telephone.models.registry import Registry
from telephone.scoring.drift import drift_of

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


@dataclass(frozen=True, slots=True)
class Replay:
    """A game as one animated GIF; `alt` is its alt text."""

    name: str
    data: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class GameArtifacts:
    """Makes artifacts of stored games."""

    pictures: Pictures
    registry: Registry
    measure: GameMeasurer
    calibrations: Calibrations

    async def replay(self, game: Game) -> Replay:
        """A GIF of each picture with the words before and after it. Raises BadInput before the first turn is played."""
        shown = await self._shown(game)
        frames = [
            Frame(turn.n, shown[turn.picture.image], game.text_before(turn.picture.key), turn.caption.text or "")
            for turn in game.turns
            if turn.picture is not None and turn.picture.image is not None and turn.caption is not None
        ]
        if not frames:
            raise BadInput(f"Game #{game.number} has no finished turn yet; try again when its first caption is there.")
        data = await off_loop(replay_gif, frames, pair=str(game.pair), prompt=game.request.prompt.text)
        found = drift_of(game)
        alt = f"Replay of game {game.number}, {game.pair}, {len(frames)} turns."
        if found is not None:
            alt += " " + describe_drift(found.distances, found.biggest_jump)
        return Replay(f"game-{game.number}.gif", data, alt)

    async def write(self, game: Game, folder: Path) -> dict[str, Any]:
        """Writes pictures, game.json, drift.png, replay.gif and album.html; returns what game.json says.

        Raises Misconfigured where the folder cannot be written.
        """
        files = await self._files(game, folder)
        document = json.loads(files["game.json"])
        try:
            await off_loop(_write, folder, files)
        except OSError as error:
            raise Misconfigured(f"The folder {folder} cannot be written ({error.strerror}); name another.") from None
        return dict(document)

    async def _files(self, game: Game, folder: Path) -> dict[str, bytes]:
        shown = await self._shown(game)
        found, embedder = drift_of(game), self.registry.label(game.embedder) if game.embedder else None
        names: dict[str, str] = {}
        files: dict[str, bytes] = {}
        for turn in game.turns:
            if turn.picture is not None and turn.picture.image is not None:
                image = shown[turn.picture.image]
                name = picture_name(turn.n, image)
                files[name], names[str(turn.picture.key)] = image.data, str(folder / name)
        bearings = await self._bearings(game)
        charts: dict[str, Any] = {}
        if found is not None and found.is_known and embedder is not None:
            drawn = GameChart(f"Game {game.number}: {game.pair}", embedder, found, bearings)
            charts["chart"], charts["chart_alt"] = await off_loop(drawn.chart), drawn.alt
            charts["chart_dark"] = await off_loop(drawn.chart, "dark")
            files["drift.png"] = charts["chart"]
        page = await off_loop(album, game, shown, drift=found, embedder=embedder, bearings=bearings, **charts)
        files["album.html"] = page.encode()
        if any(turn.caption for turn in game.turns):
            files["replay.gif"] = (await self.replay(game)).data
        vectors = await self._embeddings(game)
        document = record(game, found, paths=names, embeddings=vectors, bearings=bearings)
        files["game.json"] = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        return files

    async def _shown(self, game: Game) -> Mapping[str, Image]:
        hashes = {turn.picture.image for turn in game.turns if turn.picture is not None and turn.picture.image}
        return {sha256: await self.pictures.get(sha256) for sha256 in hashes}

    async def _bearings(self, game: Game) -> Bearings:
        """The calibration and the rest of a game; a missing calibration is computed where that costs nothing."""
        await self.calibrations.made(game.request.guild_id, game.embedder or "")
        return await self.calibrations.bearings(game)

    async def _embeddings(self, game: Game) -> Mapping[str, list[float]]:
        captions = [turn.caption for turn in game.turns if turn.caption is not None and turn.caption.text]
        embedder = self.measure.embedders.get(game.embedder or "")
        vectors = await embedder.kept([caption.text or "" for caption in captions]) if embedder else {}
        return {
            str(caption.key): [round(float(x), 6) for x in vectors[caption.text]]
            for caption in captions
            if caption.text in vectors
        }


def picture_name(turn: int, image: Image) -> str:
    """The name of a turn's picture in a game's folder."""
    return f"turn-{turn:02}.{_ENDINGS[image.media_type]}"


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
