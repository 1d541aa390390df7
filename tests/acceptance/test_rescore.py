"""Games that were measured offline are measured by ImageBind in the terminal, on a Replicate that lives on loopback."""

import json
import re
from collections import Counter

import pytest

from tests.acceptance.test_models import keys, telephone
from tests.standin_providers import StandinApis

pytestmark = pytest.mark.long

GAMES, TURNS, PRICE = 2, 3, 0.000225
OFFLINE = {"TELEPHONE_DATA_DIR": "kept/.telephone"}


@pytest.mark.timeout(300)
async def test_old_games_get_imagebinds_distances_for_what_was_told_before(tmp_path):
    for n in range(1, GAMES + 1):
        options = ("--turns", str(TURNS), "--seed", "3", "--out", "kept")
        status, _, err = await telephone("play", f"#easy-00{n}", *options, cwd=tmp_path)
        assert status == 0, err
    async with StandinApis.open() as apis:
        apis.predict_seconds = 1.0
        env = keys(apis, tmp_path / "unused") | OFFLINE
        asked = ("rescore", "imagebind")
        status, out, _ = await telephone(*asked, cwd=tmp_path, **env)
        assert (status, apis.predictions) == (1, {}), "nobody said yes"
        assert out.startswith(f"{GAMES} games to measure with ImageBind, for at most $0.00")
        most = float(re.findall(r"\$(\d\.\d+)", out)[0])
        status, out, err = await telephone(*asked, "--yes", cwd=tmp_path, **env)
        assert status == 0, err
        calls = [json.dumps(made["input"], sort_keys=True) for made in apis.predictions.values()]
        assert max(Counter(calls).values()) == 1
        spent = float(out.splitlines()[-1].removeprefix(f"{GAMES} games measured with ImageBind. $").split()[0])
        assert 0 < spent <= most
        status, out, err = await telephone(
            "pair", "stickers", "spotter-sharp", "--embedder", "imagebind", "--json", cwd=tmp_path, **env
        )
        assert status == 0, err
    document = json.loads(out)
    assert (document["games"], document["turns"], document["embedder"]) == (GAMES, TURNS, "imagebind")
    assert document["mcd"]["pictures"]["estimate"] is not None
    assert document["blame"]["why"] == f"{GAMES} prompts are too few to divide the loss; 10 are needed"
    assert document["scale"]["floor"]["median"] > 0
    status, out, _ = await telephone("doctor", "--json", cwd=tmp_path, **OFFLINE)
    budget = next(finding for finding in json.loads(out) if finding["what"] == "Budget")
    assert budget["stands"].startswith(f"${len(calls) * PRICE:.2f} of"), "games and scale are on today's books"
