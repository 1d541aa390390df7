"""Every model of the article and today's: listed with the right reason, tried for at most a dollar, and played.

The adapters are the real ones; the providers are on loopback (tests/standin_providers).
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import discord
import pytest

from telephone.domain.games import Game, GameState
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin_providers import StandinApis

BOT = [sys.executable, "-m", "bot"]
TURNS = 10
PAIRS = [
    ("dalle2", "blip"),
    ("stable-diffusion", "minigpt4"),
    ("vqgan-clip", "clip-prefix"),
    ("gpt-image", "mplug-owl"),
]
OPENAI_KEY, REPLICATE_TOKEN = "sk-acceptance-0123456789abcdef", "r8_acceptance0123456789abcdef"
ARTICLES = {"dalle2", "stable-diffusion", "vqgan-clip", "blip", "clip-prefix", "mplug-owl", "minigpt4", "blip2"}
OUTPUTS = {
    "51a43c9d": lambda text: [word + " " for word in text.split()],  # mPLUG-Owl streams
    "9a34a633": lambda text: [{"text": text}],
    "28b5242d": lambda pictures: pictures[0],
    "2e1dddc8": lambda text: f"Caption: {text}",
    "florence-2": lambda text: {"text": text},
}
"""How these models' versions word what they answer; the others answer plainly."""
TODAYS = {"gpt-image", "flux-schnell", "flux-dev", "sdxl", "gpt-vision", "moondream2", "llava", "florence2", "qwen-vl"}


def keys(apis: StandinApis, folder: Path) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": f"{apis.url}/v1",
        "REPLICATE_API_TOKEN": REPLICATE_TOKEN,
        "REPLICATE_BASE_URL": apis.url,
        "TELEPHONE_DOWNLOAD_HOSTS": "127.0.0.1",
        "TELEPHONE_MODERATION": "offline",
        "TELEPHONE_DATA_DIR": str(folder),
    }


async def telephone(*arguments: str, cwd: Path, **env: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *arguments),
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_every_model_is_listed_with_what_it_needs(tmp_path):
    status, out, err = await telephone("models", "--json", cwd=tmp_path)
    assert status == 0, err
    rows = {row["name"]: row for row in json.loads(out)}
    assert set(rows) >= ARTICLES | TODAYS
    assert rows["dalle2"]["retired_on"] == "2026-05-12"
    assert rows["dalle2"]["replacement"] == "gpt-image"
    assert "OPENAI_API_KEY" in rows["gpt-image"]["why_not"]
    assert "REPLICATE_API_TOKEN" in rows["blip"]["why_not"]
    assert "REPLICATE_API_TOKEN" in rows["imagebind"]["why_not"]
    assert "Discord" in rows["human"]["why_not"]
    assert all(row["licence"] for row in rows.values())
    assert {name for name, row in rows.items() if row["ready"]} == {
        *("stickers", "doodles", "spotter-sharp", "spotter-hazy", "minilm")
    }


@pytest.mark.long
async def test_the_operators_first_command_tries_every_ready_model_for_at_most_a_dollar(tmp_path):
    async with StandinApis.open() as apis:
        apis.outputs = OUTPUTS
        env = keys(apis, tmp_path / "data")
        status, out, err = await telephone(
            "doctor", "--live", "--yes", "--only", "models", "--json", cwd=tmp_path, **env
        )
    assert status in (0, 1), err
    tried = [row for row in json.loads(out) if row["what"].startswith("Try ")]
    assert {row["name"] for row in tried} >= (ARTICLES | TODAYS | {"minilm", "imagebind"})
    assert [(row["name"], row["said"]) for row in tried if not row["played"]] == []
    assert sum(row["usd"] for row in tried) <= 1.0
    assert OPENAI_KEY not in out + err
    assert REPLICATE_TOKEN not in out + err


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_the_articles_pairs_play_ten_turns_on_discord_and_no_key_is_left_anywhere(standin: Standin, tmp_path):
    data = tmp_path / "data"
    async with StandinApis.open() as apis:
        apis.outputs = OUTPUTS
        guild = standin.create_guild("Players")
        channel = guild.create_text_channel("telephone")
        ada = guild.add_member("ada", permissions=discord.Permissions(manage_guild=True))
        budget = {"TELEPHONE_BUDGET_OPERATOR": "20", "TELEPHONE_BUDGET_SERVER": "20", "TELEPHONE_BUDGET_MEMBER": "20"}
        bot = await standin.run_bot(BOT, env={**keys(apis, data), **budget})
        await ada.slash(channel, "telephone-admin limits", parallel=4)
        for t2i, i2t in PAIRS:
            await ada.slash(channel, "telephone start", prompt="#easy-001", t2i=t2i, i2t=i2t, turns=TURNS, seed=3)
        games = await _ended(standin, data, guild.id)
        for game in games:
            assert game.state is GameState.FINISHED, game.reason
            assert len(game.steps) == 2 * TURNS
            assert game.cost_usd > 0
            assert all(step.text or step.image for step in game.steps)
        assert {(game.pair.t2i, game.pair.i2t) for game in games} == set(PAIRS)
        await standin.until(lambda: _finished_cards(standin, channel) == len(PAIRS))
        measured = await _measured(standin, data, guild.id)
        assert all(turn.distance is not None for game in measured for turn in game.turns)
        calls = [_seen(made["input"], apis) for made in apis.predictions.values() if "imagebind" in made["model"]]
        assert len(calls) == len({json.dumps(given) for given in calls}), "each text and picture was paid for once"
        said = {game.request.prompt.text for game in measured} | {t.caption.text for g in measured for t in g.turns}
        booked = [given for given in calls if given["modality"] == "vision" or given["text_input"] in said]
        assert len(booked) > len(said), "words and pictures"
        seconds = 2.0  # as the stand-in reports them
        assert sum(game.costs.scoring for game in measured) == pytest.approx(len(booked) * seconds * 0.000225)
        await bot.stop()
        _no_key_anywhere(data, bot.log, json.dumps([sent.payload for sent in standin.sent], default=str))


def _seen(given: dict[str, str], apis: StandinApis) -> dict[str, str]:
    """An input with the picture's hash in place of the address, of which each upload has another."""
    if given["modality"] != "vision":
        return given
    return given | {"input": apis.files[given["input"].rpartition("/")[2]]["shown"]["checksums"]["sha256"]}


async def _ended(standin: Standin, data: Path, guild_id: int) -> list[Game]:
    async with await Store.open(f"sqlite:///{data / 'telephone.sqlite'}") as store, asyncio.timeout(standin.patience):
        while True:
            games = await store.games.recent(guild_id)
            if len(games) == len(PAIRS) and all(game.state.is_final for game in games):
                return games
            await asyncio.sleep(0.5)


async def _measured(standin: Standin, data: Path, guild_id: int) -> list[Game]:
    """The games, once ImageBind has measured them all."""
    async with await Store.open(f"sqlite:///{data / 'telephone.sqlite'}") as store, asyncio.timeout(standin.patience):
        while True:
            games = await store.games.recent(guild_id)
            if {game.embedder for game in games} == {"imagebind"}:
                return games
            await asyncio.sleep(0.5)


def _finished_cards(standin: Standin, channel) -> int:
    return sum("finished" in message.text for message in standin.messages(channel))


def _no_key_anywhere(data: Path, *texts: str) -> None:
    secrets = (OPENAI_KEY, REPLICATE_TOKEN)
    for text in texts:
        assert not any(secret in text for secret in secrets)
    files = [path for path in data.rglob("*") if path.is_file()]
    assert any(path.name == "engine.sqlite" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in secrets), path


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_bot_killed_between_submit_and_collect_pays_replicate_once(standin: Standin, tmp_path):
    data, turns = tmp_path / "data", 4
    async with StandinApis.open() as apis:
        apis.outputs, apis.looks_until_done = OUTPUTS, 4
        guild = standin.create_guild("Players")
        channel, ada = guild.create_text_channel("telephone"), guild.add_member("ada")
        bot = await standin.run_bot(BOT, env=keys(apis, data))
        await ada.slash(
            channel, "telephone start", prompt="#easy-002", t2i="stable-diffusion", i2t="blip", turns=turns, seed=3
        )
        for paid in (1, 3, 5):
            await standin.until(lambda paid=paid: len(apis.billed) >= paid)
            bot.kill()
            await bot.ended()
            await bot.restart()
        await standin.until(lambda: _finished_cards(standin, channel) == 1)
        async with await Store.open(f"sqlite:///{data / 'telephone.sqlite'}") as store:
            game = await store.games.by_number(guild.id, 1)
        assert len(game.steps) == 2 * turns
        played = [made for made in apis.predictions.values() if "imagebind" not in made["model"]]
        assert len(played) == 2 * turns
        assert game.possibly_billed_twice_usd == 0
