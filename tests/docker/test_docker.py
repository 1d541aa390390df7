"""What can be checked of the image and its compose file where no Docker engine runs."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from telephone.settings import Settings, roles
from tests.support.cluster import environments

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile and the stage it belongs to, counted from 0."""

    stage: int
    name: str
    rest: str


def instructions() -> list[Instruction]:
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found, stage = [], -1
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, rest = line.split(maxsplit=1)
        stage += name == "FROM"
        found.append(Instruction(stage, name, rest))
    return found


def every(name: str, stage: int | None = None) -> list[str]:
    return [one.rest for one in instructions() if one.name == name and stage in (None, one.stage)]


def copied() -> list[str]:
    """What is copied from the repository."""
    return [word for rest in every("COPY") if not rest.startswith("--from") for word in rest.split()[:-1]]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))


def let_in(path: str) -> bool:
    """Whether .dockerignore leaves a top-level file or folder in; its last line that matches decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#") and fnmatch(path, rule.removeprefix("!")):
            verdict = rule.startswith("!")
    return verdict


def test_there_are_two_stages_on_a_python_that_we_support():
    bases = [rest.split()[0] for rest in every("FROM")]
    assert len(bases) == 2
    for base in bases:
        version = re.fullmatch(r"python:3\.(\d+)-slim", base)
        assert version is not None
        assert 11 <= int(version[1]) <= 13
    assert len(set(bases)) == 1, "a venv runs only with the Python it was made with"


def test_the_last_stage_is_not_root_and_ends_when_asked():
    (user,) = every("USER", stage=1)
    assert int(user.split(":")[0]) > 0
    assert f"--uid {user.split(':')[0]}" in every("RUN", stage=1)[0]
    assert every("STOPSIGNAL", stage=1) == ["SIGTERM"]
    (command,) = every("CMD", stage=1)
    assert json.loads(command) == ["python", "-m", "bot"]


def test_what_is_copied_exists_and_is_not_ignored():
    assert {"telephone", "bot", "cogs", "requirements.lock"} <= set(copied())
    assert [path for path in copied() if not (ROOT / path).exists()] == []
    assert [path for path in copied() if not let_in(path)] == []


def test_no_key_no_data_and_no_history_get_into_the_image():
    assert not any(let_in(path) for path in (".env", ".telephone", ".git", ".venv", "out", "tests"))
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"TOKEN|_KEY|SECRET", text)


def test_packages_come_from_the_lock_with_hashes_and_as_wheels():
    (install,) = [run for run in every("RUN", stage=0) if "requirements.lock" in run]
    assert {"--require-hashes", "--only-binary"} <= set(install.split())


def test_compose_runs_the_bot_on_a_volume_and_with_few_rights():
    bot = compose()["services"]["bot"]
    here = ROOT / "docker"
    assert (here / bot["build"]["context"]).resolve() == ROOT
    assert (ROOT / bot["build"]["dockerfile"]).is_file()
    assert (here / bot["env_file"]).resolve() == ROOT / ".env"
    volume, where = bot["volumes"][0].split(":")
    assert volume in compose()["volumes"]
    assert where == bot["environment"]["TELEPHONE_DATA_DIR"] == every("VOLUME", stage=1)[0]
    assert bot["restart"] == "unless-stopped"
    assert bot["read_only"] is True
    assert bot["tmpfs"] == ["/tmp"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert bot["cap_drop"] == ["ALL"]
    assert bot["ports"] == [f"127.0.0.1:{bot['environment']['TELEPHONE_HTTP_PORT']}:8787"], (
        "only the host itself may ask"
    )
    assert not {"privileged", "network_mode", "cap_add"} & set(bot)
    port = bot["environment"]["TELEPHONE_OPERATIONS_PORT"]
    assert f":{port}/healthz" in bot["healthcheck"]["test"][-1]
    assert not any(port in published for published in bot["ports"]), "figures are for operators"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_build_stage_makes_a_venv_that_plays_and_whose_bot_says_what_it_needs():
    # Not tmp_path: pytest keeps those, and this one has some 600 MB.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder)
        where = {
            "PATH": f"{folder / 'venv/bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": name,
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            "TELEPHONE_DATA_DIR": str(folder / "data"),
        }
        away = folder / "away"
        away.mkdir()
        refused = run(["python", "-m", "bot"], away, where)
        assert refused.returncode == os.EX_CONFIG
        assert refused.stderr.startswith("Set DISCORD_TOKEN")
        asked = ["telephone", "play", "a fox mends a clock", "--turns", "1", "--seed", "7", "--out", "game"]
        played = run(asked, away, where)
        assert played.returncode == 0, played.stderr
        assert {"album.html", "drift.png", "game.json", "replay.gif"} <= {
            path.name for path in (away / "game").iterdir()
        }


def run(words: list[str], where: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=False, cwd=where, env=environment, capture_output=True, text=True)


def build(folder: Path) -> None:
    """Runs what the build stage runs, with its folders inside `folder` and our Python in place of the image's."""
    for one in instructions():
        if one.stage != 0:
            continue
        if one.name == "COPY":
            *sources, _ = one.rest.split()
            (folder / "src").mkdir(exist_ok=True)
            subprocess.run(["cp", "-r", *(str(ROOT / source) for source in sources), str(folder / "src")], check=True)
        elif one.name == "RUN":
            words = [word.replace("/venv", str(folder / "venv")) for word in shlex.split(one.rest)]
            words[0] = sys.executable if words[0] == "python" else words[0]
            where = folder / "src"
            where.mkdir(exist_ok=True)
            done = run(words, where, os.environ)
            assert done.returncode == 0, f"{one.rest}\n{done.stdout}\n{done.stderr}"


def test_the_processes_of_the_cluster_have_what_their_roles_need_and_stay_out_of_the_way_of_one_bot():
    services = compose()["services"]
    members = {name: one for name, one in services.items() if "cluster" in one.get("profiles", ())}
    assert set(members) == {"gateway-0", "gateway-1", "worker-1", "worker-2", "page", "postgres", "storage"}
    assert "profiles" not in services["bot"], "the two commands of README start it alone"
    shards = []
    for name, environment in environments().items():
        given = {
            "TELEPHONE_SECRET": "from-env",
            "DISCORD_TOKEN": "from-env",
            "TELEPHONE_PUBLIC_URL": "http://page.example",
        }
        known = {(field.alias or key).upper(): key for key, field in Settings.model_fields.items()}
        values = {known[key]: value for key, value in {**given, **environment}.items() if key in known}
        settings = Settings(_env_file=None, **values)
        roles.check(settings)
        shards += settings.shard_ids
        assert members[name]["read_only"] is True
        assert members[name]["cap_drop"] == ["ALL"]
        assert f":{settings.operations_port}/healthz" in members[name]["healthcheck"]["test"][-1]
    assert shards == [0, 1], "each shard once"
    assert not any("ports" in members[name] for name in ("postgres", "storage")), "reached by the processes alone"
