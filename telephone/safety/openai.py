"""OpenAI's moderation, which is free of charge: texts and pictures are sent to it."""

import base64
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from telephone.concurrency import off_loop
from telephone.domain.games import Image
from telephone.errors import Misconfigured, RateLimited, Unavailable
from telephone.media.images import fit
from telephone.providers import durations
from telephone.safety.checker import Finding

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MODEL: Final = "omni-moderation-latest"
PICTURE_MAX: Final = 2 * 10**6
"""The largest picture that is sent as it is, in bytes; of a larger one, a smaller copy is checked."""
SECONDS: Final = 30.0
"""How long one answer may take, in seconds."""
BROKEN_FOR: Final = 60.0
"""How long a refused key counts as broken before it is tried again, in seconds."""
_BUSY: Final = "The safety check cannot be reached just now; please try again in a minute."


@dataclass(slots=True)
class OpenAIChecker:
    """Asks `omni-moderation-latest`. It recognises sexual content involving minors in texts, not in pictures."""

    key: SecretStr | None
    base_url: str | None = None
    _client: "AsyncOpenAI | None" = field(default=None, repr=False)
    _broken_at: float | None = None

    def why_not(self) -> str | None:
        if self.key is None:
            return "the safety check needs OPENAI_API_KEY, or TELEPHONE_MODERATION=offline"
        if self._broken_at is not None and time.monotonic() - self._broken_at < BROKEN_FOR:
            return "the safety check is refused by OpenAI; see OPENAI_API_KEY, or set TELEPHONE_MODERATION=offline"
        return None

    async def check_text(self, text: str) -> Finding:
        return await self._check([{"type": "text", "text": text}])

    async def check_picture(self, image: Image) -> Finding:
        sent = await off_loop(fit, image, PICTURE_MAX)
        address = f"data:{sent.media_type};base64,{base64.b64encode(sent.data).decode('ascii')}"
        return await self._check([{"type": "image_url", "image_url": {"url": address}}])

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _check(self, parts: Any) -> Finding:
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            came = await self._asked().moderations.create(model=MODEL, input=parts)
            finding = _finding(came.model_dump(by_alias=True, warnings=False)["results"])
        except APIStatusError as error:
            raise self._failure(error.status_code, error.response.headers.get("retry-after")) from None
        except (APIConnectionError, OpenAIError, LookupError, TypeError, ValueError, AttributeError):
            raise Unavailable(_BUSY) from None
        self._broken_at = None
        return finding

    def _asked(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI

        if self.key is None:
            raise Misconfigured("The safety check is not set up; please tell the operator.", self.why_not() or "")
        if self._client is None:
            self._client = AsyncOpenAI(
                api_key=self.key.get_secret_value(), base_url=self.base_url, max_retries=0, timeout=SECONDS
            )
        return self._client

    def _failure(self, status: int, retry_after: str | None) -> Exception:
        if status == 429:
            seconds = None if (asked := durations.header(retry_after or "")) is None else max(0.0, asked)
            return RateLimited("The safety check is asked too often just now; please try again in a minute.", seconds)
        if status >= 500 or status in (408, 409):
            return Unavailable(_BUSY)
        self._broken_at = time.monotonic()
        return Misconfigured(
            "The safety check does not work just now, so nothing was shown; please tell the operator.",
            f"moderations answered {status}",
        )


def _finding(results: list[dict[str, Any]]) -> Finding:
    """All categories that any of the results names. Raises LookupError where there is no verdict."""
    if not results or not all(isinstance(result["flagged"], bool) for result in results):
        raise LookupError("a moderation without a verdict")
    found = {name for result in results for name, is_so in result["categories"].items() if is_so}
    return Finding(frozenset(found or ({"unnamed"} if any(result["flagged"] for result in results) else ())))
