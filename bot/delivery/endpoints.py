"""Points discord.py at the Discord of the settings."""

import discord
import yarl

from telephone.settings import Settings


def point_at(settings: Settings) -> None:
    """Makes discord.py use the API and the gateway of the settings. Call it before a client is made."""
    discord.http.Route.BASE = settings.discord_api_base.rstrip("/")
    if settings.discord_gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)
