"""``python -m convt``."""

from .cli import main

main()
