"""A bot's requests, sent by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from simcord.builders import ChannelHandle

from tests.standin import Guild, Member, Standin

MESSAGES, CALLBACK, COMMANDS = "/channels/{channel}/messages", "{callback}", "/applications/{app}/commands"
THREADS = "/channels/{channel}/messages/{message}/threads"
COMPONENTS_V2 = 1 << 15
TEXT = {"type": 10, "content": "x"}


@dataclass(frozen=True)
class Wire:
    """Requests as a bot would send them, on a server with one channel and one member."""

    discord: Standin
    http: aiohttp.ClientSession
    guild: Guild
    channel: ChannelHandle
    alice: Member

    async def send(self, method: str, path: str, body: Any = None, **files: bytes) -> tuple[int, Any]:
        """Status and JSON of the answer; `path` may name {channel}, {app}, {message}, {callback}."""
        data: Any = None
        if files:
            data = aiohttp.FormData()
            data.add_field("payload_json", json.dumps(body))
            for index, (name, blob) in enumerate(files.items()):
                data.add_field(f"files[{index}]", blob, filename=f"{name}.png")
        body = None if files else body
        address = self.discord.api_base + self.fill(path)
        async with self.http.request(method, address, json=body, data=data) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None

    def fill(self, path: str) -> str:
        backend = self.discord.world.backend
        if "{callback}" in path:
            asked = backend.new_interaction(2, self.channel.id, self.alice.id, self.guild.id)
            path = path.replace("{callback}", f"/interactions/{asked.id}/{asked.token}/callback")
        if "{message}" in path:
            path = path.replace("{message}", str(self.discord.messages(self.channel)[0].id))
        return path.format(channel=self.channel.id, app=backend.application_id)

    async def post(self, body: dict[str, Any], channel: Any = None, **files: bytes) -> tuple[int, Any]:
        return await self.send("POST", f"/channels/{(channel or self.channel).id}/messages", body, **files)
