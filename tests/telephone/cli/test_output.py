"""What the commands print where the output is not in UTF-8, and what is told of places that are full or shut."""

import asyncio
import errno
import json
import os
import sys
from pathlib import Path

import pytest

from telephone import cli
from telephone.errors import Misconfigured
from tests.telephone.cli.test_play import HERE

OUTPUTS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp437": {"PYTHONIOENCODING": "cp437:strict"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
CODECS = {"C": "ascii"}
VOTES = "a_t2i,a_i2t,b_t2i,b_i2t,outcome,voter\ngröße,“x”,狐,y…,a,ann\ngröße,“x”,狐,y…,a,bob\n"


async def telephone(*arguments: str, cwd: Path, output: str, **env: str) -> tuple[int, str, str]:
    """Exit status, and what was printed, in the encoding of the output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *arguments),
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE.parent), "COLUMNS": "120", **OUTPUTS[output], **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    codec = CODECS.get(output, output)
    return process.returncode or 0, out.decode(codec), err.decode(codec)


@pytest.mark.slow
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", ["models", "prompts", "leaderboard --votes votes.csv", "doctor", "play --help"])
async def test_every_output_gets_what_its_encoding_has(tmp_path, output, command):
    (tmp_path / "votes.csv").write_text(VOTES, encoding="utf-8")
    status, out, err = await telephone(*command.split(), cwd=tmp_path, output=output)
    assert (status, "Traceback" in err) == (0, False), err
    assert len(out) > 100
    if "--votes" in command:
        assert {"ascii": 'grosse x "x"', "C": 'grosse x "x"', "cp1252": "größe × “x”", "latin-1": 'größe × "x"'}.get(
            output, "größe"
        ) in out


@pytest.mark.slow
@pytest.mark.parametrize("output", ["ascii", "cp1252"])
async def test_json_loses_nothing_on_any_output(tmp_path, output):
    (tmp_path / "votes.csv").write_text(VOTES, encoding="utf-8")
    status, out, _ = await telephone("leaderboard", "--votes", "votes.csv", "--json", cwd=tmp_path, output=output)
    assert status == 0
    assert {pair["t2i"] for pair in json.loads(out)["pairs"]} == {"größe", "狐"}


@pytest.mark.slow
async def test_a_game_is_shown_and_kept_on_an_output_without_its_letters_in_a_folder_of_any_name(tmp_path):
    name = "bot #1 a%20b [red] :fox: what?"
    asked = ("play", "größe 狐: a fox mends a clock", "--turns", "1", "--seed", "1", "--out", name)
    status, out, err = await telephone(*asked, cwd=tmp_path, output="cp1252")
    assert (status, err) == (0, "")
    assert "größe ?: a fox mends a clock" in out
    assert f"The result lies in {name}: open {name}/album.html" in out
    assert [path.name for path in tmp_path.iterdir()] == [name]
    document = json.loads((tmp_path / name / "game.json").read_text(encoding="utf-8"))
    assert document["prompt"] == "größe 狐: a fox mends a clock"
    assert (tmp_path / document["turns"][0]["image"]).is_file()
    kept = {path.name for path in (tmp_path / name / ".telephone").iterdir()}
    assert {"telephone.sqlite", "engine.sqlite", "pictures"} <= kept


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("status",), ("play", "a fox mends a clock", "--out", "taken")])
async def test_a_file_in_place_of_a_folder_is_named_to_whoever_sits_there(tmp_path, arguments):
    (tmp_path / "taken").write_text("no folder")
    status, out, err = await telephone(*arguments, cwd=tmp_path, output="ascii", TELEPHONE_DATA_DIR="taken")
    assert (status, out) == (1, "")
    assert str(tmp_path / "taken") in err
    assert len(err.splitlines()) == 1
    assert "tell the operator" not in err


def failing(monkeypatch, error: Exception) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "entry_points", lambda group: ())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_is_full_or_shut_is_one_sentence(monkeypatch, capsys, number):
    assert failing(monkeypatch, OSError(number, os.strerror(number), "/srv/games/x.png")) == 1
    said = capsys.readouterr().err
    assert (
        said == f"/srv/games/x.png cannot be written: {os.strerror(number)}; make room there or name another place.\n"
    )


def test_the_terminal_is_told_what_players_are_not(monkeypatch, capsys):
    assert failing(monkeypatch, Misconfigured("Please tell the operator.", "OPENAI_API_KEY is not accepted.")) == 1
    assert capsys.readouterr().err == "Please tell the operator. OPENAI_API_KEY is not accepted.\n"


def test_any_other_error_of_the_system_stays_a_bug(monkeypatch):
    with pytest.raises(OSError, match="bad"):
        failing(monkeypatch, OSError(errno.EBADF, "bad"))
