"""`python -m telephone` is the `telephone` command."""

from telephone.cli import main

main()
