"""`telephone live-check CHANNEL`: asks the real Discord what our code counts on, and prints a table to send back."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telephone.errors import Misconfigured, TelephoneError
from telephone.settings import Settings

if TYPE_CHECKING:
    from bot.live_check.session import Options

WHAT_TO_SET: Final = "Set DISCORD_TOKEN to your bot's token; telephone live-check asks Discord with it."
EXPLAINED: Final = """It posts in that channel, and takes everything away at the end, also after Ctrl-C; choose a
channel where nobody minds. The table holds no token and no words of other people. What could not be taken away, and
what a later run looks at, stands in live-check.json in the data directory."""


def main(argv: Sequence[str] = ()) -> int:
    """Runs the checks; returns the exit status: 0 where all that was asked was answered."""
    parser = argparse.ArgumentParser(prog="telephone live-check", description=__doc__, epilog=EXPLAINED)
    asked = _arguments(parser, argv)
    try:
        settings = Settings.load()
        if settings.discord_token is None:
            raise Misconfigured(WHAT_TO_SET)
        return asyncio.run(_run(settings, settings.discord_token.get_secret_value(), asked))
    except TelephoneError as error:
        _say(error.sentence)
        return 1


async def _run(settings: Settings, token: str, asked: argparse.Namespace) -> int:
    from bot.live_check.run import check  # discord.py is heavy; a missing token is told without it
    from telephone.cli import live_table
    from telephone.cli.output import print_json

    checked = await check(settings, token, asked.channel, only=asked.only, options=_options(asked), say=_say)
    if asked.as_json:
        print_json(live_table.document(checked.about, checked.answers))
    else:
        live_table.show(checked.answers)
    live_table.write(asked.out, checked.about, checked.answers)
    _say(f"{live_table.tally(checked.answers)}; written to {asked.out}, fit to be sent back.")
    for line in checked.remains:
        _say(line)
    return 130 if checked.interrupted else 0


def _options(asked: argparse.Namespace) -> "Options":
    from bot.live_check.session import Options

    return Options(
        long=asked.long,
        people=asked.people,
        age_restricted=asked.age_restricted,
        left=asked.left,
        patience=asked.patience,
    )


def _arguments(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    add = parser.add_argument
    add("channel", type=_channel, help="id of a text channel where the bot may post (Developer Mode, Copy Channel ID)")
    add("--only", default="", help="checks to run, such as files,threads or 3,4; left out, all")
    add("--long", action="store_true", help="also what takes ten minutes, or a run an hour and a day later")
    add("--people", action="store_true", help="also what somebody has to do; it is said here and in the channel")
    add("--age-restricted", type=_channel, metavar="CHANNEL", help="also look at this age-restricted channel")
    add("--left", type=_channel, metavar="CHANNEL", help="also look at a channel of a server that removed the bot")
    add("--patience", type=_seconds, default=600.0, metavar="SECONDS", help="how long somebody is waited for")
    add("--json", action="store_true", dest="as_json", help="print one JSON document and nothing else")
    add("--out", type=Path, default=Path("live-check.md"), help="file for the table: Markdown, or JSON by its name")
    return parser.parse_args(argv)


def _channel(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):
        raise argparse.ArgumentTypeError("write a channel's id, a number such as 1180000000000000000")
    return int(text)


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 86_400):
        raise argparse.ArgumentTypeError("write a number of seconds from 1 to 86400")
    return float(text)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
