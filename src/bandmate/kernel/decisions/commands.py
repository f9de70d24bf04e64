"""The command line of decisions: trying a changed rule on what was decided."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, BinaryIO, cast
from uuid import UUID

import orjson
import typer

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.decisions.policy_replay import MINIMUM, Difference, GroupRate, Report, replay_rule
from bandmate.kernel.decisions.rules import Decide, declared_rules, rule_of
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.formats import MISSING

decisions = typer.Typer(help="What was decided, and what another rule would have decided.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of decisions to the program's."""
    app.add_typer(decisions, name="decisions")


# Only one command so far; without a callback typer would leave its name out.
@decisions.callback()
def _group() -> None:
    """What was decided, and what another rule would have decided."""


@decisions.command("replay")
def replay_command(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule whose decisions are looked at.")],
    candidate: Annotated[
        str, typer.Option("--as", help="The rule to try: RULE@VERSION, or module:function of your own.")
    ],
    since: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From when on, in UTC.")
    ],
    by: Annotated[
        Path | None, typer.Option(metavar="GROUPS.csv", help="A CSV file with the columns person_id and group.")
    ] = None,
    minimum: Annotated[int, typer.Option(min=1, help="Counts of persons below this are not told.")] = MINIMUM,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.ndjson", help="Where to write each decision that would differ.")
    ] = None,
) -> None:
    """Decide again by another rule, and show who would have been treated differently; changes nothing."""
    try:
        tried = read_candidate(candidate)
        groups = read_groups(by) if by else None
    except InvalidInput as error:
        raise typer.BadParameter(error.detail) from error
    with command_database() as database, _written_to(out) as write, database.read() as tx:
        report = replay_rule(
            tx,
            rule,
            tried,
            since=since.replace(tzinfo=UTC),
            groups=groups,
            on_difference=write,
        )
    _tell(report, minimum)


def read_candidate(written: str) -> Decide:
    """Return the function that ``RULE@VERSION`` or ``module:function`` names.

    The present folder is searched for modules too, as ``python -m`` does.

    Raises:
        InvalidInput: when there is no such rule or function.
    """
    name, at, version = written.partition("@")
    if at:
        found = rule_of(name, int(version)) if version.isdecimal() else None
        if found is None:
            known = ", ".join(map(str, declared_rules())) or MISSING
            raise InvalidInput(f"No rule {written} is known. Known are: {known}.")
        return found.decide
    module, colon, function = written.partition(":")
    if not (colon and module and function):
        raise InvalidInput(f"{written!r} names no rule; write RULE@VERSION or module:function.")
    sys.path.insert(0, "")
    try:
        tried = getattr(import_module(module), function, None)
    except ImportError as error:
        raise InvalidInput(f"The module {module} cannot be imported: {error}.") from error
    finally:
        sys.path.remove("")
    if not callable(tried):
        raise InvalidInput(f"The module {module} has no function {function}.")
    return cast(Decide, tried)


def read_groups(path: Path) -> dict[PersonId, str]:
    """Read the group of each person from a CSV file with the columns ``person_id`` and ``group``.

    Raises:
        InvalidInput: when a column is missing, or a line cannot be read; says which.
    """
    try:
        lines = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} is no CSV file in UTF-8: {error}.") from error
    groups: dict[PersonId, str] = {}
    for number, line in enumerate(lines, start=2):
        person, group = line.get("person_id"), line.get("group")
        try:
            groups[PersonId(UUID(person))] = (group or "").strip()
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"{path}, line {number}: {person!r} is no person's id. "
                "The file needs the columns person_id and group."
            ) from error
        if not groups[PersonId(UUID(person))]:
            raise InvalidInput(f"{path}, line {number}: the column group is empty.")
    return groups


@contextmanager
def _written_to(path: Path | None) -> Iterator[Callable[[Difference], None]]:
    """Give the function that writes a difference: to a file that appears whole or not at all, or nowhere."""
    if path is None:
        yield lambda _: None
        return
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as file:
            yield lambda found: _write(file, found)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write(file: BinaryIO, found: Difference) -> None:
    decision = found.decision
    line = {
        "decision_id": str(decision.decision_id),
        "person_id": str(decision.subject) if decision.subject else None,
        "group": found.group,
        "object": str(decision.object),
        "decided_at": rfc3339(decision.decided_at),
        "rule": f"{decision.rule}@{decision.rule_version}",
        "before": decision.outcome,
        "after": found.after,
    }
    file.write(orjson.dumps(line) + b"\n")


def _tell(report: Report, minimum: int) -> None:
    """Print the report: the whole, outcomes before and after, then the groups."""
    low, high = report.interval()
    notices.print(
        f"{report.differently:,} of {report.decisions:,} decisions would have come out differently, for "
        f"{report.persons_differently:,} of {report.persons:,} persons"
        + (f" ({low:.1%} to {high:.1%} of such persons, 95 % interval)." if report.persons else ".")
    )
    if report.undecidable:
        notices.print(
            f"{report.undecidable:,} decisions are left out: the rule could not decide from their inputs "
            f"({report.first_error})."
        )
    changes = sorted(report.outcomes.items())
    print_table(("before", "after", "decisions"), [(*pair, str(count)) for pair, count in changes])
    rates = report.groups(minimum)
    if not rates:
        return
    sys.stdout.write("\n")
    kinds = tuple(rates[0].outcomes)
    header = ("group", "persons", "differently", "rate", "95 % from", "to", *kinds)
    print_table(header, [_row(rate, kinds) for rate in rates])
    notices.print(
        f"Groups count persons. {MISSING} stands for a count below {minimum}, or one that would give such a count "
        "away."
    )


def _row(rate: GroupRate, kinds: Sequence[str]) -> tuple[str, ...]:
    shares = (rate.rate, *(rate.interval or (None, None)))
    return (
        rate.group,
        _count(rate.persons),
        _count(rate.differently),
        *(MISSING if share is None else f"{share:.1%}" for share in shares),
        *(_count(rate.outcomes[kind]) for kind in kinds),
    )


def _count(count: int | None) -> str:
    return MISSING if count is None else str(count)
