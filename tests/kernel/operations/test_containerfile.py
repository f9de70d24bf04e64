"""The container file, as far as it can be held against the program without building it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import orjson
import typer

from bandmate.cli import app

PROJECT = Path(__file__).resolve().parents[3]
LINES = re.sub(r"\\\n\s*", " ", (PROJECT / "Containerfile").read_text()).splitlines()
STEPS = [tuple(line.split(maxsplit=1)) for line in LINES if line and not line.startswith("#")]


def all_of(instruction: str) -> list[str]:
    """Return what follows each instruction of one kind."""
    return [step[1] for step in STEPS if step[0] == instruction]


def test_what_is_copied_exists() -> None:
    """Each source of a COPY from the checkout is there."""
    copies = [shlex.split(copy) for copy in all_of("COPY") if not copy.startswith("--from")]
    missing = [source for *sources, _ in copies for source in sources if not (PROJECT / source).exists()]
    assert copies
    assert missing == []


def test_only_what_is_pinned_is_installed() -> None:
    """Requirements come with hashes, and the program brings no others."""
    installs = [run for run in all_of("RUN") if "pip install" in run]
    assert ["--require-hashes" in run or "--no-deps" in run for run in installs] == [True, True]


def test_no_registry_is_named() -> None:
    """Base images are named without an address, so that whoever builds decides where they come from."""
    images = [image.split()[0] for image in all_of("FROM")]
    assert all("/" not in image and image.startswith("python:3.") for image in images)


def test_it_runs_as_nobody_special() -> None:
    """The last stage has left root before anything is started."""
    last = STEPS[max(number for number, step in enumerate(STEPS) if step[0] == "FROM") :]
    users = [step[1] for step in last if step[0] == "USER"]
    assert users == ["bandmate"]


def test_its_command_is_one_of_ours() -> None:
    """What it starts is a command of the program, with options that it has."""
    (entry,), (arguments,) = all_of("ENTRYPOINT"), all_of("CMD")
    assert orjson.loads(entry) == ["bandmate"]
    name, *options = orjson.loads(arguments)
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_its_health_is_asked_at_an_address_of_ours() -> None:
    """The health check asks the address that says whether the process is alive, at the port that is served."""
    (check,) = all_of("HEALTHCHECK")
    (arguments,) = all_of("CMD")
    port = orjson.loads(arguments)[-1]
    assert f"http://127.0.0.1:{port}/healthz" in check
