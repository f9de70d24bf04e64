"""The engines' commands, which need nothing else of the program and load in a fifth of its time."""

from __future__ import annotations

import typer

from bandmate.engines.allocation import commands as allocation
from bandmate.engines.skills import commands as skills
from bandmate.kernel.config import settings

app = typer.Typer(name="bandmate", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def add_engines(program: typer.Typer) -> None:
    """Add them to a program."""
    skills.add_to(program, lambda: skills.Folders(settings().home / "taxonomy", settings().models_folder))
    allocation.add_to(program)


add_engines(app)
