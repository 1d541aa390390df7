"""An operator's tools see a running bot: ready once it is connected, and its figures grow as games are played."""

import asyncio
import re
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.standin.loopback import Standin
from tests.telephone.web.drawing.studio import free_port

BOT = [sys.executable, "-m", "bot"]


async def _ask(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


def _figure(text: str, line: str) -> float:
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    assert found, f"{line} is not among the figures"
    return float(found[1])


@pytest.mark.slow
async def test_a_played_game_is_in_the_figures_and_names_nobody(standin: Standin, tmp_path: Path):
    guild = standin.create_guild("Players")
    channel, member = guild.create_text_channel("telephone"), guild.add_member("alice")
    port = free_port()
    await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path), "TELEPHONE_OPERATIONS_PORT": str(port)})
    page = f"http://127.0.0.1:{port}"
    assert (await _ask(f"{page}/healthz"))[0] == 200
    while (await _ask(f"{page}/readyz"))[0] == 503:  # discord.py takes its time until it has all servers
        await asyncio.sleep(0.1)
    _, before = await _ask(f"{page}/metrics")
    assert _figure(before, 'telephone_games{state="playing"}') == 0

    await member.slash(
        channel, "telephone start", prompt="a fox mends a clock", t2i="stickers", i2t="spotter-sharp", turns=1
    )
    text = ""
    while 'telephone_steps_total{kind="caption"' not in text:
        await asyncio.sleep(0.1)
        _, text = await _ask(f"{page}/metrics")
    assert _figure(text, 'telephone_steps_total{kind="picture",player="stickers"}') == 1
    assert _figure(text, 'telephone_step_seconds_count{player="spotter-sharp"}') == 1
    assert _figure(text, 'telephone_discord_requests_total{method="POST",status="200"}') >= 2
    assert _figure(text, "telephone_store_up") == 1
    for private in ("fox", str(guild.id), str(member.id), "alice"):
        assert private not in text
