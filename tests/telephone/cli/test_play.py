"""The `telephone` command, as a process of its own."""

import asyncio
import json
import shlex
import signal
import sys
from pathlib import Path

import jsonschema
import pytest

from telephone.domain.games import Level
from telephone.measurement.repeats import SOURCE
from telephone.store import Bounds, Store

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent.parent.parent


async def telephone(*arguments: str, cwd: Path, **env: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "telephone",
        *arguments,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE.parent), "COLUMNS": "200", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_game_is_played_and_kept_as_its_contract_says(tmp_path):
    status, out, err = await telephone(
        *("play", "two red apples on a table", "--t2i", "stickers", "--i2t", "spotter-sharp"),
        *("--turns", "2", "--seed", "7", "--out", "kept", "--json"),
        cwd=tmp_path,
    )
    assert status == 0, err
    document = json.loads(out)
    jsonschema.validate(document, json.loads((HERE / "contracts" / "game.schema.json").read_text()))
    assert [turn["n"] for turn in document["turns"]] == [1, 2]
    for turn in document["turns"]:
        assert (tmp_path / turn["image"]).read_bytes().startswith(b"\x89PNG")
        assert 0 <= turn["distance"] <= 2
    assert document == json.loads((tmp_path / "kept" / "game.json").read_text())
    assert document["scale"]["floor"]["median"] > document["scale"]["ceiling"]["median"]
    assert document["rest"] is None, "two turns are too few to rest in"
    for name in ("drift.png", "replay.gif", "album.html"):
        assert (tmp_path / "kept" / name).stat().st_size > 1_000


async def test_a_prompt_that_the_embedder_cannot_read_has_no_distance(tmp_path):
    status, out, err = await telephone(
        *("play", "🦊🕰️🧶", "--t2i", "stickers", "--i2t", "spotter-sharp", "--turns", "1", "--out", "kept"), cwd=tmp_path
    )
    assert status == 0, err
    assert "No distance: MiniLM (offline) cannot read these words, so the game counts on no board by it." in out
    document = json.loads((tmp_path / "kept" / "game.json").read_text())
    jsonschema.validate(document, json.loads((HERE / "contracts" / "game.schema.json").read_text()))
    assert [turn["distance"] for turn in document["turns"]] == [None]
    assert not (tmp_path / "kept" / "drift.png").exists()
    assert (tmp_path / "kept" / "replay.gif").stat().st_size > 1_000


async def test_the_same_seed_plays_the_same_game_in_another_process(tmp_path):
    def again(folder: str) -> list[str]:
        return ["play", "a fox mends a clock", "--turns", "2", "--seed", "3", "--out", folder, "--json"]

    first, second = [await telephone(*again(folder), cwd=tmp_path) for folder in ("one", "two")]
    captions = [[turn["caption"] for turn in json.loads(out)["turns"]] for _, out, _ in (first, second)]
    assert captions[0] == captions[1]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["play"], 2, "prompt"),
        (["play", "a fox", "--turns", "31"], 2, "turns"),
        (["play", "ab"], 1, "at least 3 characters"),
        (["play", "x" * 4_001], 1, "4,001 characters"),
        (["play", "a fox", "--t2i", "nobody"], 1, "No model called 'nobody'"),
        (["play", "#easy-999"], 1, "#easy-999"),
        (["replay", "99"], 1, "99"),
        (["insights", "--scores", "absent.csv"], 1, "absent.csv cannot be read: No such file or directory"),
        (["leaderboard", "--votes", "."], 1, "cannot be read"),
    ],
)
async def test_bad_input_gets_one_clear_sentence(tmp_path, arguments, status, words):
    code, out, err = await telephone(*arguments, cwd=tmp_path)
    assert code == status
    assert words in err
    assert "Traceback" not in err
    assert out == ""


async def test_models_lists_all_with_what_a_reader_needs(tmp_path):
    status, out, _ = await telephone("models", "--json", cwd=tmp_path)
    assert status == 0
    by_name = {row["name"]: row for row in json.loads(out)}
    expected = {"name", "kind", "provider", "ready", "why_not", "price_usd", "retired_on", "replacement", "licence"}
    assert all(expected <= set(row) for row in by_name.values())
    assert all(by_name[name]["ready"] for name in ("stickers", "doodles", "spotter-sharp", "spotter-hazy", "minilm"))


async def test_prompts_are_listed_by_level_with_a_servers_own(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / '.telephone' / 'telephone.sqlite'}") as store:
        await store.prompts.propose(7, "a goose reads the news", Level.HARD, Bounds(5, 60), author_id=5)
        await store.prompts.settle(7, 1, "accepted", only_from="waiting")
    status, out, _ = await telephone("prompts", "--level", "hard", "--server", "7", "--json", cwd=tmp_path)
    rows = json.loads(out)
    assert (status, len(rows)) == (0, 14)
    assert {row["level"] for row in rows} == {"hard"}
    assert rows[-1] == {"slug": "#ours-001", "level": "hard", "set": "server", "text": "a goose reads the news"}
    status, out, _ = await telephone("prompts", cwd=tmp_path)
    assert (status, "#impossible-001" in out, "#ours-001" in out) == (0, True, False)


async def test_doctor_says_what_is_missing_and_how_to_get_it(tmp_path):
    status, out, _ = await telephone("doctor", "--json", cwd=tmp_path)
    findings = {finding["what"]: finding for finding in json.loads(out)}
    assert status == 0
    assert findings["Database"]["health"] == "good"
    assert findings["Discord"]["health"] == "missing"
    assert "DISCORD_TOKEN" in findings["Discord"]["remedy"]
    assert findings["Chat"]["health"] == "missing"
    assert "gpt-chat: needs OPENAI_API_KEY" in findings["Chat"]["stands"]


async def test_a_wrong_setting_is_named(tmp_path):
    status, _, err = await telephone("models", cwd=tmp_path, TELEPHONE_EMBEDDER="abacus")
    assert (status, "abacus" in err, "minilm" in err) == (1, True, True)
    status, _, err = await telephone("models", cwd=tmp_path, TELEPHONE_HTTP_PORT="many")
    assert (status, "TELEPHONE_HTTP_PORT" in err) == (1, True)


async def test_a_stored_game_can_be_kept_again_and_the_operator_can_pause(tmp_path):
    data = {"TELEPHONE_DATA_DIR": "kept/.telephone"}
    await telephone("play", "a fox mends a clock", "--turns", "1", "--out", "kept", cwd=tmp_path)
    status, _, err = await telephone("replay", "1", "--out", "again", cwd=tmp_path, **data)
    assert (status, err) == (0, "")
    assert (tmp_path / "again" / "replay.gif").exists()
    assert "Paused" in (await telephone("pause", cwd=tmp_path, **data))[1]
    assert "all paused" in (await telephone("doctor", cwd=tmp_path, **data))[1]
    assert "over" in (await telephone("resume", cwd=tmp_path, **data))[1]


async def test_a_game_cut_off_by_the_keyboard_does_not_disturb_the_next_one(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", "play", "a fox mends a clock", "--turns", "30", "--out", "kept"),
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE.parent)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async for line in process.stdout:
        if line.decode().lstrip().startswith("2 "):
            break
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err.decode()
    status, out, err = await telephone("play", "two red apples", "--turns", "1", "--out", "kept", cwd=tmp_path)
    assert (status, err) == (0, "")
    assert "fox" not in out


async def test_a_game_whose_folder_cannot_be_written_at_its_end_is_kept_and_written_as_told(tmp_path):
    (tmp_path / "my game" / "album.html").mkdir(parents=True)
    status, out, err = await telephone(
        *("play", "two red apples on a table", "--t2i", "stickers", "--i2t", "spotter-sharp"),
        *("--turns", "1", "--seed", "7", "--out", "my game"),
        cwd=tmp_path,
    )
    assert status == 1
    assert "spotter-sharp, 1 turn, seed 7." in out
    said, _, command = err.strip().splitlines()[-1].partition("write it with: ")
    assert said.startswith("The folder my game cannot be written (Is a directory)")
    setting, *words = shlex.split(command)
    name, _, place = setting.partition("=")
    assert words[0] == "telephone"
    again = [word if word != "FOLDER" else "elsewhere" for word in words[1:]]
    status, _, err = await telephone(*again, cwd=tmp_path, **{name: place})
    assert status == 0, err
    assert (tmp_path / "elsewhere" / "album.html").stat().st_size > 1_000


async def test_a_pair_is_told_in_words_and_as_its_contract_says(tmp_path):
    data = {"TELEPHONE_DATA_DIR": "kept/.telephone"}
    for prompt in ("#easy-001", "#easy-002"):
        await telephone("play", prompt, "--turns", "2", "--seed", "3", "--out", "kept", cwd=tmp_path)
    asked = ("pair", "stickers", "spotter-sharp")
    status, out, err = await telephone(*asked, "--json", cwd=tmp_path, **data)
    assert status == 0, err
    document = json.loads(out)
    jsonschema.validate(document, json.loads((HERE / "contracts" / "pair.schema.json").read_text()))
    assert (document["games"], document["prompts"], document["embedder"]) == (2, 2, "minilm")
    assert document["scale"]["source"] == SOURCE
    status, out, _ = await telephone(*asked, "--level", "easy", cwd=tmp_path, **data)
    assert "2 games of 2 turns on 2 easy prompts, provisional." in out
    status, out, err = await telephone("pair", "nobody", "spotter-sharp", cwd=tmp_path, **data)
    assert (status, "No game of this pair" in out) == (0, True)
    status, out, err = await telephone(*asked, "--embedder", "abacus", cwd=tmp_path, **data)
    assert (status, out, "abacus" in err) == (1, "", True)
