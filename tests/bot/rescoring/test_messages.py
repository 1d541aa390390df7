"""What a rescore says of itself at every stage, and that it fits a message."""

from datetime import UTC, datetime, timedelta

import pytest
from discord import ui

from bot.rescoring import messages as rescore_messages
from bot.ui.text import LAYOUT_MAX, units
from telephone.domain.rescores import Rescore, RescorePlan, RescoreState
from tests.bot.samples import NASTY, custom_ids

BEGAN = datetime(2026, 11, 26, 12, tzinfo=UTC)


def job(state: RescoreState = RescoreState.RUNNING, **more) -> Rescore:
    return Rescore("ab12", 7, "imagebind", "1", state, 120, 200, BEGAN, started_at=BEGAN, **more)


def said(shown: Rescore, minutes: float = 2) -> list[str]:
    post = rescore_messages.card(shown, "ImageBind", BEGAN + timedelta(minutes=minutes))
    return [item.content for item in post.view.walk_children() if isinstance(item, ui.TextDisplay)]


@pytest.mark.parametrize(
    ("shown", "title", "line"),
    [
        (
            job(RescoreState.QUEUED, reserved_usd=1.32),
            "### Old games will be measured with ImageBind",
            "120 games to come, up to $1.32.",
        ),
        (
            job(measured=30, left_out=2, reserved_usd=1.32, spent_usd=0.21),
            "### Measuring old games with ImageBind",
            "32 of 120 games. About 6 min left. 2 games could not be measured. $0.21 spent of up to $1.32.",
        ),
        (job(), "### Measuring old games with ImageBind", "0 of 120 games."),
        (
            job(RescoreState.FINISHED, measured=119, left_out=1, reserved_usd=1.32, spent_usd=0.98),
            "### 119 games are measured with ImageBind",
            "Boards, insights and pairs can be asked for it now. 1 game could not be measured. $0.98 spent.",
        ),
        (
            job(RescoreState.FAILED, measured=30, reason="ImageBind did not answer for 15 minutes."),
            "### Measuring with ImageBind ended early",
            "ImageBind did not answer for 15 minutes. 30 of 120 games measured, which stay so; "
            "/telephone-admin rescore goes on.",
        ),
        (
            job(RescoreState.STOPPED, measured=1),
            "### Measuring with ImageBind was stopped",
            "1 of 120 games measured, which stay so; /telephone-admin rescore goes on.",
        ),
    ],
    ids=["queued", "running", "just begun", "finished", "failed", "stopped"],
)
def test_a_card_says_how_far_it_is_and_what_was_spent(shown: Rescore, title: str, line: str) -> None:
    assert said(shown) == [title, line]


@pytest.mark.parametrize("state", list(RescoreState))
def test_a_job_that_has_not_ended_can_be_stopped(state: RescoreState) -> None:
    assert custom_ids(rescore_messages.card(job(state), "ImageBind")) == (
        set() if state.is_final else {"at1:rescore:stop:ab12"}
    )


def test_words_of_others_in_a_reason_do_nothing_and_fit() -> None:
    title, line = said(job(RescoreState.FAILED, reason=NASTY * 200))
    assert units(title) + units(line) < LAYOUT_MAX
    assert "https://" not in line


def test_money_is_asked_about_in_cents_rounded_up() -> None:
    plan = RescorePlan(7, "imagebind", "1", games=1, until=9, most_usd=0.0101)
    assert rescore_messages.question(plan, "ImageBind").startswith(
        "1 game is not measured with ImageBind yet. Measuring them costs up to $0.02"
    )
    (button,) = rescore_messages.confirmation(plan).children
    assert (button.label, button.custom_id) == ("Measure them, up to $0.02", "at1:rescore:go:imagebind")
