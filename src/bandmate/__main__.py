"""``python -m bandmate`` is the command ``bandmate``."""

from bandmate.main import main

main()
