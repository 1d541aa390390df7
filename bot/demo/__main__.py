"""`python -m bot.demo` is `telephone demo`."""

import logging
import sys

from bot.demo import main
from telephone import log

if __name__ == "__main__":
    log.configure(logging.WARNING)
    sys.exit(main(sys.argv[1:]))
