"""Every other parser of text from outside: what it reads is ours, or refused in a sentence; nothing else is raised."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.turns.uploads import uploaded_file
from telephone.domain.calls import Answer
from telephone.errors import BadInput, BadOutput, Misconfigured, Refused, TelephoneError
from telephone.models.players import caption_of
from telephone.models.registry import Registry
from telephone.prompts.generator import read as read_prompts
from telephone.providers import failures, http_errors, mapping, openai_answers
from telephone.providers.answer_text import spoken
from telephone.providers.base import ModelTable
from telephone.settings import Settings, dotenv_file
from tests.hostile.corpus import corpus

FEW = settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TABLE = ModelTable(name="critic", kind="i2t", provider="openai", ref="critic", price_usd=0.0, licence="test")
PIECES = ["<think>", "</think>", "<|im_end|>", "[INST]", "```", "{", "}", '"caption":', "Caption:", "…", "\ud800", "\0"]
SAID = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map("".join)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = ["error", "message", "code", "detail", "details", "metadata", "moderation_details", "retry_after", "status"]
NAMES += ["text", "file", "choices", "content", "refusal", "type", "innererror", "categories", "raw", "retryDelay"]
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def texts(parser: str):
    return [pytest.param(text, id=name) for name, text in corpus(parser)]


@pytest.mark.parametrize("text", texts("captions"))
def test_captions_that_once_broke_something(text):
    with suppress(BadOutput, Refused):
        caption = caption_of(Answer(text=text), "critic")
        assert "\n" not in caption.text


@FEW
@given(SAID)
def test_whatever_a_model_says_is_a_caption_or_none(text):
    assert isinstance(spoken(text), str)
    with suppress(BadOutput, Refused):
        caption = caption_of(Answer(text=text), "critic")
        assert caption.text.strip() == caption.text != ""
    with suppress(BadOutput):
        read_prompts(text, "poet")


@FEW
@given(status=st.sampled_from([200, 400, 401, 403, 404, 408, 422, 429, 451, 500, 503]), body=JSON | SAID, wait=SAID)
def test_an_error_of_a_provider_is_one_of_ours(status, body, wait):
    headers = {"retry-after": wait, "retry-after-ms": wait, "x-ratelimit-reset": wait}
    error = http_errors.failure(TABLE, status, headers, body)
    assert isinstance(error, TelephoneError)
    asked = failures.retry_after(headers, wait)
    assert asked is None or (0 <= asked <= failures.WAIT_MAX and math.isfinite(asked))
    http_errors.failure(TABLE, status, headers, json.dumps(body) if isinstance(body, dict) else str(body))


@FEW
@given(came=JSON)
def test_an_answer_of_any_shape_is_read_or_refused(came):
    for decoder in ("uri", "uris", "text", "texts", "[{text}]", "{text}"):
        table = TABLE.model_copy(update={"output": decoder})
        with suppress(TelephoneError):
            mapping.output_of(table, came)
    for read in (openai_answers.picture, openai_answers.words):
        with suppress(TelephoneError):
            read(TABLE, came)


@pytest.mark.parametrize("text", texts("models"))
def test_tables_that_nobody_should_write_are_refused_with_a_line(tmp_path, text):
    own = tmp_path / "models.toml"
    own.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Misconfigured) as told:
        Registry.load(["offline", "openai"], own)
    assert str(own) in told.value.sentence


@FEW
@given(
    heading=st.text(max_size=12),
    rows=st.dictionaries(st.sampled_from([*ModelTable.model_fields, "odd"]), SCALAR | st.lists(SCALAR, max_size=2)),
)
def test_a_table_of_any_fields_is_read_or_refused(tmp_path, heading, rows):
    own = tmp_path / "models.toml"
    lines = [f"[{json.dumps(heading)}]", *(f"{name} = {_toml(value)}" for name, value in rows.items())]
    own.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    with suppress(Misconfigured):
        Registry.load(["offline", "openai"], own)


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps("" if value is None else value)


@FEW
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_a_file_of_settings_of_any_bytes_is_read_or_refused(tmp_path, data):
    path = tmp_path / ".env"
    path.write_bytes(data)
    with suppress(Misconfigured):
        dotenv_file.read(path)


@pytest.mark.parametrize("text", texts("env"))
def test_files_of_settings_that_once_broke_something(tmp_path, text):
    path = tmp_path / ".env"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with suppress(Misconfigured):
        dotenv_file.read(path)


@FEW
@given(st.data())
def test_a_setting_of_any_text_is_taken_or_refused_by_its_name(tmp_path, data):
    names = [(field.alias or name).upper() for name, field in Settings.model_fields.items()]
    name = data.draw(st.sampled_from(sorted(names)))
    value = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv(name, value)
        with suppress(Misconfigured):
            Settings.load()


@FEW
@given(form=st.dictionaries(st.sampled_from(["components", "resolved"]), JSON, max_size=2), url=st.text(max_size=20))
async def test_a_form_of_discords_of_any_shape_has_a_file_or_none(form, url):
    async def get(_: str) -> bytes:
        return b""

    file = {"url": url, "filename": "a.png", "size": 3}
    fields = [{"component": {"custom_id": "drawing", "values": ["1"]}}]
    sent = {"components": fields, "resolved": {"attachments": {"1": file}}}
    for data in (form, sent | form):
        with suppress(BadInput):
            await uploaded_file(data, "drawing", get)
