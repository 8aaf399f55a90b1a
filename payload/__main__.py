"""`python -m payload` is `payload-sim`."""

from payload.cli import main

main()
