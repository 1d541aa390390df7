"""What a failed step leaves in the log for the operator, beside the sentence for players."""

import pytest
from structlog.testing import capture_logs

from telephone.engine.outcomes import Failed, outcome_of
from telephone.errors import BadOutput, Misconfigured, Refused


async def fails(error):
    raise error


@pytest.mark.parametrize("kind", [BadOutput, Misconfigured])
async def test_a_providers_words_are_in_the_log_and_not_in_the_outcome(kind):
    with capture_logs() as lines:
        outcome = await outcome_of(fails(kind("painter sent back an error.", "list index out of range")))
    assert outcome == Failed(kind.__name__, "painter sent back an error.")
    (line,) = lines
    assert (line["event"], line["detail"]) == ("a step failed", "list index out of range")


@pytest.mark.parametrize("error", [BadOutput("painter sent back nothing."), Refused("painter declined.", "violence")])
async def test_without_words_for_the_operator_nothing_is_logged(error):
    with capture_logs() as lines:
        await outcome_of(fails(error))
    assert lines == []
