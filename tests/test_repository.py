"""What holds for the repository as a whole: its files, its requirements, its migrations, its floors."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql.base import PGDialect

from bandmate.kernel.database.migrating import MIGRATIONS
from bandmate.kernel.database.session import Database
from bandmate.kernel.database.tables import metadata
from bandmate.kernel.events import tables as event_tables

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "src" / "bandmate"
REQUIREMENTS = PROJECT / "requirements"
LONGEST_MODULE = 400

# What git ignores, and git itself.
_IGNORED = re.compile(r"\.(git|venv|\w+_cache|hypothesis)|__pycache__|build|dist|.+\.egg-info")


def project_files() -> Iterator[Path]:
    """Yield every file that belongs to the repository."""
    for folder, below, names in os.walk(PROJECT):
        below[:] = [name for name in below if not _IGNORED.fullmatch(name)]
        yield from (Path(folder) / name for name in names)


def source_modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(SOURCE.rglob("*.py"))


def named(path: Path) -> str:
    """Return a path as people write it."""
    return path.relative_to(PROJECT).as_posix()


class TestFiles:
    def test_no_file_names_a_package_registry(self) -> None:
        """No file holds the address of a registry of packages: where they come from is the user's choice."""
        hosts = "|".join(re.escape(".".join(host)) for host in _REGISTRIES)
        assert _lines_with(re.compile(hosts.encode())) == []

    def test_no_file_names_a_folder_of_somebodys_machine(self) -> None:
        """No file holds an absolute path that exists on one machine only."""
        folders = r"work|root|mnt|home/[\w.-]+|Users/[\w.-]+"
        assert _lines_with(re.compile(rf"(?<![\w./~%}}>-])/({folders})/\w".encode())) == []

    def test_modules_stay_short(self) -> None:
        """No module of the package is longer than 400 lines; past that it is two rooms."""
        lengths = {named(path): len(path.read_text().splitlines()) for path in source_modules()}
        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}

    def test_no_module_is_a_drawer(self) -> None:
        """No module or folder is called utils, helpers or manager: a name says what lives there."""
        drawer = re.compile(r"(.*_)?(util|utils|helper|helpers|manager|managers|common|misc)")
        assert [named(path) for path in source_modules() if drawer.fullmatch(path.stem)] == []
        assert [named(path) for path in SOURCE.rglob("*/") if drawer.fullmatch(path.name)] == []

    def test_every_test_says_what_it_holds(self) -> None:
        """Every test function has a docstring."""
        silent = [
            f"{named(path)}:{function.lineno} {function.name}"
            for path in sorted((PROJECT / "tests").rglob("test_*.py"))
            for function in ast.walk(ast.parse(path.read_text()))
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            and function.name.startswith("test_")
            and not ast.get_docstring(function)
        ]
        assert silent == []

    def test_licence_is_apache_2(self) -> None:
        """LICENSE holds the Apache License 2.0, and the package declares it."""
        licence = (PROJECT / "LICENSE").read_text()
        assert "Apache License" in licence.splitlines()[0]
        assert "Version 2.0, January 2004" in licence
        assert "END OF TERMS AND CONDITIONS" in licence
        assert _pyproject()["license"] == "Apache-2.0"

    def test_every_make_target_has_its_help(self) -> None:
        """Every target that may be called by name has a line of help, which `make` alone lists."""
        makefile = (PROJECT / "Makefile").read_text()
        phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
        targets = {target for line in phony for target in line.split()}
        helped = set(re.findall(r"^([a-z]+):.*?## \S.+$", makefile, re.MULTILINE))
        assert {"setup", "demo", "test", "check", "bench"} <= targets
        assert targets == helped


_REGISTRIES = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("unpkg", "com"),
    ("jsdelivr", "net"),
)


def _lines_with(pattern: re.Pattern[bytes]) -> list[str]:
    """Return where a pattern stands in the files of the repository."""
    return [
        f"{named(path)}:{number}: {line[:120]!r}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1)
        if pattern.search(line)
    ]


def _pyproject() -> dict[str, object]:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        project: dict[str, object] = tomllib.load(file)["project"]
    return project


def _name(requirement: str) -> str:
    """Return a requirement's package name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[=<>!~;]", requirement.strip(), maxsplit=1)[0]).lower()


def _asked(path: Path) -> set[str]:
    """Return the names that a .in file asks for, those of the files it includes too."""
    names: set[str] = set()
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            names |= _asked(path.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            names.add(_name(line))
    return names


def _pinned(path: Path) -> dict[str, str]:
    """Return the requirements of a .txt file by name, each with its continuation lines."""
    whole = re.sub(r" *\\\n *", " ", path.read_text())
    lines = [line for line in whole.splitlines() if line and not line.lstrip().startswith("#")]
    return {_name(line): line for line in lines}


class TestRequirements:
    @pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.stem)
    def test_everything_is_pinned_with_hashes(self, path: Path) -> None:
        """Every requirement names one version and at least one SHA-256."""
        pinned = re.compile(r"[\w.-]+(\[[\w,-]+\])?==\S+( *;.*?)?( --hash=sha256:[0-9a-f]{64})+ *")
        assert [line for line in _pinned(path).values() if not pinned.fullmatch(line)] == []

    @pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.in")), ids=lambda path: path.stem)
    def test_everything_asked_for_is_pinned(self, path: Path) -> None:
        """Every name in a .in file stands in the .txt beside it; `make requirements` writes that."""
        assert _asked(path) - set(_pinned(path.with_suffix(".txt"))) == set()

    def test_package_needs_what_run_in_asks_for(self) -> None:
        """pyproject.toml and requirements/run.in name the same packages; the build backend comes on top."""
        dependencies = _pyproject()["dependencies"]
        assert isinstance(dependencies, list)
        assert {_name(each) for each in dependencies} | {"flit-core"} == _asked(REQUIREMENTS / "run.in")


class TestMigrations:
    def test_history_is_linear(self) -> None:
        """Migrations form one line without branches and merges, and their files sort in its order."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
        assert [script.down_revision for script in scripts] == [None, *[s.revision for s in scripts][:-1]]
        files = [Path(script.path).stem for script in scripts]
        assert files == sorted(files)
        assert files == [script.revision for script in scripts]

    def test_migrated_database_is_what_the_tables_say(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A migrated database and the tables in the code do not differ, in all schemas of ours."""
        for path in SOURCE.rglob("tables.py"):
            import_module(".".join(("bandmate", *path.relative_to(SOURCE).with_suffix("").parts)))
        monkeypatch.setitem(PGDialect.ischema_names, "xid8", event_tables.Xid8)  # SQLAlchemy does not know it
        ours = {table.schema for table in metadata.tables.values()}
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name in ours,
            "compare_type": True,
            "compare_server_default": True,
        }
        with database.read() as tx:
            context = MigrationContext.configure(tx, opts=options)
            assert compare_metadata(context, metadata) == []


class TestContracts:
    def test_every_room_stands_on_a_floor(self) -> None:
        """The layers of .importlinter hold every module and folder of the package, migrations aside."""
        contracts = configparser.ConfigParser()
        contracts.read(PROJECT / ".importlinter")
        written = contracts["importlinter:contract:floors"]["layers"].strip().splitlines()
        floors = [set(re.findall(r"bandmate\.(\w+)", line)) for line in written]
        rooms = {
            path.stem
            for path in SOURCE.iterdir()
            if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.stem.startswith("__")
        }
        assert set().union(*floors) == rooms - {"migrations"}
        assert floors == [
            {"main"},
            {"cli"},
            {"engine_commands"},
            {"serving", "demo"},
            {"app"},
            {"marketplace"},
            {"postings"},
            {"taxonomy"},
            {"engines"},
            {"kernel"},
        ]

    def test_pure_rooms_are_kept_pure(self) -> None:
        """Contracts forbid database and web to the engines and to the domain of every context that has one."""
        contracts = configparser.ConfigParser()
        contracts.read(PROJECT / ".importlinter")
        forbidden = {
            source: contract["forbidden_modules"].split()
            for contract in contracts.values()
            if contract.get("type") == "forbidden"
            for source in contract["source_modules"].split()
        }
        domains = {
            ".".join(("bandmate", *path.relative_to(SOURCE).parent.parts, "domain"))
            for path in (*SOURCE.glob("*/domain*"), *SOURCE.glob("marketplace/*/domain.py"))
        }
        for room in {"bandmate.engines"} | domains:
            assert {"sqlalchemy", "fastapi", "bandmate.kernel.database"} <= set(forbidden.get(room, [])), room

    def test_check_runs_the_contracts(self) -> None:
        """`make check` looks at format, lint, types and import contracts, and CI runs it before the tests."""
        makefile = (PROJECT / "Makefile").read_text()
        recipe = makefile.partition("\ncheck:")[2].partition("\n\n")[0]
        assert re.findall(r"ruff format --check|ruff check|mypy|lint-imports", recipe) == [
            "ruff format --check",
            "ruff check",
            "mypy",
            "lint-imports",
        ]
        steps = re.findall(r"^make (\w+)", (PROJECT / ".ci" / "run").read_text(), re.MULTILINE)
        assert steps == ["setup", "check", "test"]
