"""The port of the drawing page: where it gets the caption to draw, and where it hands the drawing in."""

from datetime import datetime
from typing import Protocol


class DrawingSheet(Protocol):
    """What the page shows of one claim: the caption to draw, and until when."""

    @property
    def caption(self) -> str:
        """The caption to draw, as it was written: it is shown as text, whatever it holds."""

    @property
    def expires_at(self) -> datetime:
        """When the claim ends, with its time zone."""


class DrawingPort(Protocol):
    """Every claim is held by one member; whoever else asks is told so in a TelephoneError's sentence."""

    async def drawing_task(self, claim_id: str, member_id: int) -> DrawingSheet:
        """What this member is to draw. Asking changes nothing: a page may be reloaded, and programs look at links.

        Raises NotAllowed where the claim has ended, is answered already or is somebody else's, NotFound where there
        is none.
        """

    async def hand_in(self, claim_id: str, member_id: int, data: bytes) -> None:
        """Takes the drawing, a verified PNG of ours of at most 2048 × 2048 pixels, as the answer to the claim.

        Once only: a second drawing is NotAllowed. The same bytes again are no error, so that a drawing whose receipt
        was lost on the way can be sent once more. Raises as `drawing_task` does, and Refused, which leaves the claim
        open.
        """
