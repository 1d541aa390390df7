"""`telephone demo`: the whole bot, unchanged, on a Discord that lives on this machine, in the browser."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from telephone.errors import Misconfigured

NOT_INSTALLED: Final = 'The demo needs simcord: run `make demo`, or install it with `pip install "ai-telephone[demo]"`.'


def main(argv: Sequence[str] = ()) -> int:
    """Runs until Ctrl-C; returns the exit status."""
    parser = argparse.ArgumentParser(prog="telephone demo", description=__doc__)
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; left out, any that is free")
    parser.add_argument(
        "--data", type=Path, help="folder to keep the games' database and pictures in; left out, they go with the demo"
    )
    asked = parser.parse_args(argv)
    if find_spec("simcord") is None:
        return _refuse(NOT_INSTALLED)
    logging.getLogger("discord").setLevel(logging.ERROR)  # simcord makes a client while it is imported
    from bot.demo.offline_discord import (  # discord.py and the models are heavy; a missing simcord is told without
        NoPort,
        show,
    )

    try:
        with tempfile.TemporaryDirectory(prefix="telephone-demo-", ignore_cleanup_errors=True) as folder:
            asyncio.run(show(asked.port, asked.data or Path(folder), _announce))
    except NoPort:
        return _refuse(f"Port {asked.port} is taken; leave --port out to get a free one.")
    except Misconfigured as error:
        return _refuse(" ".join(filter(None, (error.sentence, error.detail))))
    return 0


def _announce(url: str) -> None:
    _say(f"Open {url}")
    _say("Type /telephone start in the channel there and watch; Ctrl-C here ends the demo.")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("write a number from 0 to 65535")
    return int(text)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return 1


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
