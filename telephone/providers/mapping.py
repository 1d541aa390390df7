"""Maps our values to a model's input names, and a model's output to one address, one text or one vector."""

import ast
import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from telephone.domain.calls import Ask
from telephone.domain.games import Image
from telephone.errors import BadInput
from telephone.media.images import BYTES_MAX
from telephone.providers import failures
from telephone.providers.base import ModelTable

TASK: Final = "Write a detailed description of this image."
"""The article's instruction for models that take one with a picture."""

_NAMED_MAX: Final = 20_000
"""Longest text that is parsed, in characters."""
_DATA_URI: Final = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+=-]+)*;base64,", re.IGNORECASE)


def words_of(ask: Ask) -> str:
    """The text to draw. Raises BadInput without one."""
    if ask.text is None:
        raise BadInput("An artist needs words to draw.")
    return ask.text


def picture_of(ask: Ask) -> Image:
    """The picture to describe. Raises BadInput without one."""
    if ask.image is None:
        raise BadInput("A caption needs a picture to describe.")
    return ask.image


def question_of(ask: Ask) -> str:
    """The question to answer. Raises BadInput without one."""
    if ask.text is None:
        raise BadInput("A chat model needs a question to answer.")
    return ask.text


def inputs(model: ModelTable, ask: Ask, image: str | None = None) -> dict[str, Any]:
    """The input of one call: the table's `input` with our values. `image` is an address or data URI of the picture.

    An embedder gets a text or a picture; the field for the other is left out.
    """
    values: dict[str, Any] = {"$seed": ask.seed, "$task": TASK, "$modality": "vision" if ask.text is None else "text"}
    if ask.text is not None:
        values |= {"$prompt": ask.text, "$text": ask.text}
    if image is not None:
        values["$image"] = image
    absent = {"$text", "$image"} - values.keys() if model.kind == "embedder" else set()
    if len(absent) > 1:
        raise BadInput("An embedder needs a text or a picture to place.")
    wanted = {key: value for key, value in model.input.items() if not (isinstance(value, str) and value in absent)}
    return {key: _filled(value, values) for key, value in wanted.items()}


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item, values) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        if value not in values:
            raise BadInput("That player needs something else to work with; please choose another model.")
        return values[value]
    return value


def data_uri(image: Image) -> str:
    """A picture as a data URI."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"


def decoded(model: ModelTable, encoded: str) -> bytes:
    """The bytes of base64 text, with or without `data:` before it. Raises BadOutput over 25 MB or for anything else."""
    match = _DATA_URI.match(encoded)
    body = encoded[match.end() :] if match else encoded
    if len(body) * 3 // 4 > BYTES_MAX + 3:
        raise failures.bad_output(model, "a picture of more than 25 MB")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        pass
    try:  # in lines, as some servers wrap it
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise failures.bad_output(model) from None


def output_of(model: ModelTable, output: object, logs: object = None) -> str:
    """The address of the picture or the text of the caption in a model's output, by the table's `output`.

    Of several pictures the first is taken; of several texts all are, as one. Raises Refused where a safety filter took
    every picture away: by an empty list, or by the words of the prediction's `logs`; BadOutput for any other shape.
    """
    withheld = model.output in ("uri", "uris") and (
        output is None or (isinstance(output, Sequence) and not any(output))
    )
    words = next((line for line in str(logs or "").splitlines() if failures.is_unsafe(line)), "")
    if withheld and (words or output == []):
        raise failures.refused(model, failures.detail_of(words) or "no picture came, as after a safety filter")
    try:
        return _DECODERS[model.output](output)
    except (ValueError, TypeError, AttributeError, LookupError, SyntaxError, RecursionError, MemoryError):
        raise failures.bad_output(model) from None


def vector_of(model: ModelTable, output: object) -> tuple[float, ...]:
    """The numbers of an embedder's output. Raises BadOutput where their count differs from its table's dimensions.

    Also refuses NaN, infinity and a vector of zeros.
    """
    if not isinstance(output, Sequence) or len(output) != model.dimensions:
        raise failures.bad_output(model, "something that is no vector of its length")
    try:
        numbers = tuple(float(value) for value in output if not isinstance(value, bool | str))
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if len(numbers) != model.dimensions or not all(map(math.isfinite, numbers)) or not any(numbers):
        raise failures.bad_output(model, "a vector that says nothing")
    return numbers


def _text(output: object) -> str:
    if not isinstance(output, str):
        raise TypeError
    return output


def _uri(output: object) -> str:
    """The address of a picture. Old versions of Cog wrap it: `[{"file": …}]`."""
    if isinstance(output, Sequence) and not isinstance(output, str):
        output = output[0]
    return _text(output["file"] if isinstance(output, Mapping) else output)


def _texts(output: object) -> str:
    """The text of a stream of pieces, or of a whole."""
    if isinstance(output, Sequence):
        return "".join(map(_text, output))
    raise TypeError


def _wrapped(output: object) -> str:
    """The text. Some versions answer it bare, older ones wrap it: `[{"text": …}]`."""
    if isinstance(output, str):
        return output
    if isinstance(output, Sequence):
        return "\n".join(_text(item["text"]) for item in output)
    raise TypeError


def _named(output: object) -> str:
    """The caption in Florence's answer, `{"text": "{'<CAPTION>': 'a fox'}"}`."""
    if not isinstance(output, Mapping):
        raise TypeError
    text = _text(output["text"])
    if re.match(r"\{\s*['\"]<", text):
        return _text(next(iter(ast.literal_eval(text[:_NAMED_MAX]).values())))
    return text


_DECODERS: Final[dict[str, Callable[[object], str]]] = {
    "uri": _uri,
    "uris": _uri,
    "text": _wrapped,
    "texts": _texts,
    "[{text}]": _wrapped,
    "{text}": _named,
}
