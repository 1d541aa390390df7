"""One embedder through the store's cache of vectors: every text and picture is embedded once."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telephone.concurrency import off_loop
from telephone.domain.calls import Ask
from telephone.engine.outages import through_outages
from telephone.errors import BadOutput, NotFound, TelephoneError
from telephone.media.images import Pictures
from telephone.models.base import Embedder, PaidEmbedder, ReadingEmbedder, SeeingEmbedder, Vectors
from telephone.models.chunking import head, mean, parts
from telephone.models.pricing import most_measuring_usd
from telephone.store import Size, Store

Vector = NDArray[np.float32]
Pay = Callable[[str, float], Awaitable[None]]
"""Books one paid call: a name that no other call has, and its price in US dollars."""
AT_ONCE: Final = 8
"""How many calls an embedder gets at once, so that a long list keeps neither a core nor a provider from others."""


class Made(NamedTuple):
    """A vector that was made just now, and of a text its size."""

    vector: Vector
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class CachedEmbedder:
    """An embedder behind the cache: it is called only for what is not cached. All calls raise a TelephoneError.

    `price_usd` is what one call is expected to cost, in US dollars. Its cost is booked by `pay`, as reported or else at
    that price, when the call has ended and before its vector is stored: after a crash in between, the call is made and
    booked again.
    """

    store: Store
    pictures: Pictures
    embedder: Embedder
    price_usd: float = 0.0
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False)
    _making: dict[str, asyncio.Future[Vector | None]] = field(default_factory=dict, repr=False)
    """What is looked for and made just now, by key: whoever wants it too waits for it."""

    @property
    def name(self) -> str:
        return self.embedder.name

    @property
    def version(self) -> str:
        return self.embedder.version

    @property
    def sees_pictures(self) -> bool:
        return isinstance(self.embedder, SeeingEmbedder)

    def most_usd(self, turns: int) -> float:
        """The most that measuring a game can cost, in US dollars."""
        return most_measuring_usd(turns, self.price_usd, pictures=self.sees_pictures)

    async def known(self, texts: Sequence[str]) -> Vectors | None:
        """What `embed_texts` would return, where all of it is cached; else None."""
        kept = await self.kept(texts)
        return np.stack([kept[text] for text in texts]) if all(text in kept for text in texts) else None

    async def kept(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The cached vectors of these texts, by text; texts that were never embedded are left out."""
        kept = await self.store.vectors.get(self.name, self.version, [_key(text) for text in texts])
        return {text: kept[_key(text)] for text in texts if _key(text) in kept}

    async def kept_pictures(self, hashes: Sequence[str]) -> dict[str, Vector]:
        """The cached vectors of these pictures, by hash; pictures that were never embedded are left out."""
        return await self.store.vectors.get(self.name, self.version, hashes)

    async def most_for(self, texts: Sequence[str], hashes: Sequence[str] = (), *, heads: bool = False) -> float:
        """The most that embedding what is not cached can cost, in US dollars; with `heads`, heads included."""
        if not self.price_usd:
            return 0.0
        every = list(dict.fromkeys([*texts, *(await off_loop(self._heads, texts) if heads else ())]))
        kept, seen = await self.kept(every), await self.kept_pictures(hashes)
        calls = await off_loop(lambda: sum(len(self._cut(text)[0]) for text in every if text not in kept))
        return self.price_usd * (calls + len(set(hashes) - set(seen)))

    async def embed_texts(self, texts: Sequence[str], pay: Pay | None = None) -> Vectors:
        """Shape (len(texts), dimensions), rows L2-normalised; a long text is the mean of its parts."""
        made = await self._all({_key(text): partial(self._text, text, pay) for text in texts})
        rows = [made[_key(text)] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.embedder.dimensions), np.float32)

    async def embed_pictures(self, hashes: Sequence[str], pay: Pay | None = None) -> list[Vector | None]:
        """The vectors of stored pictures, L2-normalised; None for one that is no longer kept.

        Raises TypeError where the embedder sees no pictures.
        """
        if not isinstance(self.embedder, SeeingEmbedder):
            raise TypeError(f"{self.name} sees no pictures")
        made = await self._all({sha256: partial(self._picture, sha256, pay) for sha256 in hashes})
        return [made.get(sha256) for sha256 in hashes]

    async def readable(self, texts: Sequence[str]) -> list[bool]:
        """Which of the texts the embedder can read: one that it cannot has a vector, but it says nothing."""
        embedder = self.embedder
        if not isinstance(embedder, ReadingEmbedder):
            return [True] * len(texts)
        return await off_loop(lambda: [embedder.reads(text) for text in texts])

    async def told_apart(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Which of these pairs of texts the embedder can tell apart; the distance of any other says nothing."""
        embedder = self.embedder
        if not isinstance(embedder, ReadingEmbedder):
            return [True] * len(pairs)
        return await off_loop(lambda: [embedder.tells_apart(one, other) for one, other in pairs])

    async def read(self, texts: Sequence[str], pay: Pay | None = None) -> list[Vector | None]:
        """The vectors of these texts; None for one that the embedder cannot read, which is not embedded."""
        can = await self.readable(texts)
        made = iter(await self.embed_texts([text for text, known in zip(texts, can, strict=True) if known], pay))
        return [next(made) if known else None for known in can]

    async def heads(self, texts: Sequence[str]) -> list[str]:
        """The first 75 tokens of each text, in whole words; a shorter text is its own head."""
        return await off_loop(self._heads, texts)

    async def approximate(self, texts: Sequence[str]) -> list[bool]:
        """Which of the texts are too long to be embedded whole."""
        return await off_loop(lambda: [self.embedder.tokens(text) > self.embedder.window for text in texts])

    async def keys(self, texts: Sequence[str]) -> list[str]:
        """The hashes under which vectors of these texts, of their first words and of their parts are cached."""
        return await off_loop(self._keys, texts)

    def _keys(self, texts: Sequence[str]) -> list[str]:
        whole = list(dict.fromkeys([*texts, *self._heads(texts)]))
        return [
            _key(text) for text in dict.fromkeys([*whole, *(part for text in whole for part in self._cut(text)[0])])
        ]

    def _heads(self, texts: Sequence[str]) -> list[str]:
        """The first words of each text; a text that fits is its own head, so that it is not embedded twice."""
        cut = [head(text, self.embedder.tokens) for text in texts]
        return [text if short == text.strip() else short for text, short in zip(texts, cut, strict=True)]

    async def _all(self, makers: Mapping[str, Callable[[], Awaitable[Made | None]]]) -> dict[str, Vector]:
        """Vectors by key. Every vector that is made is stored, even where another fails; then that error is raised.

        Those of an embedder that costs nothing are stored in one statement, paid ones each as soon as it is there.
        """
        found = dict[str, Vector]()
        while missing := {key: make for key, make in makers.items() if key not in found}:
            others = {key: self._making[key] for key in missing if key in self._making}
            mine = {key: make for key, make in missing.items() if key not in others}
            found |= await self._claimed(mine)
            if not others:
                break
            await asyncio.wait(others.values())
            found |= {key: one for key, made in others.items() if (one := _result(made)) is not None}
        return found

    async def _claimed(self, makers: Mapping[str, Callable[[], Awaitable[Made | None]]]) -> dict[str, Vector]:
        """Vectors by key that nobody else is making."""
        claims = {key: asyncio.get_running_loop().create_future() for key in makers}
        self._making.update(claims)
        try:
            kept = await self.store.vectors.get(self.name, self.version, list(makers))
            for key, vector in kept.items():
                claims[key].set_result(vector)
            missing = [key for key in makers if key not in kept]
            made = await asyncio.gather(
                *(self._made(key, makers[key], claims[key]) for key in missing), return_exceptions=True
            )
            there = {key: one for key, one in zip(missing, made, strict=True) if isinstance(one, Made)}
            if not self.price_usd:
                await self._keep(there)
            for one in made:
                if isinstance(one, BaseException):
                    raise one
            return kept | {key: one.vector for key, one in there.items()}
        finally:
            for key, claim in claims.items():
                del self._making[key]
                if not claim.done():
                    claim.cancel()

    async def _made(
        self, key: str, make: Callable[[], Awaitable[Made | None]], claim: asyncio.Future[Vector | None]
    ) -> Made | None:
        """Makes one vector, and tells those who wait for it."""
        try:
            made = await make()
            if made is not None and self.price_usd:
                await self._keep({key: made})
        except BaseException:
            claim.cancel()
            raise
        claim.set_result(None if made is None else made.vector)
        return made

    async def _text(self, text: str, pay: Pay | None) -> Made:
        pieces, tokens = await off_loop(self._cut, text)
        if len(pieces) == 1:
            vector = await self._called(Ask(seed=0, text=pieces[0]), pay)
        else:
            vector = mean(list(await self.embed_texts(pieces, pay)))
        return Made(vector, Size(tokens, len(pieces)))

    def _cut(self, text: str) -> tuple[tuple[str, ...], int]:
        return parts(text, self.embedder.tokens, self.embedder.window), self.embedder.tokens(text)

    async def _picture(self, sha256: str, pay: Pay | None) -> Made | None:
        try:
            image = await self.pictures.get(sha256)
        except NotFound:
            return None
        return Made(await self._called(Ask(seed=0, image=image), pay))

    async def _called(self, ask: Ask, pay: Pay | None) -> Vector:
        """The vector of one call, which is booked however it ends.

        A call that failed cost what its error says; where that says nothing, its price if it was answered with
        nonsense, else nothing.
        """
        try:
            async with self._turns:
                vector, usd = await self._placed(ask)
        except TelephoneError as error:
            unknown = self.price_usd if isinstance(error, BadOutput) else 0.0
            await self._book(pay, unknown if error.cost_usd is None else error.cost_usd)
            raise
        await self._book(pay, self.price_usd if usd is None else usd)
        return np.asarray(vector, np.float32)

    async def _placed(self, ask: Ask) -> tuple[Vectors, float | None]:
        if isinstance(self.embedder, PaidEmbedder):
            return await self.embedder.place(ask)
        if ask.image is not None and isinstance(self.embedder, SeeingEmbedder):
            return (await self.embedder.embed_pictures([ask.image]))[0], None
        return (await self.embedder.embed_texts([ask.text or ""]))[0], None

    async def _book(self, pay: Pay | None, usd: float) -> None:
        if pay is not None and usd > 0:
            what = f"{self.name}/{self.version}/{secrets.token_hex(4)}"
            await through_outages(lambda: pay(what, usd))

    async def _keep(self, made: Mapping[str, Made]) -> None:
        sizes = {key: one.size for key, one in made.items() if one.size is not None}
        vectors = {key: one.vector for key, one in made.items()}
        # In its place, not from the beginning: what was paid for is in this process alone.
        await through_outages(lambda: self.store.vectors.put(self.name, self.version, vectors, sizes))


def _result(made: asyncio.Future[Vector | None]) -> Vector | None:
    """What another made; None where it failed or was called off."""
    return None if made.cancelled() else made.result()


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
