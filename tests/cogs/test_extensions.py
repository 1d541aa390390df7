"""What the extensions add to the bot, beside the commands: buttons and selects that outlive it, and forms."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

from discord import ui

import bot
from bot.app import EXTENSIONS


async def test_every_persistent_item_is_added_by_an_extension(server):
    assert _added(server) == _classes()
    assert len(_classes()) >= 14


async def test_an_extension_takes_out_what_it_added(server):
    running = server.env.bot
    assert running.forms
    for name in EXTENSIONS:
        await running.unload_extension(name)
    assert _added(server) == set()
    assert running.forms == {}
    assert [*running.telephone.commands, *running.admin.commands] == []


def _added(server):
    return set(server.env.bot._connection._view_store._dynamic_items.values())


def _classes():
    """Every class of the bot that answers ids, wherever in the package it lies."""
    modules = [import_module(module.name) for module in walk_packages(bot.__path__, "bot.")]
    found = {one for module in modules for one in vars(module).values() if inspect.isclass(one)}
    return {one for one in found if issubclass(one, ui.DynamicItem) and not inspect.isabstract(one)} - {ui.DynamicItem}
