"""Posting a message once, and showing what never stops anything."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from telephone import publishing
from telephone.errors import StageGone, Unavailable
from telephone.ports.posting import Posting, nonce
from telephone.publishing import SILENT, patiently, post_once, without_stopping
from telephone.store.posts import StoredPost

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Journal:
    """Messages as the store keeps them, of one owner."""

    def __init__(self) -> None:
        self.ids: dict[str, int | None] = {}

    async def begin(self, owner_id: str, what: str) -> StoredPost:
        again = what in self.ids
        return StoredPost(BEGAN, self.ids.setdefault(what, None), again)

    async def done(self, owner_id: str, what: str, message_id: int) -> None:
        self.ids[what] = message_id


class Sending:
    """Remembers postings. `faults` are raised in turn."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.postings = list(faults), []

    async def __call__(self, posting: Posting) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.postings.append(posting)
        return 7


async def post(journal: Journal, send: Sending, **more) -> None:
    await post_once(journal, "g1", "card", send, scope=lambda post: f"card/{post.began_at.hour}", **more)


async def test_a_message_is_sent_once():
    journal, send = Journal(), Sending()
    await post(journal, send)
    await post(journal, send)
    assert send.postings == [Posting(nonce("g1", "card/12"), BEGAN, again=False)]
    assert journal.ids == {"card": 7}


async def test_a_message_that_was_begun_is_looked_for():
    journal, send = Journal(), Sending(StageGone("It is gone.", "thread"))
    with pytest.raises(StageGone):
        await post(journal, send)
    await post(journal, send)
    assert [posting.again for posting in send.postings] == [True]


async def test_more_is_booked_before_a_message_counts_as_posted():
    journal, booked = Journal(), []

    async def book(message_id: int) -> None:
        booked.append((message_id, journal.ids["card"]))

    await post(journal, Sending(), book=book)
    assert booked == [(7, None)]


async def test_a_place_that_stays_silent_is_gone(monkeypatch):
    monkeypatch.setattr(publishing, "DEADLINE", 0.0)
    with pytest.raises(StageGone) as raised:
        await patiently(lambda: Sending(Unavailable("Later."))(Posting("", BEGAN)))
    assert (raised.value.sentence, raised.value.what) == (SILENT, "silent")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Unavailable("Later."), {"event": "not shown", "log_level": "warning", "error": "Unavailable"}),
        (KeyError("x"), {"event": "showing broke, all goes on", "log_level": "error", "exc_info": True}),
    ],
)
async def test_what_cannot_be_shown_is_logged(fault, expected):
    async def edit() -> None:
        raise fault

    with capture_logs() as logs:
        await without_stopping(edit(), "card", game="g1")
    assert logs == [expected | {"what": "card", "game": "g1"}]
