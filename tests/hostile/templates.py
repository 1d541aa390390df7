"""Ids that a template of the bot accepts, written out from the template itself, so that none is left out."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from re import _constants as codes
from re import _parser as parser
from typing import Any, Final

_FEW: Final = 6
"""So many letters of a set are all tried; of a larger set the first one."""


def written_out(template: re.Pattern[str], given: Mapping[str, str]) -> Iterator[str]:
    """Every kind of id that a template accepts, with what is `given` in the groups of these names."""
    numbers = {number: given[name] for name, number in template.groupindex.items() if name in given}
    return _texts(parser.parse(template.pattern, template.flags), numbers)


def _texts(parsed: Any, given: Mapping[int, str]) -> Iterator[str]:
    for parts in product(*(list(_one(op, args, given)) for op, args in parsed)):
        yield "".join(parts)


def _one(op: Any, args: Any, given: Mapping[int, str]) -> Iterator[str]:
    if op is codes.LITERAL:
        yield chr(args)
    elif op is codes.IN:
        yield from _letters(args)
    elif op is codes.BRANCH:
        for branch in args[1]:
            yield from _texts(branch, given)
    elif op is codes.SUBPATTERN:
        group, *_, inner = args
        if group in given:
            yield given[group]
        else:
            yield from _texts(inner, given)
    elif op is codes.MAX_REPEAT:
        least, most, inner = args
        for times in sorted({least, min(most, max(1, least))}):
            yield from ("".join(parts) for parts in product(list(_texts(inner, given)), repeat=times))
    else:
        raise ValueError(f"{op}: this file has no examples for a template with it; add them here")


def _letters(members: Any) -> list[str]:
    found: list[str] = []
    for op, args in members:
        if op is codes.LITERAL:
            found.append(chr(args))
        elif op is codes.RANGE:
            found += [chr(code) for code in range(args[0], args[1] + 1)]
        elif op is codes.CATEGORY:
            found.append("7" if args is codes.CATEGORY_DIGIT else "w")
        else:
            raise ValueError(f"{op}: this file has no examples for a template with it; add them here")
    return found if len(found) <= _FEW else found[:1]
