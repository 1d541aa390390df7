"""Our values in a model's own names, and what models answer."""

import base64
import json
from pathlib import Path

import pytest

from telephone.domain.calls import Ask
from telephone.errors import BadInput, BadOutput
from telephone.models.registry import Registry
from telephone.providers.mapping import TASK, data_uri, decoded, inputs, json_of, json_with_picture, output_of
from tests.contracts import prism
from tests.support.pictures import paint

SPECS = Path(__file__).parents[4] / "shared" / "specs"
SCHEMAS = SPECS / "replicate-model-schemas.json"


def test_values_take_the_names_that_the_model_uses(table, words, picture):
    artist = table(input={"text": "$prompt", "noise": {"seed": "$seed", "steps": [1, "$seed"]}, "cost": "$5"[1:]})
    assert inputs(artist, words) == {
        "text": "a fox mends a clock",
        "noise": {"seed": 7, "steps": [1, 7]},
        "cost": "5",
    }
    teller = table(kind="i2t", input={"img": "$image", "prompt": "$task"})
    assert inputs(teller, picture, "data:x") == {"img": "data:x", "prompt": TASK}
    with pytest.raises(BadInput):
        inputs(artist, picture, "data:x")


def test_a_prompt_that_looks_like_a_value_stays_a_prompt(table):
    assert inputs(table(input={"prompt": "$prompt"}), Ask(seed=1, text="$seed")) == {"prompt": "$seed"}


@pytest.mark.parametrize(
    ("output", "answer", "read"),
    [
        ("uri", "https://x/a.png", "https://x/a.png"),
        ("uri", ["https://x/a.png"], "https://x/a.png"),
        ("uri", [{"file": "https://x/a.png"}], "https://x/a.png"),
        ("uris", ["https://x/a.png", "https://x/b.png"], "https://x/a.png"),
        ("uris", "https://x/a.png", "https://x/a.png"),
        ("text", "Caption: a fox", "Caption: a fox"),
        ("text", [{"text": "Caption: a fox"}], "Caption: a fox"),
        ("texts", ["A ", "fox", " mends"], "A fox mends"),
        ("texts", "A fox", "A fox"),
        ("texts", [], ""),
        ("[{text}]", [{"text": "a fox"}, {"text": "a clock"}], "a fox\na clock"),
        ("[{text}]", "a fox", "a fox"),
        ("{text}", {"text": "{'<MORE_DETAILED_CAPTION>': 'A fox\\'s clock.'}", "img": None}, "A fox's clock."),
        ("{text}", {"text": "{a fox} in braces"}, "{a fox} in braces"),
    ],
)
def test_each_shape_of_answer_is_read(table, output, answer, read):
    assert output_of(table(output=output), answer) == read


@pytest.mark.parametrize("output", ["uri", "uris", "text", "texts", "[{text}]", "{text}"])
@pytest.mark.parametrize(
    "answer", [None, 3, True, {}, {"x": 1}, [None], [[]], [3], [{}], [{"text": 3}], {"text": None}, b"x"]
)
def test_any_other_shape_is_no_answer(table, output, answer):
    with pytest.raises(BadOutput):
        output_of(table(output=output), answer)


def test_hostile_text_is_parsed_and_never_run(table):
    model = table(output="{text}")
    for text in ("{'<X>': __import__('os').getcwd()}", "{'<X>': " + "[" * 10_000, "{'<X>'}", "{'<X>': 3}", "{'<' }"):
        with pytest.raises(BadOutput):
            output_of(model, {"text": text})


def test_a_picture_survives_the_way_into_an_address_and_back(table, picture):
    uri = data_uri(picture.image)
    assert uri.startswith("data:image/png;base64,iVBOR")
    assert decoded(table(), uri) == picture.image.data
    assert decoded(table(), base64.b64encode(paint("x")).decode()) == paint("x")
    assert decoded(table(), base64.encodebytes(paint("x")).decode()) == paint("x")


def test_a_request_with_a_picture_is_the_json_that_it_would_be_without_the_short_cut(picture):
    def body(uri):
        return {"messages": [{"content": [{"text": 'naïve " fox'}, {"url": uri}]}], "seed": 7}

    assert json_with_picture(picture.image, body) == json_of(body(data_uri(picture.image)))


def test_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        json_of({"strength": float("nan")})


def test_what_is_no_base64_or_too_large_is_no_picture(table):
    for wrong in ("data:image/png,raw", "data:image/png;base64,###", "https://x/a.png", "abc"):
        with pytest.raises(BadOutput):
            decoded(table(), wrong)
    with pytest.raises(BadOutput, match="25 MB"):
        decoded(table(), "A" * 36_000_000)


ROWS = Registry.load(["replicate"]).tables
UNCHECKED = {
    "stable-diffusion": "the schema that we have is another version's",
    "minigpt4": "the schema that we have is another version's",
    "vqgan-clip": "we have no schema of it",
    "mplug-owl": "we have no schema of it",
    "qwen-image": "we have no schema of it",
    "seedream": "we have no schema of it",
}
"""The models whose inputs and output nothing here checks, and why; only a real call does, by `telephone doctor`."""
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.exists(), reason=f"needs {SCHEMAS.name} of ../shared/specs, which is not here"
)


@needs_schemas
@pytest.mark.parametrize("name", ROWS)
def test_every_input_of_a_replicate_row_is_one_that_the_model_declares(name):
    """Replicate ignores an input it does not know in silence."""
    model = ROWS[name]
    schemas = _schemas_of(model)
    if schemas is None:
        pytest.skip(f"{name} is not checked: {UNCHECKED[name]}")
    properties = schemas["Input"]["properties"]
    assert set(model.input) <= set(properties)
    assert set(schemas["Input"].get("required", ())) <= set(model.input)
    for key, value in model.input.items():
        choices = _choices(properties[key], schemas)
        ours = {"text", "vision"} if value == "$modality" else {value}
        assert choices is None or ours <= set(choices), key
    assert model.output in _shapes(schemas["Output"])
    assert ("seed" in model.input) == ("seed" in properties)


@needs_schemas
def test_the_models_that_nothing_checks_are_those_that_are_listed():
    assert {name for name, model in ROWS.items() if _schemas_of(model) is None} == set(UNCHECKED)


def _schemas_of(model):
    """The schemas of a model's own version; None where we have none."""
    name, _, version = model.ref.partition(":")
    found = json.loads(SCHEMAS.read_text(encoding="utf-8")).get(name)
    return found["schemas"] if found is not None and version in ("", found["version"]) else None


def _choices(declared, schemas):
    reference = (declared.get("allOf") or [declared])[0].get("$ref")
    return schemas[reference.rpartition("/")[2]].get("enum") if reference else None


def _shapes(declared):
    """The decoders that fit a declared output."""
    address = declared.get("format") == "uri" or declared.get("items", {}).get("format") == "uri"
    if declared.get("items", {}).get("type") == "number":
        return {"vector"}
    if declared["type"] == "array":
        return {"uris"} if address else {"texts"}
    if declared["type"] == "object":
        return {"{text}"}
    return {"uri"} if address else {"text"}


def test_every_shipped_row_says_whose_it_is_and_what_it_costs(tables):
    for model in tables.tables.values():
        if model.provider == "offline":
            continue
        assert model.maker, model.name
        assert model.about.endswith("."), model.name
        assert model.price_usd > 0, model.name
        assert all(link.startswith("https://") for link in model.links.values()), model.name
        assert "page" in model.links, model.name


def test_every_model_that_the_article_played_is_there_at_its_version(tables):
    drawn = {"dalle2", "stable-diffusion", "vqgan-clip"}
    told = {"blip", "clip-prefix", "mplug-owl", "minigpt4", "blip2", "clip-caption-reward"}
    modern = {"gpt-image", "flux-schnell", "flux-dev", "sdxl", "gpt-vision", "moondream2", "llava", "florence2"}
    assert drawn | told | modern | {"blip3", "qwen-vl"} <= set(tables.tables)
    pinned = {name: tables.tables[name].ref.partition(":")[2] for name in (drawn - {"dalle2"}) | told}
    assert all(len(version) == 64 for version in pinned.values()), pinned
    known = {"stable-diffusion": "27b93a24", "vqgan-clip": "28b5242d", "blip": "2e1dddc8", "clip-prefix": "9a34a633"}
    known |= {"minigpt4": "b96a2f33", "mplug-owl": "51a43c9d"}
    assert all(pinned[name].startswith(start) for name, start in known.items())


@pytest.mark.parametrize("document", prism.OURS)
def test_the_documents_answers_are_the_makers_or_known_as_ours(document):
    """An answer that is new in a document has to be sorted: is its body the maker's, or ours?"""
    if not (SPECS / document).exists():
        pytest.skip(f"needs {document} of ../shared/specs, which is not here")
    paths = json.loads((SPECS / document).read_text(encoding="utf-8"))["paths"]
    calls = [call for path, verbs in paths.items() if "files" not in path and "search" not in path
             for verb, call in verbs.items() if verb in ("get", "post")]  # fmt: skip
    answers = {status for call in calls for status in call["responses"]}
    assert answers - {"200", "201", "202"} == prism.OURS[document]
