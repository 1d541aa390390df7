"""An operator's own tables: what is wrong in them is said with file, line and what to write."""

import re
from pathlib import Path

import pytest

from telephone.errors import Misconfigured
from telephone.models.base import SeeingEmbedder
from telephone.models.configured import providers
from telephone.models.embedders import embedders
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.providers.cog import Cog
from telephone.settings import Settings, secret_named

OWN = """# mine

[crayon]
kind = "t2i"
provider = "offline"
ref = "doodles"
licence = "mine"
"""
CONTAINER = """[blip-here]
kind = "i2t"
provider = "cog"
url = "http://127.0.0.1:5000"
ref = "salesforce/blip"
licence = "BSD-3-Clause"
output = "text"
input = { image = "$image" }
"""

BIND = """[bind-here]
kind = "embedder"
provider = "cog"
url = "http://127.0.0.1:5000"
ref = "daanelson/imagebind"
input = { modality = "$modality", text_input = "$text", input = "$image" }
output = "vector"
dimensions = 1024
licence = "CC-BY-NC-SA 4.0"
"""


def load(folder: Path, text: str) -> Registry:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return Registry.load(providers(Settings(_env_file=None)), path)


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        (OWN.replace("t2i", "t3i"), 4, "write 't2i', 'i2t', 'embedder' or 'chat'"),
        (OWN.replace('ref = "doodles"\n', ""), 3, "ref: this field is missing"),
        (OWN.replace('"doodles"', '""'), 6, "write what the provider calls the model"),
        (OWN + "colour = 3\n", 8, "there is no such field; write one of: kind, provider, ref"),
        (OWN + 'name = "chalk"\n', 8, "leave this line out"),
        (OWN.replace('"offline"', '"nowhere"'), 5, "write one of: cog, "),
        (OWN + 'replacement = "nobody"\n', 8, "no table describes 'nobody'"),
        (OWN + 'replacement = "blip"\n', 8, "write the name of a model of kind t2i"),
        (OWN + "price_usd = -1\n", 8, "greater than or equal to 0"),
        (OWN + "price_usd = inf\n", 8, "finite"),
        (OWN + 'retired_on = "yesterday"\n', 8, "write one such as 2026-05-12"),
        (OWN + 'quirks = ["no-sizes"]\n', 8, "write 'no-size', "),
        (OWN + 'key = "VLLM_API_KEY"\n', 8, "write both or neither"),
        (OWN.replace("crayon", "Crayon"), 3, "small letters"),
        ('["a-1.1"]\nkind = "t2i"\nkey = "A"\nprovider = "offline"\nref = "x"\nlicence = "y"\n', 3, "key belongs"),
        ("\ncrayon = 3\n", 2, r"write \[crayon\] on a line of its own"),
        (OWN + CONTAINER.replace('url = "http://127.0.0.1:5000"\n', ""), 8, "url is missing"),
        (OWN + CONTAINER.replace("http://", "http://me@"), 11, "url: write an address such as"),
        (OWN + CONTAINER.replace("$image", "$picture"), 15, r"write one of: \$prompt, \$image"),
        (OWN + CONTAINER.replace('"$image"', '"x"'), 15, r'takes "\$image"'),
        (OWN + CONTAINER.replace('output = "text"\n', ""), 8, "output is missing"),
        (OWN + CONTAINER.replace('"text"', '"json"'), 14, "write '', 'uri', 'uris'"),
        (OWN + "\n[crayon.tokens_usd]\ntext_im = 3\n", 9, "write 'text_in'"),
        (OWN + BIND.replace('output = "vector"\n', ""), 8, "output is missing"),
        (OWN + BIND.replace('"vector"', '"text"'), 14, 'an embedder answers "vector"'),
        (OWN + CONTAINER.replace('"text"', '"vector"'), 14, 'an embedder answers "vector"'),
        (OWN + BIND.replace("dimensions = 1024\n", ""), 8, "dimensions is missing"),
        (OWN + BIND.replace('"$text"', '"$prompt"'), 13, r'takes "\$text"'),
        (OWN + BIND + 'kin = "CLIP!"\n', 17, "kin"),
        (OWN + "\n[crayon.tokens_usd]\ntext_in = -3\n", 9, "greater than or equal to 0"),
    ],
)
def test_a_wrong_table_is_refused_with_file_line_and_what_to_write(tmp_path, text, line, advice):
    with pytest.raises(Misconfigured, match=rf"own\.toml, line {line}: .*{advice}"):
        load(tmp_path, text)


def test_a_container_of_ones_own_is_a_table_and_no_python(tmp_path):
    table = load(tmp_path, CONTAINER).table("blip-here", "i2t")
    assert providers(Settings(_env_file=None))["cog"].why_not(table) is None
    assert isinstance(providers(Settings(_env_file=None))["cog"], Cog)


def test_an_embedder_of_ones_own_is_a_table_and_no_python(tmp_path):
    reached = providers(Settings(_env_file=None))
    found = embedders(Players(load(tmp_path, BIND), reached))
    assert {"minilm", "bind-here"} <= set(found)
    assert isinstance(found["bind-here"], SeeingEmbedder)
    assert found["bind-here"].dimensions == 1024


def test_the_page_about_models_names_all_kin(tables):
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    _, _, kin = page.partition("**Kin.**")
    named = set(re.findall(r"^\| `([\w-]+)` \|", kin.partition("## ")[0], re.MULTILINE))
    assert named == {table.name for table in tables.tables.values() if table.kin == "clip"}


def test_kin_of_an_embedder_are_the_players_that_clip_made(tables):
    assert tables.kin_of("imagebind") == {"dalle2", "vqgan-clip", "clip-prefix", "clip-caption-reward"}
    assert tables.kin_of("minilm") == tables.kin_of("nobody") == frozenset()


def test_a_row_of_ours_is_overridden_by_name(tmp_path):
    registry = load(tmp_path, CONTAINER.replace("[blip-here]", "[blip]"))
    assert registry.table("blip").provider == "cog"
    assert registry.table("clip-prefix").provider == "replicate"


def test_who_has_few_providers_sees_their_models_alone():
    assert {table.provider for table in Registry.load(["offline"]).tables.values()} == {"offline"}


def test_missing_keys_take_their_models_off_the_list_and_say_which(tmp_path):
    reached = providers(Settings(_env_file=None))
    reasons = {
        name: reached[table.provider].why_not(table)
        for name, table in Registry.load(reached).tables.items()
        if table.provider != "offline"
    }
    assert reasons.pop("dalle2") == "retired on 2026-05-12"
    assert set(reasons.values()) == {"needs OPENAI_API_KEY", "needs REPLICATE_API_TOKEN"}


def test_a_wrong_limit_is_named_at_start():
    with pytest.raises(Misconfigured, match="TELEPHONE_LIMITS"):
        providers(Settings(_env_file=None, TELEPHONE_LIMITS="openai=lots"))


def test_a_named_secret_comes_from_the_environment_or_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert secret_named("VLLM_API_KEY") is None
    Path(".env").write_text("VLLM_API_KEY=from-the-file\n", encoding="utf-8")
    assert secret_named("VLLM_API_KEY").get_secret_value() == "from-the-file"
    monkeypatch.setenv("VLLM_API_KEY", "from-the-environment")
    assert secret_named("VLLM_API_KEY").get_secret_value() == "from-the-environment"


def test_the_page_about_models_says_what_each_table_says(tables):
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    tables_of_models = page.partition("**Kin.**")[0]
    rows = {line.split("`")[1]: line for line in tables_of_models.splitlines() if line.startswith("| `")}
    for table in tables.tables.values():
        line = rows[table.name]
        assert table.licence in line
        assert table.maker in line
        assert f"${table.price_usd:g}" in line if table.price_usd else "free" in line
        assert all(link in line for link in table.links.values())


def test_the_tables_on_the_page_about_models_can_be_copied(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    first, *own = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert load(tmp_path, first).table("blip").provider == "replicate"
    names = ("blip", "imagebind", "llava")
    assert [load(tmp_path, text).table(name).provider for text, name in zip(own, names, strict=True)] == [
        *("cog", "cog", "openai")
    ]
