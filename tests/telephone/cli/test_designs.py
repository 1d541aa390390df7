"""`telephone design`, and `telephone play --design`, which goes on where it was stopped."""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from telephone.domain.designs import DesignPrompt
from telephone.domain.games import NO_GUILD, Pair, Prompt
from telephone.errors import BadInput, NotFound
from telephone.models.minilm import MiniLM
from telephone.prompts.catalog import curated
from telephone.store import Store
from telephone.tournaments.design_file import frozen, write_design
from tests.support.played import asked, finished
from tests.telephone.cli.test_csv_input import CONTRACTS, telephone

NEW = ("--t2i", "stickers,doodles", "--i2t", "spotter-sharp", "--prompts", 3, "--turns", 2, "--seeds", "4,5")


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEPHONE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def document(schema: str, *arguments: object, status: int = 0) -> dict:
    result = telephone(*arguments, "--json")
    assert result.exit_code == status, result.output
    found = json.loads(result.stdout)
    jsonschema.validate(found, json.loads((CONTRACTS / f"{schema}.schema.json").read_text()))
    return dict(found)


def play(folder: Path, *, left_out: int = 0, version: str = MiniLM().version) -> None:
    """The games of d.json as if they had been played, but for the last ones."""
    design = json.loads(Path("d.json").read_text())
    words = {prompt.slug: prompt for prompt in curated()}
    games = [
        (Pair(pair["t2i"], pair["i2t"]), words[prompt["slug"]], seed)
        for prompt in design["prompts"]
        for seed in design["seeds"]
        for pair in design["pairs"]
    ]

    async def put() -> None:
        async with await Store.open(f"sqlite:///{folder / 'telephone.sqlite'}") as store:
            for pair, prompt, seed in games[: len(games) - left_out]:
                request = asked(NO_GUILD, pair, prompt, seed, 2, design="tournament")
                await finished(store, request, [0.3, 0.4], version=version)
            await finished(store, asked(NO_GUILD, games[0][0], Prompt("my own"), 1, 2), [0.3, 0.4], version=version)

    asyncio.run(put())


def test_a_design_is_frozen_drawn_by_its_seed_and_shown() -> None:
    found = document("design", "design", "new", "d.json", *NEW)
    assert [(pair["t2i"], pair["i2t"]) for pair in found["pairs"]] == [
        ("stickers", "spotter-sharp"),
        ("doodles", "spotter-sharp"),
    ]
    assert (found["seeds"], found["turns"], found["games"]) == ([4, 5], 2, 12)
    assert found["embedders"] == [{"name": "minilm", "version": MiniLM().version}]
    assert found["stopping"] == {"rule": "all", "width": None, "least": None}
    assert document("design", "design", "show", "d.json") == found
    same = document("design", "design", "new", "e.json", *NEW)
    other = document("design", "design", "new", "f.json", *NEW, "--draw", 2)
    assert (same["hash"] == found["hash"], other["hash"] == found["hash"]) == (True, False)
    hard = document("design", "design", "new", "g.json", *NEW, "--level", "hard", "--narrower", 0.1)
    assert {prompt["level"] for prompt in hard["prompts"]} == {"hard"}
    assert hard["stopping"] == {"rule": "narrow", "width": 0.1, "least": 10}
    named = document("design", "design", "new", "h.json", *NEW[:4], "--prompts", "#hard-002,#EASY-001")
    assert [prompt["slug"] for prompt in named["prompts"]] == ["#hard-002", "#easy-001"]
    lines = telephone("design", "show", "d.json").stdout.splitlines()
    assert lines[0].strip() == "12 games: 2 pairs × 3 prompts × 2 seeds, 2 turns each"
    assert lines[-1] == "Play it with: telephone play --design d.json --out FOLDER"


def test_words_that_changed_since_are_told() -> None:
    telephone("design", "new", "d.json", *NEW)
    changed = json.loads(Path("d.json").read_text())
    changed["prompts"][0]["words"] = "0" * 64
    Path("d.json").write_text(json.dumps(changed))
    found = document("design", "design", "show", "d.json")
    assert (found["frozen"], found["changed_prompts"]) == (False, [changed["prompts"][0]["slug"]])
    said = telephone("design", "show", "d.json").stdout
    assert "The file was changed after it was frozen" in said
    assert f"The words of {changed['prompts'][0]['slug']} are not those that were frozen." in said
    refused = telephone("design", "check", "d.json").exception
    assert isinstance(refused, BadInput)
    assert "was changed after it was frozen" in refused.sentence


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (("--t2i", "nobody"), NotFound, "No model called 'nobody'"),
        (("--prompts", "99"), BadInput, "The list has 40 such prompts; draw from 1 to so many."),
        (("--prompts", "#easy-999"), BadInput, "No prompt on the list is called #easy-999"),
        (("--embedders", "abacus"), BadInput, "No embedder called 'abacus' is ready here"),
        (("--seeds", "4,4"), BadInput, "one of its seeds stands there twice"),
        (("--prompts", "#easy-001,#easy-001"), BadInput, "one of its prompts stands there twice"),
    ],
)
def test_a_design_that_cannot_be_is_refused(change: tuple, kind: type, says: str) -> None:
    refused = telephone("design", "new", "d.json", *NEW, *change).exception
    assert isinstance(refused, kind)
    assert says in refused.sentence
    assert not Path("d.json").exists()


@pytest.mark.parametrize(
    "change",
    [
        ("--seeds", "four"),
        ("--seeds", ","),
        ("--turns", 31),
        ("--prompts", "#easy-001", "--level", "easy"),
        ("--level", "odd"),
        ("--least", 1),
    ],
)
def test_options_that_cannot_be_are_bad_usage(change: tuple) -> None:
    assert telephone("design", "new", "d.json", *NEW, *change).exit_code == 2


def test_the_check_tells_of_stored_games_and_of_an_export_alike(data_dir: Path) -> None:
    document("design", "design", "new", "d.json", *NEW)
    nothing = document("design_report", "design", "check", "d.json", status=1)
    assert (nothing["played"], len(nothing["missing"])) == (0, 12)
    play(data_dir)
    stored = document("design_report", "design", "check", "d.json")
    assert (stored["as_designed"], stored["played"], stored["others"]) == (True, 12, 0)
    telephone("export", "scores", "--out", "s.csv")
    assert document("design_report", "design", "check", "d.json", "--scores", "s.csv") == stored
    assert telephone("design", "check", "d.json").stdout.splitlines()[-1] == "What was played is what was designed."
    heading, *rows = Path("s.csv").read_text().splitlines()
    Path("s.csv").write_text("\n".join([heading, *rows[3:]]))
    refused = telephone("design", "check", "d.json", "--scores", "s.csv").exception
    assert isinstance(refused, BadInput)
    assert "is not as it was exported" in refused.sentence


def test_what_is_missing_or_measured_otherwise_is_named(data_dir: Path) -> None:
    document("design", "design", "new", "d.json", *NEW)
    play(data_dir, left_out=2, version="0")
    found = document("design_report", "design", "check", "d.json", status=1)
    assert (found["played"], len(found["missing"]), len(found["departures"])) == (0, 2, 10)
    assert {one["how"] for one in found["departures"]} == {"is not measured by minilm in the version of the design"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("play",),
        ("play", "a fox", "--design", "d.json", "--out", "run"),
        ("play", "--design", "d.json", "--turns", 3, "--out", "run"),
        ("play", "--design", "d.json"),
    ],
)
def test_a_design_says_itself_what_is_played(arguments: tuple) -> None:
    assert telephone(*arguments).exit_code == 2


def test_a_design_that_cannot_be_played_here_is_refused_before_its_first_game() -> None:
    document("design", "design", "new", "d.json", *NEW)
    design = frozen(Path("d.json"))
    for name, other, says in (
        ("a.json", replace(design, embedders=(("minilm", "0"),)), "The design is measured with minilm 0, and this"),
        ("b.json", replace(design, embedders=(("abacus", "1"),)), "has it not ready"),
        ("c.json", replace(design, pairs=(Pair("stickers", "nobody"),)), "No model called 'nobody'"),
        (
            "e.json",
            replace(design, prompts=(DesignPrompt.of(Prompt("other words", None, "#easy-001")),)),
            "The words of #easy-001 are not those of the design",
        ),
    ):
        write_design(Path(name), other)
        refused = telephone("play", "--design", name, "--out", "run").exception
        assert says in refused.sentence
    assert not list(Path().glob("run/*.png"))


async def run(*arguments: object, interrupt_at: str | None = None) -> tuple[int, str, str]:
    """`telephone` as a process, which gets Ctrl-C once it has printed some words."""
    root = Path(__file__).parent.parent.parent.parent
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *map(str, arguments)),
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    async for line in process.stdout:
        lines.append(line.decode())
        if interrupt_at is not None and interrupt_at in lines[-1]:
            process.send_signal(signal.SIGINT)
    err = (await process.stderr.read()).decode()
    return await process.wait(), "".join(lines), err


@pytest.mark.slow
async def test_a_design_that_was_stopped_with_ctrl_c_goes_on_and_plays_no_game_twice() -> None:
    await run("design", "new", "d.json", *NEW[:-2], "--turns", 1)
    again = ("play", "--design", "d.json", "--out", "run")
    status, out, err = await run(*again, interrupt_at=" 2 of 6")
    assert (status, "Traceback" in err) == (130, False)
    assert " 3 of 6" not in out
    status, out, err = await run(*again)
    assert status == 0, err
    assert [f"{n:>5} of 6" in out for n in range(1, 7)] == [True] * 6
    assert out.splitlines()[-2:] == [
        "6 of 6 designed games are played as designed.",
        "What was played is what was designed.",
    ]
    async with await Store.open("sqlite:///run/.telephone/telephone.sqlite") as store:
        games = await store.games.recent(NO_GUILD, limit=100)
    assert [game.number for game in games] == list(range(6, 0, -1))
    assert {game.request.design for game in games} == {"tournament"}
    status, out, err = await run(*again, "--json")
    assert json.loads(out)["played"] == 6
