"""`python -m bot.live_check` is `telephone live-check`."""

import logging
import sys

from bot.live_check import main
from telephone import log

if __name__ == "__main__":
    log.configure(logging.WARNING)
    sys.exit(main(sys.argv[1:]))
