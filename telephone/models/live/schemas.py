"""Whether a model's table fits the schema that its provider publishes. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from telephone.providers.base import ModelTable

_GIVEN: Final = {
    "$prompt": "string",
    "$task": "string",
    "$text": "string",
    "$modality": "string",
    "$image": "string",
    "$seed": "integer",
}
_EXPECTED: Final = {
    "uri": ("string", "array"),
    "uris": ("array", "string"),
    "text": ("string", "array"),
    "texts": ("array", "string"),
    "[{text}]": ("array",),
    "{text}": ("object",),
    "vector": ("array",),
}


def compared(table: ModelTable, schema: Any) -> dict[str, Any]:
    """What of a table does not fit an OpenAPI schema of Cog's shape; `fits` says whether all does."""
    parts = ((schema or {}).get("components") or {}).get("schemas") or {}
    declared = (parts.get("Input") or {}).get("properties")
    if not isinstance(declared, Mapping):
        return {"fits": "unknown: no schema"}
    required = (parts.get("Input") or {}).get("required") or []
    wrong = [told for name, value in table.input.items() if (told := _wrong(value, declared.get(name), parts, name))]
    output = _resolved(parts.get("Output") or {}, parts)
    kind = _kind(output)
    facts: dict[str, Any] = {
        "unknown_inputs": [name for name in table.input if name not in declared],
        "missing_inputs": [name for name in required if name not in table.input],
        "wrong_values": wrong,
        "output": kind,
    }
    fits_output = kind in _EXPECTED.get(table.output, ()) or kind == "any"
    fits = not any((facts["unknown_inputs"], facts["missing_inputs"], wrong)) and fits_output
    return {"fits": fits, **facts}


def _wrong(value: Any, declared: Any, parts: Mapping[str, Any], name: str) -> str | None:
    """Why a value of a table cannot be given to this input; None where it can, or where nothing is known of it."""
    if not isinstance(declared, Mapping):
        return None
    rule = _resolved(declared, parts)
    given = _GIVEN.get(value) if isinstance(value, str) else None
    allowed, kind = rule.get("enum"), _kind(rule)
    if given is None and isinstance(allowed, list) and value not in allowed:
        return f"{name}: {value!r} is not among {allowed[:12]}"
    if given is None:
        given = _type_of(value)
    if kind in ("any", given) or (kind == "number" and given == "integer"):
        return None
    return f"{name}: {given} where {kind} is wanted"


def _resolved(rule: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule with its reference, alone or in `allOf`, looked up."""
    inner = (rule.get("allOf") or [rule])[0]
    named = str(inner.get("$ref", "")).rpartition("/")[2]
    found = parts.get(named, inner)
    return found if isinstance(found, Mapping) else {}


def _kind(rule: Mapping[str, Any]) -> str:
    kinds = [rule.get("type"), *(option.get("type") for option in rule.get("anyOf", ()) if isinstance(option, Mapping))]
    found = [str(kind) for kind in kinds if kind and kind != "null"]
    return found[0] if found else "any"


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")
