"""The file that a member sent with a form, fetched from Discord's CDN."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import aiohttp
import discord

from bot.interactions.forms import parts
from bot.ui.posts import Attachment
from telephone.errors import BadInput
from telephone.media.uploads import DAMAGED, EMPTY, UPLOAD_MAX, too_large

FETCH_S: Final = 60.0
"""How long a file may take to come, in seconds."""
NONE_CAME: Final = "No file came with the form; please press Upload again and choose your picture."
ONE_ONLY: Final = "Please send one file; {} came with the form."
NOT_FETCHED: Final = "Your file could not be fetched, please send it again."
NO_ANSWER: Final = "Discord did not hand over your file just now; please send it again in a minute."


_WHOLE: Final = frozenset({"url", "filename", "size"})
"""What Discord says of every file."""


async def uploaded_file(data: Mapping[str, Any], field: str, get: Callable[[str], Awaitable[bytes]]) -> Attachment:
    """The one file of a form's field; `get` fetches an address. Raises BadInput, which says what to send instead."""
    found = _files(data, field)
    if len(found) != 1:
        raise BadInput(ONE_ONLY.format(len(found)) if found else NONE_CAME)
    [file] = found
    size = file["size"] if isinstance(file["size"], int) else 0
    if size > UPLOAD_MAX:
        raise BadInput(too_large(size))
    content = await _fetched(get, str(file["url"]))
    if len(content) < size:
        raise BadInput(DAMAGED if content else EMPTY)
    return Attachment(str(file["filename"]), content)


def _files(data: Mapping[str, Any], field: str) -> Sequence[Any]:
    """The files of a field as Discord describes them."""
    resolved = data.get("resolved")
    sent = resolved.get("attachments") if isinstance(resolved, Mapping) else None
    ids: Any = next((part.get("values") for part in parts(data) if part.get("custom_id") == field), None)
    if not isinstance(sent, Mapping) or not isinstance(ids, list):
        return []
    files = (sent.get(str(one)) for one in ids)
    return [file for file in files if isinstance(file, Mapping) and file.keys() >= _WHOLE]


async def _fetched(get: Callable[[str], Awaitable[bytes]], url: str) -> bytes:
    try:
        async with asyncio.timeout(FETCH_S):
            return await get(url)
    except aiohttp.ClientPayloadError as error:
        raise BadInput(DAMAGED) from error
    except discord.HTTPException as error:
        raise BadInput(NO_ANSWER if error.status >= 500 or error.status == 429 else NOT_FETCHED) from error
    except (aiohttp.InvalidURL, ValueError) as error:
        raise BadInput(NOT_FETCHED) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise BadInput(NO_ANSWER) from error
