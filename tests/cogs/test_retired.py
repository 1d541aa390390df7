"""A retired model: its replacement is offered on a button, and never taken silently."""

from telephone.errors import Retired

PROMPT = "a fox mends a clock"
GONE = "dalle2 was retired on 2026-05-12; please choose painter instead."


async def test_the_replacement_is_offered_and_plays_when_pressed(server):
    server.app.games.faults = [Retired(GONE, "painter")]
    asked = await server.alice.slash(
        server.channel, "telephone start", prompt=PROMPT, t2i="dalle2", i2t="critic", turns=3
    )
    assert asked.response.content == GONE
    assert asked.ephemeral
    assert server.app.games.asked == []
    started = await server.alice.click(asked.response, label="Play with painter")
    assert "Game #1" in started.response.content
    (request,) = server.app.games.asked
    assert (request.prompt, request.t2i, request.i2t, request.turns) == (PROMPT, "painter", "critic", 3)


async def test_a_replacement_that_cannot_play_is_not_offered(server):
    server.app.games.faults = [Retired(GONE, "absent")]
    asked = await server.alice.slash(server.channel, "telephone start", prompt=PROMPT, t2i="dalle2")
    assert asked.response.content == GONE
    assert not asked.response.components
    assert server.refusals() == ["Retired"]
