"""`python -m bot.demo` is `telephone demo`."""

import sys

from bot.demo import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
