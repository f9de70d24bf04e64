"""``python -m bandmate`` is the command ``bandmate``."""

from bandmate.cli import main

main()
