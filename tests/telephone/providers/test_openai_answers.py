"""Answers with pictures are read as the SDK reads them."""

import json

import pytest

from telephone.providers.openai_answers import pictures

ANSWER = {
    "created": 1,
    "data": [{"b64_json": "aGVsbG8=", "revised_prompt": "a fox"}],
    "usage": {"output_tokens": 7, "input_tokens_details": {"text_tokens": 3, "image_tokens": 0}},
    "error": {"code": "half"},
}


@pytest.mark.parametrize("body", [json.dumps(ANSWER).encode(), json.dumps(ANSWER).encode("utf-16")])
def test_an_answer_becomes_what_the_sdk_makes_of_it(body: bytes) -> None:
    from openai.types import ImagesResponse

    came = pictures(body)
    assert isinstance(came, ImagesResponse)
    assert came.data is not None
    assert came.data[0].b64_json == "aGVsbG8="
    assert came.usage is not None
    assert (came.usage.output_tokens, came.usage.input_tokens_details.text_tokens) == (7, 3)
    assert came.model_extra == {"error": {"code": "half"}}


def test_half_a_surrogate_in_words_does_not_cost_the_picture() -> None:
    came = pictures(rb'{"data": [{"b64_json": "aGVsbG8=", "revised_prompt": "\ud83d"}]}')
    assert came.data[0].b64_json == "aGVsbG8="


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"<html>Welcome</html>", "<html>Welcome</html>"),
        (b"", ""),
        (b"\xff\xfe\xff", "\ufffd\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 100_000),
        (b'[{"error": "no"}]', [{"error": "no"}]),
        (b"null", None),
    ],
    ids=["page", "nothing", "bytes", "deep", "list", "null"],
)
def test_anything_else_comes_as_it_is(body: bytes, value: object) -> None:
    assert pictures(body) == value
