"""Pictures from providers and members: verified, normalised, shrunk to a limit, and stored under their hash."""

import errno
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from cachetools import TTLCache
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, from_url
from PIL import Image as pil
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from telephone.domain.games import Image
from telephone.errors import BadOutput, Barred, Misconfigured, NotFound, Outage
from telephone.media.colour import to_srgb
from telephone.media.containers import Broken, sniff, strip
from telephone.media.png_pixels import size_of_plain
from telephone.settings.checks import folder_of

BYTES_MAX: Final = 25 * 10**6
"""The largest picture file that is accepted, in bytes."""
PIXELS_MAX: Final = 25 * 10**6
"""The largest picture that is accepted, in pixels."""

MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}

RECENT_BYTES: Final = 12 * 2**20
RECENT_SECONDS: Final = 60.0
"""How many bytes of pictures are kept in memory, and for how long: a picture is posted and described within seconds."""

TO_DO: Final = "It does not let us in, or is not there: look at TELEPHONE_STORAGE_URL, its key and its rights"
"""What an operator does about storage that refuses us."""
_QUERY: Final = re.compile(r"\?\S*")
"""The end of an address, which may hold a key."""
_NO_PLACE: Final = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist|\(os error 13?\)", re.IGNORECASE)
"""What the clouds say of a bucket that is not there, and the system of a folder that is closed to us."""
_REASON_MAX: Final = 300
_WEBP_SIDE_MAX: Final = 16_383
_log = structlog.get_logger()

# Opened by class and not by Image.open, which warns of large pictures before their size can be read.
_READERS: Final[dict[str, Callable[[io.BytesIO], ImageFile]]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
    "GIF": GifImageFile,
}

_UPRIGHT: Final = {
    2: pil.Transpose.FLIP_LEFT_RIGHT,
    3: pil.Transpose.ROTATE_180,
    4: pil.Transpose.FLIP_TOP_BOTTOM,
    5: pil.Transpose.TRANSPOSE,
    6: pil.Transpose.ROTATE_270,
    7: pil.Transpose.TRANSVERSE,
    8: pil.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by EXIF orientation."""


def verify(data: bytes) -> Image:
    """The picture in `data`, all of it there, upright, opaque, 8-bit sRGB and without metadata.

    A PNG, JPEG or WebP that already is all this keeps its bytes; one with metadata only loses that. Colours of another
    profile are converted first.
    Of several frames the first is taken, alpha is flattened on white. Raises BadOutput for data that is no
    PNG, JPEG, WebP or GIF, is cut short, or is over 25 MB or 25 megapixels.
    """
    format_ = sniff(data)
    if format_ is None:
        raise BadOutput(f"{_what_it_is(data)} came back where a picture was expected; please try again.")
    if len(data) > BYTES_MAX:
        raise BadOutput(f"The picture takes {len(data) / 1e6:.0f} MB and 25 MB fit; please try a smaller one.")
    try:
        bare = strip(data, format_)
        is_bare_png = format_ == "PNG" and bare.orientation == 1 and bare.profile is None
        size = size_of_plain(bare.data, PIXELS_MAX) if is_bare_png else None
    except Broken as error:
        raise _damaged() from error
    if size is not None:
        return Image(bare.data, MEDIA_TYPES[format_], *size)
    pixels = _decode(bare.data, format_)
    converted = None if bare.profile is None else _converted(pixels, bare.profile)
    keeps = pixels.mode == "RGB" and bare.orientation == 1 and not _must_change(pixels, bare.data)
    if keeps and converted is None:
        return Image(bare.data, MEDIA_TYPES[format_], *pixels.size)
    upright = _flatten(pixels if converted is None else converted)
    if bare.orientation in _UPRIGHT:
        upright = upright.transpose(_UPRIGHT[bare.orientation])
    return encode(upright, "JPEG" if format_ == "JPEG" else "PNG")


def size_of(data: bytes, format_: str) -> tuple[int, int]:
    """Width and height of a picture without metadata, read from its header only. Raises BadOutput."""
    with _decoding():
        return _READERS[format_](io.BytesIO(data)).size


def opened(image: Image) -> pil.Image:
    """The pixels of a verified picture, in RGB. Raises BadOutput for anything else."""
    format_ = sniff(image.data)
    if format_ is None:
        raise BadOutput(f"{_what_it_is(image.data)} came back where a picture was expected; please try again.")
    return _flatten(_decode(image.data, format_))


def encode(pixels: pil.Image, format_: str, quality: int = 95) -> Image:
    """RGB pixels as a picture file: PNG, JPEG or WEBP. `quality` is 1 to 100, for the latter two."""
    out = io.BytesIO()
    options = {} if format_ == "PNG" else {"quality": quality}
    if format_ == "JPEG":
        options["subsampling"] = 0
    pixels.save(out, format_, **options)
    return Image(out.getvalue(), MEDIA_TYPES[format_], *pixels.size)


def fit(image: Image, limit: int) -> Image:
    """The picture in at most `limit` bytes: unchanged if it fits, else WebP, else at most 2048, then 1024 px.

    Smaller sides follow only for limits no server has. Raises BadOutput where nothing fits.
    """
    if len(image.data) <= limit:
        return image
    pixels = opened(image)
    for longest in (_WEBP_SIDE_MAX, 2048, 1024, 512, 256, 64):
        smaller = pixels.copy()
        smaller.thumbnail((longest, longest), pil.Resampling.LANCZOS)
        fitted = encode(smaller, "WEBP", quality=85)
        if len(fitted.data) <= limit:
            return fitted
    raise BadOutput(f"The picture cannot be made to fit into {limit:,} bytes; please raise the upload limit.")


def _decode(data: bytes, format_: str) -> ImageFile:
    """The first frame, fully decoded. The size is checked first. Raises BadOutput."""
    with _decoding():
        pixels = _READERS[format_](io.BytesIO(data))
        _check_size(*pixels.size)
        pixels.load()
        return pixels


@contextmanager
def _decoding() -> Iterator[None]:
    """Turns any exception of a codec into BadOutput: hostile bytes make them raise anything, even ZeroDivisionError."""
    try:
        yield
    except BadOutput:
        raise
    except Exception as error:
        raise _damaged() from error


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        raise BadOutput(
            f"The picture has {width:,} × {height:,} pixels and 25 megapixels fit; please try a smaller one."
        )
    if not width * height:
        raise _damaged()


def _must_change(pixels: ImageFile, data: bytes) -> bool:
    """Whether an RGB picture must be re-encoded: a GIF, several frames, a transparent colour, 16 bits."""
    sixteen_bit = data.startswith(b"\x89PNG") and data[24] != 8
    return (
        isinstance(pixels, GifImageFile)
        or bool(getattr(pixels, "is_animated", False))
        or "transparency" in pixels.info
        or sixteen_bit
    )


def _flatten(pixels: pil.Image) -> pil.Image:
    """Any mode as opaque 8-bit RGB, alpha on white. Raises BadOutput."""
    with _decoding():
        return _opaque(pixels)


def _converted(pixels: pil.Image, profile: bytes) -> pil.Image | None:
    """The pixels in sRGB; None where the profile changes nothing. Raises BadOutput."""
    with _decoding():
        return to_srgb(_eight_bit(pixels), profile)


def _eight_bit(pixels: pil.Image) -> pil.Image:
    """Grey of 16 bits, or of floating point, in 8; anything else as it is."""
    if not pixels.mode.startswith(("I", "F")):
        return pixels
    wide = np.asarray(pixels).astype(np.float64)
    scaled = wide / 257 if pixels.mode.startswith("I") else wide
    return pil.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _opaque(pixels: pil.Image) -> pil.Image:
    pixels = _eight_bit(pixels)
    if not pixels.has_transparency_data:
        return pixels.convert("RGB")
    layer = pixels.convert("RGBA")
    ground = pil.new("RGBA", layer.size, "white")
    ground.alpha_composite(layer)
    return ground.convert("RGB")


def _what_it_is(data: bytes) -> str:
    """A name for data that is no picture, to begin a sentence with."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return "Nothing"
    if re.search(rb"<svg[\s>]", data[:4096].lower()):
        return "An SVG drawing"
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "A web page"
    if head[:1] in (b"{", b"["):
        return "JSON"
    printable = sum(byte >= 32 or byte in (9, 10, 13) for byte in head)
    return "Text" if head and printable == len(head) else "A file of an unknown kind"


def _damaged() -> BadOutput:
    return BadOutput("The picture arrived damaged or cut short; please try again.")


class Pictures:
    """Pictures in object storage, each under the sha256 of its bytes: stored once, never changed."""

    def __init__(self, store: ObjectStore, place: str) -> None:
        self._store = store
        self._place = place
        self._recent: TTLCache[str, Image] = TTLCache(RECENT_BYTES, RECENT_SECONDS, getsizeof=_size)

    @classmethod
    def at(cls, url: str) -> "Pictures":
        """Storage by URL: `file:///…` (made where missing), `s3://…`, `gs://…`, `az://…`, `memory:///`.

        Raises Misconfigured for an invalid address.
        """
        try:
            if url.startswith("file:"):
                folder = folder_of(url)
                return cls(_in_folder(folder), str(folder))
            return cls(from_url(url), url.partition("?")[0])
        except (BaseError, ValueError) as error:
            raise Misconfigured(
                "The place where pictures are kept cannot be opened.",
                f"TELEPHONE_STORAGE_URL {url!r} is no storage that can be opened: {str(error).splitlines()[0]}",
            ) from error

    async def put(self, image: Image) -> str:
        """Stores a verified picture and returns its sha256. Storing it again changes nothing. Raises Outage, or Barred
        where the storage does not let us in or is not there."""
        try:
            await self._store.put_async(_key(image.sha256), image.data)
        except (BaseError, OSError) as error:  # what is to be put is not found: there is no bucket
            raise self._unreachable(error, barred=isinstance(error, FileNotFoundError)) from error
        self._keep(image)
        return image.sha256

    def _keep(self, image: Image) -> None:
        """Keeps a picture for those who are to show it next."""
        if len(image.data) <= RECENT_BYTES // 4:
            self._recent[image.sha256] = image

    async def get(self, sha256: str) -> Image:
        """The picture stored under `sha256`, its bytes checked against it.

        Raises NotFound where it is absent or damaged, Outage where the storage does not answer.
        """
        if (recent := self._recent.get(sha256)) is not None:
            return recent
        data = await self.bytes_of(sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotFound("That picture was damaged in storage; please start a new game.")
        return _described(data)

    async def stored(self) -> dict[str, datetime]:
        """Every stored picture, by its sha256, with the moment it was written. Raises Outage."""
        try:
            found = await self._store.list().collect_async()
        except (BaseError, OSError) as error:
            raise self._unreachable(error) from error
        named = ((one["path"].rpartition("/")[2], one) for one in found)
        return {name: one["last_modified"] for name, one in named if _is_key(name) and one["path"] == _key(name)}

    async def bytes_of(self, sha256: str) -> bytes:
        """The bytes under `sha256` as they are stored, unchecked and past memory. Raises NotFound, or Outage."""
        try:
            return bytes(await (await self._store.get_async(_key(sha256))).bytes_async())
        except FileNotFoundError as error:
            if _is_barred(error):
                raise self._unreachable(error) from error
            raise NotFound("That picture is no longer kept; please start a new game.") from error
        except (BaseError, OSError) as error:
            raise self._unreachable(error) from error

    async def delete(self, sha256: str) -> None:
        """Deletes a picture; an absent one is no error. Raises Outage."""
        self._recent.pop(sha256, None)
        try:
            await self._store.delete_async(_key(sha256))
        except FileNotFoundError as error:
            if _is_barred(error):
                raise self._unreachable(error) from error
        except (BaseError, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception, *, barred: bool = False) -> Outage:
        """What players are told; the log tells the operator which place it is, and why, and whether to act."""
        barred = barred or _is_barred(error)
        reason = _QUERY.sub("", " ".join(str(error).partition("\n")[0].split()))[:_REASON_MAX]
        todo = {"to_do": f"{TO_DO}; until then games wait, and pause after a quarter of an hour."} if barred else {}
        _log.error("pictures cannot be reached", place=self._place, reason=reason, **todo)
        sentence = "The pictures cannot be reached just now; please try again in a minute."
        return Barred(sentence, reason) if barred else Outage(sentence, reason)


def _size(image: Image) -> int:
    return len(image.data)


def _is_barred(error: Exception) -> bool:
    """Whether storage refuses our key or our rights, or the folder or bucket is not there: a person has to mend it."""
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return True
    return _NO_PLACE.search(str(error)) is not None


def _in_folder(folder: Path) -> LocalStore:
    """Storage in a folder, which is made where it is missing. Raises Misconfigured where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Misconfigured(
            f"The folder {folder}, where pictures are kept, cannot be written ({error.strerror}); let this user write "
            "there, or name another by TELEPHONE_DATA_DIR or TELEPHONE_STORAGE_URL."
        ) from error
    return LocalStore(folder)


def _is_key(name: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", name) is not None


def _key(sha256: str) -> str:
    if not _is_key(sha256):
        raise NotFound("There is no such picture; please check the game's number.")
    return f"{sha256[:2]}/{sha256}"


def _described(data: bytes) -> Image:
    """Stored bytes with their type and size, read from the header only: they were verified before."""
    format_ = sniff(data)
    if format_ is None:
        return Image(data, "application/octet-stream")
    with _READERS[format_](io.BytesIO(data)) as pixels:
        return Image(data, MEDIA_TYPES[format_], *pixels.size)
