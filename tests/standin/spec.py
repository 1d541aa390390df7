"""Checks requests, and what the stand-in answers to them, against Discord's own OpenAPI file.

discord.py speaks a dialect that the service accepts and the file does not list: numbers for
snowflakes, `flags` on embeds, `nsfw` on commands, `tts` on edits. It is translated first.
The file misses some limits (content over 2,000 characters for one): `rules` and simcord have those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SPEC_PATH = Path(__file__).resolve().parents[3] / "shared" / "specs" / "discord.json"
UPDATE_MESSAGE = 7
MEDIA = 16
"""Media channels: Discord's documentation has them, its file does not yet."""


def translate(value: Any, key: str = "") -> Any:
    """discord.py's way to say something, in the file's words."""
    if isinstance(value, list):
        return [translate(item, key) for item in value]
    if not isinstance(value, dict):
        return value
    told = {name: _snowflake(name, item, key) for name, item in value.items()}
    if key == "embeds":
        told.pop("flags", None)
    if not key and {"name", "type"} <= told.keys():
        told.pop("nsfw", None)
    return told


def _snowflake(name: str, item: Any, parent: str) -> Any:
    is_id = (name == "id" and parent == "attachments") or (name.endswith("_id") and name != "sku_id")
    if is_id and isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    return translate(item, name)


class Spec:
    """Discord's API as its own file describes it, with unknown keys refused."""

    def __init__(self, path: Path = SPEC_PATH) -> None:
        document = json.loads(path.read_text().replace('"#/components', '"urn:spec#/components'))
        for name, schema in document["components"]["schemas"].items():
            if _closable(name, schema):
                schema["additionalProperties"] = False
        schemas = document["components"]["schemas"]
        schemas["GuildChannelResponse"]["properties"]["type"]["enum"].append(MEDIA)
        schemas["ChannelTypes"]["oneOf"].append({"const": MEDIA})
        self._answers: Mapping[str, Any] = document["components"]["responses"]
        self._registry = Registry[Any]().with_resource("urn:spec", DRAFT202012.create_resource(document))
        routes = [(template.count("{"), _pattern(template), item) for template, item in document["paths"].items()]
        # Fewest parameters first, so that …/messages/@original is not taken for …/messages/{message_id}.
        self._routes = sorted(routes, key=lambda route: route[0])
        self._validators: dict[int, OAS31Validator] = {}

    @classmethod
    @cache
    def load(cls) -> Spec | None:
        """The file's rules, read once, or None, with a printed reason, where the file is absent."""
        if SPEC_PATH.exists():
            return cls()
        missing = f"there is no {SPEC_PATH.name} beside the tree"
        print(f"Requests and answers are not checked against Discord's OpenAPI file: {missing}.")
        return None

    def check(
        self, method: str, path: str, query: Iterable[str] = (), payload: Any = None, multipart: bool = False
    ) -> list[str]:
        """What is wrong with a request, one sentence each; nothing if the file allows it."""
        item = self._item(method, path)
        if item is None:
            return [f"{method} {path}: the file knows no such operation"]
        operation = item[method.lower()]
        parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
        known = {parameter["name"] for parameter in parameters if parameter.get("in") == "query"}
        wrong = [f"unknown query parameter {name}" for name in query if name not in known]
        if payload is not None:
            wrong += self._check_body(method, path, operation.get("requestBody"), payload, multipart)
        return [f"{method} {path}: {reason}" for reason in wrong]

    def check_answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer, one sentence each; the file says nothing of 5XX and of unknown operations."""
        item = self._item(method, path)
        if item is None or status >= 500:
            return []
        known: Mapping[str, Any] = item[method.lower()]["responses"]
        answer = known.get(str(status)) or known.get(f"{status // 100}XX")
        if answer is None:
            return [f"{method} {path}: answered {status}, Discord answers {', '.join(known)}"]
        if "$ref" in answer:
            answer = self._answers[answer["$ref"].rpartition("/")[2]]
        content = answer.get("content")
        if content is None or body is None:
            wrong = [] if (content, body) == (None, None) else [f"a body of {type(body).__name__} with {status}"]
        else:
            wrong = [
                _explain(error) for error in self._validator(content["application/json"]["schema"]).iter_errors(body)
            ]
        return [f"{method} {path}, its answer: {reason}" for reason in wrong]

    def _item(self, method: str, path: str) -> Mapping[str, Any] | None:
        """The path's own part of the file, None where it has no such method."""
        return next((item for _, one, item in self._routes if one.match(path) and method.lower() in item), None)

    def _check_body(
        self, method: str, path: str, body: Mapping[str, Any] | None, payload: Any, multipart: bool
    ) -> list[str]:
        if body is None:
            return ["a body was sent where none belongs"]
        kind = "multipart/form-data" if multipart else "application/json"
        if kind not in body["content"]:
            return [f"content type {kind} is not among {sorted(body['content'])}"]
        # payload_json of a form is the JSON body.
        content = body["content"].get("application/json") or body["content"][kind]
        return [
            _explain(error) for error in self._validator(content["schema"]).iter_errors(_edits(method, path, payload))
        ]

    def _validator(self, schema: dict[str, Any]) -> OAS31Validator:
        if id(schema) not in self._validators:
            self._validators[id(schema)] = OAS31Validator(schema, registry=self._registry)
        return self._validators[id(schema)]


def _closable(name: str, schema: Mapping[str, Any]) -> bool:
    """The file never forbids unknown keys, so a misspelt one would pass; answers may have more than it says."""
    open_object = schema.get("type") == "object" and schema.get("properties") and "additionalProperties" not in schema
    return bool(open_object) and not name.endswith("Response") and name != "Error"


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template)) + r"\Z")


def _edits(method: str, path: str, payload: Any) -> Any:
    told = translate(payload)
    if isinstance(told, dict):
        if method == "PATCH":
            told.pop("tts", None)
        if path.endswith("/callback") and told.get("type") == UPDATE_MESSAGE and isinstance(told.get("data"), dict):
            told["data"].pop("tts", None)
    return told


def _explain(error: Any) -> str:
    """The sentence about the branch of a union that was meant, judged by its `type`."""
    while error.context:
        branches: dict[Any, list[Any]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        error = min(branches.values(), key=_distance)[0]
    return f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"


def _distance(branch: list[Any]) -> tuple[bool, bool, int]:
    other_type = any(e.validator in ("enum", "const") and list(e.relative_path)[-1:] == ["type"] for e in branch)
    return other_type, any(e.validator == "type" for e in branch), len(branch)
