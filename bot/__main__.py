"""`python -m bot`: the bot on Discord, until it is told to stop. The exit status is what `bot.process` says."""

import gc
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] = ()) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit status."""
    # While so much is loaded that stays, the collector would look through all of it again and again, and find nothing.
    gc.disable()
    from bot.process import main as run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
