"""The documents and the program say the same: settings, commands, events, problems, links, decisions.

Each table in docs/ is the expectation of a test here. Where one is wrong, the test prints what it should hold.
"""

from __future__ import annotations

import json
import pkgutil
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic_core import PydanticUndefined
from sqlalchemy import text
from tests.marketplace.story import tell_marketplace
from tests.postings.boards_in_shape import START, Look, lever_board, lever_posting, tell
from tests.postings.reading_by_words import WordReader

import bandmate
from bandmate.cli import app
from bandmate.kernel import decisions, errors
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Purpose, Through, grant, purposes, withdraw
from bandmate.kernel.consent import events as consent_events
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import events as decisions_events
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.events.catalogue import declared_event_types
from bandmate.kernel.holdings import events as holdings_events
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.merging import merge, split
from bandmate.kernel.identity import Asker, Role
from bandmate.kernel.identity import events as identity_events
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import new_id
from bandmate.kernel.web.problem_kinds import all_kinds
from bandmate.marketplace.applying import events as applying_events
from bandmate.marketplace.launches import events as launches_events
from bandmate.marketplace.matching import events as matching_events
from bandmate.marketplace.opportunities import events as opportunities_events
from bandmate.marketplace.people import events as people_events
from bandmate.marketplace.profiles import events as profiles_events
from bandmate.marketplace.rounds import events as rounds_events
from bandmate.postings import events as postings_events
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.replay import replay
from bandmate.postings.skills.working import read_due

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"
DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *DOCS.rglob("*.md"), *(PROJECT / "src").rglob("*.md")],
    key=lambda path: path.relative_to(PROJECT).as_posix(),
)
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PUBLISHED = (
    *postings_events.PUBLISHED,
    *consent_events.PUBLISHED,
    *identity_events.PUBLISHED,
    *holdings_events.PUBLISHED,
    *decisions_events.PUBLISHED,
    *people_events.PUBLISHED,
    launches_events.LAUNCH_CHANGED,
    opportunities_events.OPENED,
    opportunities_events.CHANGED,
    opportunities_events.FILLED,
    opportunities_events.CLOSED,
    opportunities_events.WISH_MADE,
    opportunities_events.WISH_CHANGED,
    opportunities_events.WISH_WITHDRAWN,
    rounds_events.ROUND_PUBLISHED,
    rounds_events.PAIR_FORMED,
    rounds_events.PAIR_ENDED,
    *profiles_events.PUBLISHED,
    *matching_events.PUBLISHED,
    *applying_events.PUBLISHED,
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def prose(document: str) -> str:
    """Return a document without its code blocks."""
    return _FENCE.sub("", document)


def table_rows(document: str) -> list[tuple[str, ...]]:
    """Return the cells of all table rows of a document, without the heads and the lines below them."""
    lines = prose(document).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    heads = {before for before, line in pairwise(lines) if re.fullmatch(r"\|[ :|-]+\|", line)}
    return [
        tuple(cell.strip() for cell in row.strip("|").split(" | "))
        for row in rows
        if row not in heads and not re.fullmatch(r"\|[ :|-]+\|", row)
    ]


def sections(document: str, level: int) -> dict[str, str]:
    """Return the text below each heading of one level, up to the next heading of that level or above."""
    found: dict[str, str] = {}
    headings = [match for match in _HEADING.finditer(document) if len(match[1]) <= level]
    for match, following in zip(headings, [*headings[1:], None], strict=True):
        if len(match[1]) == level:
            found[match[2].strip("`")] = document[match.end() : following.start() if following else len(document)]
    return found


def written(rows: Sequence[Sequence[str]]) -> str:
    """Write rows as a table, to be pasted into a document that lacks them."""
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


class TestSettings:
    def test_every_setting_is_documented_as_it_is(self) -> None:
        """docs/settings.md has one row for each field of Settings: its variable, default and description."""
        wanted = [(f"`{_variable(name)}`", _default(name), field.description) for name, field in _fields().items()]
        documented = table_rows((DOCS / "settings.md").read_text())
        assert documented == wanted, "docs/settings.md should hold:\n" + written(
            [[str(cell) for cell in row] for row in wanted]
        )

    def test_no_document_names_a_setting_that_is_not_there(self) -> None:
        """Every BANDMATE_ variable in any document is a setting."""
        known = {_variable(name) for name in _fields()}
        unknown = {
            f"{path.relative_to(PROJECT)}: {name}"
            for path in DOCUMENTS
            for name in re.findall(r"BANDMATE_[A-Z_]*[A-Z]", path.read_text())
            if name.partition("__")[0] not in known
        }
        assert unknown == set()


def _fields() -> Mapping[str, Any]:
    return Settings.model_fields


def _variable(name: str) -> str:
    alias = _fields()[name].validation_alias
    return str(alias) if alias else f"BANDMATE_{name}".upper()


def _default(name: str) -> str:
    field = _fields()[name]
    value = field.default if field.default is not PydanticUndefined else field.default_factory()
    if value is None or value == {}:
        return "not set"
    if isinstance(value, Path):
        return f"`~/{value.relative_to(Path.home())}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands() -> dict[str, Any]:
    """Return the commands of the program by what one types, such as ``bandmate boards add``."""
    return dict(_walk("bandmate", typer.main.get_command(app)))


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, below in inner.items():
        yield from _walk(f"{name} {word}", below)


class TestCommands:
    def test_every_command_is_documented(self) -> None:
        """docs/commands.md has a section for each command of the program, in its order, and no other."""
        documented = sections((DOCS / "commands.md").read_text(), 3)
        assert list(documented) == list(commands())

    @pytest.mark.parametrize("name", commands())
    def test_a_commands_section_is_right(self, name: str) -> None:
        """The section says what the command's help says, and its table holds every argument and option."""
        section = sections((DOCS / "commands.md").read_text(), 3)[name]
        command = commands()[name]
        rows = [_parameter_row(parameter) for parameter in command.params if not _is_hidden(parameter)]
        assert command.help.strip() in section
        assert table_rows(section) == rows, f"{name} should have:\n{written(rows)}"

    def test_no_document_shows_a_command_that_is_not_there(self) -> None:
        """Every bandmate command in a code block of any document exists, with the options it is shown with."""
        wrong = [
            f"{path.relative_to(PROJECT)}: {line}"
            for path in DOCUMENTS
            for line in _shown_commands(path.read_text())
            if not _exists(line)
        ]
        assert wrong == []


def _is_hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False)) or parameter.name == "help"


def _parameter_row(parameter: Any) -> tuple[str, ...]:
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        cell = f"`{name}`".replace("|", r"\|")
    else:
        cell = " ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    if parameter.required:
        shown = "required"
    elif default is None or default == "":
        shown = "-"
    else:
        default = getattr(default, "value", default)
        shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
    return cell, shown, parameter.help or ""


def _shown_commands(document: str) -> Iterator[str]:
    for language, block in _FENCE.findall(document):
        if language in {"sh", "console"}:
            for line in block.splitlines():
                shown = re.sub(r"^(\$ )?((\w+=\S+|sudo) )*(\.venv/bin/)?", "", line.strip())
                if shown.startswith("bandmate "):
                    yield shown.partition(" # ")[0].partition(" | ")[0]


def _exists(line: str) -> bool:
    words = shlex.split(line.partition(" > ")[0].partition(" < ")[0])
    name = max((known for known in commands() if words[: len(known.split())] == known.split()), default="")
    if not name:
        return False
    options = {option for parameter in commands()[name].params for option in parameter.opts}
    options |= {option for parameter in commands()[name].params for option in parameter.secondary_opts}
    return all(word.partition("=")[0] in options for word in words if word.startswith("--"))


class TestEvents:
    def test_every_event_is_documented(self) -> None:
        """docs/events.md has a section for each published event, in its order, and no other."""
        assert list(sections((DOCS / "events.md").read_text(), 3)) == list(PUBLISHED)

    def test_every_event_is_in_the_catalogue(self) -> None:
        """Each published event is declared, and none is declared that nobody publishes."""
        assert sorted(PUBLISHED) == [declared.name for declared in declared_event_types()]

    def test_data_is_documented_as_it_is_published(
        self, database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A story that publishes every event gives each the data members that its section lists."""
        tell_marketplace(database)
        _tell_everything(database, settings, tmp_path)
        _tell_of_consent(database, monkeypatch)
        _tell_of_decisions(database)
        _tell_of_persons(database)
        _tell_of_accounts(database)
        with database.read() as tx:
            log = tx.execute(text("select type, version, data from kernel.event")).all()
        published = {kind: {frozenset(row.data) for row in log if row.type == kind} for kind in PUBLISHED}
        documented = {
            kind: {frozenset(row[0].strip("`") for row in table_rows(section))}
            for kind, section in sections((DOCS / "events.md").read_text(), 3).items()
        }
        assert published == documented
        assert {row.version for row in log} == {1}


def _tell_everything(database: Database, settings: Settings, root: Path) -> None:
    """Replay a board through a life in which everything happens that can happen to a board and its postings."""
    keys = "abcdef"
    everyone = [lever_posting(key) for key in keys]
    edited = [lever_posting(key, additional="<div>Bring your own stool.</div>") for key in keys]
    renamed = [lever_posting("a", text="Lead Sound Engineer"), *everyone[1:]]
    looks = [
        Look(0, lever_board(*everyone)),
        Look(8, lever_board(*renamed)),
        Look(16, lever_board(*[posting | {"createdAt": 1_767_999_999_000} for posting in renamed])),
        Look(24, lever_board(*edited)),
        Look(60, lever_board(*edited[1:])),
        Look(70, lever_board(*edited[1:])),
        Look(80, lever_board(*edited)),
    ]
    scope = LaunchScope("everything", (), ())
    tell(root / "life", looks)
    replay(database, root / "life", settings.archive_folder, scope, processes=1)
    tell(root / "late", [Look(4, lever_board(*everyone))])
    replay(database, root / "late", settings.archive_folder, scope, processes=1)
    read_due(database, WordReader, lambda: START)


def _tell_of_consent(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person allow something and take it back."""
    purpose = Purpose("tests.newsletter", "Newsletter", "We may write to you once a month.", 1, ("email",))
    monkeypatch.setattr(purposes, "_declared", {purpose.name: purpose})
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with database.begin() as tx:
        mia = create_person(tx, name="Mia Kern", now=now)
        evidence = purpose.shown(to=mia, through=Through.PAGE)
        grant(tx, mia, purpose.name, "email", evidence=evidence, at=now)
        withdraw(tx, mia, purpose.name, evidence=evidence, at=now)


def _tell_of_accounts(database: Database) -> None:
    """Give a person an account."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with database.begin() as tx:
        person = create_person(tx, name="Ola Lund", now=now)
        create_account(tx, person, email="ola@example.org", password=None, now=now)


def _tell_of_persons(database: Database) -> None:
    """Take two persons for one, find out that they are not, and erase one."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with database.begin() as tx:
        kept, other = (create_person(tx, name=name, now=now) for name in ("Ben Adler", "Ben Adlers"))
        merge(tx, kept, other, by="tests", now=now, reason="the same name")
        split(tx, other, by="tests", now=now)
        erase_person(tx, other, by="tests", now=now)


def _tell_of_decisions(database: Database) -> None:
    """Let a decision be made, contested, answered and overridden."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with database.begin() as tx:
        mia, ola = (create_person(tx, name=name, now=now) for name in ("Mia Kern", "Ola Lund"))
        told = decisions.Decision(
            decisions.DecisionId(new_id()),
            "tests.course.admission",
            mia,
            decisions.ObjectRef("tests.course", "1"),
            "tests.unknown",
            1,
            (),
            "refused",
            now,
            "tests",
        )
        decisions.record(tx, [told])
        herself = Asker(mia, "Mia Kern", Role.MEMBER.included, frozenset(), "session")
        other = Asker(ola, "Ola Lund", Role.OPERATOR.included, frozenset(), "session")
        decisions.contest(tx, told.decision_id, asker=herself, words="No.", now=now)
        stands = decisions.Verdict.UPHELD
        decisions.answer(tx, told.decision_id, asker=other, verdict=stands, words="It stands.", now=now)
        decisions.override(tx, told.decision_id, asker=other, outcome="admitted", reason="A place.", now=now)


class TestErrors:
    def test_every_kind_of_problem_is_documented(self) -> None:
        """docs/problems.md has a row for each kind of problem: its type, status and title."""
        for module in pkgutil.walk_packages(bandmate.__path__, "bandmate."):
            if not module.name.startswith("bandmate.migrations") and not module.name.endswith("__main__"):
                import_module(module.name)
        ours = [kind for kind in all_kinds() if kind.__module__.startswith("bandmate.")]
        wanted = sorted({(f"`/problems/{kind.slug}`", str(kind.status), kind.title) for kind in ours})
        documented = table_rows((DOCS / "problems.md").read_text())
        assert [row[:3] for row in documented] == wanted, "docs/problems.md should hold:\n" + written(wanted)
        assert all(len(row) == 4 and row[3] for row in documented), "each row ends with when it happens"

    def test_tree_of_errors_is_drawn_as_it_is(self) -> None:
        """The drawing on top of kernel/errors.py holds every class there, below its base, with its status."""
        drawn = re.findall(r"^( *)[*+-] (\w+) +\((\d+)\)", errors.__doc__ or "", re.MULTILINE)
        way: list[str] = []
        found = set()
        for indent, name, status in drawn:
            depth = len(indent) // 2
            way[depth:] = [name]
            found.add((name, int(status), way[depth - 1] if depth else "Exception"))
        ours = [kind for kind in all_kinds() if kind.__module__ == errors.__name__]
        assert found == {(kind.__name__, kind.status, kind.__mro__[1].__name__) for kind in ours}

    def test_every_slug_stands_for_one_answer(self) -> None:
        """Kinds that share a type are a kind and its narrower ones, with the same status."""
        by_slug: dict[str, list[type[BandmateError]]] = {}
        for kind in all_kinds():
            if kind.__module__.startswith("bandmate."):
                by_slug.setdefault(kind.slug, []).append(kind)
        for slug, kinds in by_slug.items():
            assert all(issubclass(kind, kinds[0]) for kind in kinds), slug
            assert len({kind.status for kind in kinds}) == 1, slug


class TestDocuments:
    def test_every_relative_link_leads_somewhere(self) -> None:
        """The file of each relative link in any document exists, and so does the heading it points at."""
        broken = [
            f"{path.relative_to(PROJECT)}: {target}"
            for path in DOCUMENTS
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text()))
            if not re.match(r"[a-z]+:", target) and not _leads_somewhere(path, target)
        ]
        assert broken == []

    def test_index_lists_every_document(self) -> None:
        """docs/README.md links every document below docs/."""
        index = (DOCS / "README.md").read_text()
        pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"README.md"}
        assert {page for page in pages if f"]({page})" not in index} == set()

    def test_make_targets_that_documents_name_exist(self) -> None:
        """Every `make target` that a document names stands in the Makefile."""
        targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
        named = {
            (path.name, target)
            for path in DOCUMENTS
            for target in re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(), re.MULTILINE)
        }
        assert {(name, target) for name, target in named if target not in targets} == set()
        assert {("README.md", "demo"), ("README.md", "test")} <= named

    def test_readme_opens_with_what_it_is(self) -> None:
        """The README begins with its title and a paragraph, then one picture, then the two commands."""
        readme = (PROJECT / "README.md").read_text()
        order = [readme.index(part) for part in ("# Bandmate\n\n", "![", "make demo", "make test", "\n## ")]
        assert order == sorted(order)
        assert readme.count("![") == 1

    def test_pictures_stay_small(self) -> None:
        """No picture of a document is larger than 250 kB, and each is shown somewhere."""
        shown = "".join(path.read_text() for path in DOCUMENTS)
        for picture in (DOCS / "images").iterdir():
            assert picture.stat().st_size <= 250_000, picture.name
            assert f"images/{picture.name})" in shown

    def test_changelog_says_what_is_unreleased(self) -> None:
        """CHANGELOG.md has an Unreleased section with something in it."""
        unreleased = sections((PROJECT / "CHANGELOG.md").read_text(), 2)["[Unreleased]"]
        assert re.search(r"^- \S", unreleased, re.MULTILINE)

    def test_json_in_documents_can_be_read(self) -> None:
        """Every code block marked as JSON is JSON."""
        for path in DOCUMENTS:
            for language, block in _FENCE.findall(path.read_text()):
                if language == "json":
                    json.loads(block)


def _leads_somewhere(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = (path.parent / name) if name else path
    if not file.exists():
        return False
    if not anchor or file.suffix != ".md":
        return True
    return anchor in {_anchor(match[2]) for match in _HEADING.finditer(prose(file.read_text()))}


def _anchor(heading: str) -> str:
    """Return the anchor that renderers of Markdown give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class TestDecisions:
    def test_decisions_are_numbered_without_a_gap(self) -> None:
        """Files of decisions are named 0001-…, 0002-… and their titles bear the number."""
        assert [path.name[:4] for path in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
        assert all(path.read_text().startswith(f"# {int(path.name[:4])}. ") for path in DECISIONS)

    @pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem[:4])
    def test_a_decision_has_its_parts(self, path: Path) -> None:
        """A decision states its status and date, context, decision, consequences, alternatives and references."""
        decision = path.read_text()
        assert re.search(r"^Status: (accepted|superseded by \[\d+\]\(.+\))$", decision, re.MULTILINE)
        assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", decision, re.MULTILINE)
        parts = sections(decision, 2)
        assert list(parts) == ["Context", "Decision", "Consequences", "Alternatives considered", "References"]
        assert all(part.strip() for part in parts.values())
        assert "](../../" in parts["References"], "a decision names the code that enforces it"
