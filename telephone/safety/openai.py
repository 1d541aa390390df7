"""OpenAI's moderation, which is free of charge: texts and pictures are sent to it."""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from telephone.concurrency import imported, off_loop
from telephone.domain.games import Image
from telephone.errors import BadOutput, Misconfigured, RateLimited, TelephoneError, Unavailable, Unsent
from telephone.media.images import fit
from telephone.providers.failures import detail_of, retry_after
from telephone.providers.http_errors import BALANCE, codes_and_text
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
_REFUSED: Final = (401, 403, 404)
_BUSY: Final = "The safety check cannot be reached just now; please try again in a minute."


@dataclass(slots=True)
class OpenAIChecker:
    """Asks `omni-moderation-latest`. It recognises sexual content involving minors in texts, not in pictures."""

    key: SecretStr | None
    base_url: str | None = None
    _client: "AsyncOpenAI | None" = field(default=None, repr=False)
    _broken_at: float | None = None
    _without_credit: bool = False

    def why_not(self) -> str | None:
        if self.key is None:
            return "the safety check needs OPENAI_API_KEY, or TELEPHONE_MODERATION=offline"
        if self._broken_at is not None and time.monotonic() - self._broken_at < BROKEN_FOR:
            why = "gets no credit from" if self._without_credit else "is refused by"
            return f"the safety check {why} OpenAI; see OPENAI_API_KEY, or set TELEPHONE_MODERATION=offline"
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
        await imported("openai", "openai.resources.moderations")
        from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

        try:
            came = await self._asked().moderations.create(model=MODEL, input=parts)
            finding = _finding(came.model_dump(by_alias=True, warnings=False)["results"])
        except APIStatusError as error:
            raise self._failure(error.status_code, error.response.headers, error.response.text, parts) from None
        except APIConnectionError as error:  # a check costs nothing, so whether it was sent makes no difference
            raise (Unavailable if isinstance(error, APITimeoutError) else Unsent)(_BUSY) from None
        except (OpenAIError, LookupError, TypeError, ValueError, AttributeError):
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

    def _failure(self, status: int, headers: Mapping[str, str], body: str, parts: Any) -> TelephoneError:
        """Only a refused key, or one without credit, stops the check for everybody; a bad picture stops itself."""
        codes, text = codes_and_text(body)
        key = self.key.get_secret_value() if self.key else ""
        detail = f"moderations answered {status}: {', '.join(sorted(codes))}"
        if status == 402 or codes & BALANCE or status in _REFUSED:
            self._broken_at, self._without_credit = time.monotonic(), status not in _REFUSED
            return Misconfigured(
                "The safety check does not work just now, so nothing was shown; please tell the operator.",
                detail + (": the account has no credit" if self._without_credit else ""),
            )
        if status == 429:
            seconds = retry_after(headers, detail_of(text, key))
            return RateLimited("The safety check is asked too often just now; please try again in a minute.", seconds)
        if status >= 500 or status in (408, 409, 425):
            return Unavailable(_BUSY)
        what = "text" if parts[0]["type"] == "text" else "picture"
        return BadOutput(f"This {what} cannot be checked, so it is not shown; please try another one.", detail)


def _finding(results: list[dict[str, Any]]) -> Finding:
    """All categories that any of the results names. Raises LookupError where there is no verdict."""
    if not results or not all(isinstance(result["flagged"], bool) for result in results):
        raise LookupError("a moderation without a verdict")
    found = {name for result in results for name, is_so in result["categories"].items() if is_so}
    return Finding(frozenset(found or ({"unnamed"} if any(result["flagged"] for result in results) else ())))
