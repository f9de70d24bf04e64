"""The command line of postings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bandmate.kernel.archive import parse_place
from bandmate.kernel.clock import rfc3339, system_clock
from bandmate.kernel.commands import FAILED, command_database, notices, print_table
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.postings.boards import board_states, follow, parse_board, parse_every, unfollow
from bandmate.postings.crawl import crawl
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.export import write_rows
from bandmate.postings.indexing import drain_if_alone, index_folder, index_lag, rebuild_index
from bandmate.postings.reading_index import JobIndex
from bandmate.postings.records import all_board_events, all_events, all_records
from bandmate.postings.replay import Replayed, replay
from bandmate.postings.skills.commands import read_skills_command

index = typer.Typer(help="The search index, which is built from the database.", no_args_is_help=True)
boards = typer.Typer(help="Boards that are followed on a schedule.", no_args_is_help=True)

Parsed = TypeVar("Parsed")

BoardArguments = Annotated[list[str], typer.Argument(metavar="PROVIDER:BOARD…", help="For example lever:spotify.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of postings to the program's."""
    app.command("crawl")(crawl_command)
    app.command("replay")(replay_command)
    app.command("export")(export_command)
    app.command("read-skills")(read_skills_command)
    app.add_typer(boards, name="boards")
    app.add_typer(index, name="index")


def _parse(parser: Callable[[str], Parsed], words: Sequence[str]) -> list[Parsed]:
    """Read arguments; one that cannot be read is wrong usage (exit code 2)."""
    try:
        return [parser(word) for word in words]
    except InvalidInput as error:
        raise typer.BadParameter(error.detail) from error


def crawl_command(names: BoardArguments) -> None:
    """Fetch boards now: archive what they answer, then bring records and history up to date."""
    asked = _parse(parse_board, names)
    with command_database() as database:
        failed = asyncio.run(_crawl(database, asked))
        drain_if_alone(database, settings())
    if failed:
        notices.print(f"{failed} of {len(asked)} boards could not be read; what is known of them is unchanged.")
        raise typer.Exit(FAILED)


async def _crawl(database: Database, asked: list[BoardName]) -> int:
    """Crawl and tell of each board as it is done; return how many failed."""
    failed = 0
    async with aclosing(crawl(database, asked, settings(), system_clock)) as crawling:
        async for crawled in crawling:
            counts = crawled.counts
            if counts.failed:
                failed += 1
                notices.print(f"{crawled.board}: failed. {crawled.observation.detail or ''}")
                continue
            notices.print(
                f"{crawled.board}: {crawled.observation.outcome}, {crawled.observation.listed} listed, "
                f"{counts.created} new, {counts.updated} changes, {counts.closed} closed, "
                f"{counts.reopened} reopened"
            )
    return failed


def replay_command(
    folder: Annotated[
        str, typer.Argument(help="A raw archive: the folder with runs.ndjson, or its s3://bucket/prefix.")
    ],
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many to use; one a processor by default.")
    ] = None,
) -> None:
    """Build records and history again from a raw archive; the same archive always gives the same."""
    chosen = settings()
    (source,) = _parse(lambda written: parse_place(written, chosen.archive_endpoint), [folder])
    with command_database() as database:
        bar = Progress(
            TextColumn("Replaying"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("runs"),
            TimeElapsedColumn(),
            console=notices,
            transient=True,
            disable=not notices.is_terminal,
        )
        with bar:
            task = bar.add_task("", total=None)

            def show(state: Replayed) -> None:
                bar.update(task, completed=state.counts.runs + state.counts.repeated)

            done = replay(
                database,
                source,
                chosen.archive_place,
                LaunchScope.of(chosen),
                processes=processes,
                progress=show,
            )
        drain_if_alone(database, chosen)
    _tell(done)


def _tell(done: Replayed) -> None:
    counts = done.counts
    notices.print(
        f"boards {done.boards}, runs {counts.runs}, already recorded {counts.repeated}, "
        f"postings {counts.postings}, "
        f"events {counts.events} (created {counts.created}, updated {counts.updated}, closed {counts.closed}, "
        f"reopened {counts.reopened}), unsupported boards {len(done.unsupported)}, failed runs {counts.failed}, "
        f"bad postings {counts.bad_postings}, rebuilt boards {counts.rebuilt}"
    )
    for board, runs in sorted(done.unsupported.items()):
        notices.print(f"left alone: {board} ({runs} runs), because {board.provider} is no provider we know")
    for where in counts.conflicting:
        notices.print(f"kept the payload recorded first: {where}")


def export_command(
    what: Annotated[str, typer.Argument(metavar="jobs|events|board-events", help="What to write.")],
    out: Annotated[
        str, typer.Option(help="A file ending in .ndjson, .ndjson.gz or .parquet; - for stdout.")
    ] = "-",
) -> None:
    """Write all records, their history, or the boards' own edits to a file."""
    if what not in {"jobs", "events", "board-events"}:
        raise typer.BadParameter(f"{what!r} cannot be exported; choose jobs, events or board-events.")
    with command_database() as database, database.read() as tx:
        if what == "jobs":
            rows = all_records(tx, system_clock())
        elif what == "events":
            rows = all_events(tx)
        else:
            rows = all_board_events(tx)
        count = write_rows(rows, out)
    notices.print(f"{count} rows written to {'stdout' if out == '-' else out}.")


@boards.command("add")
def add_command(
    names: BoardArguments,
    every: Annotated[str, typer.Option(help="How often to ask, for example 90m, 6h or 1d.")] = "6h",
    company: Annotated[str | None, typer.Option(help="The company behind the board, in its own spelling.")] = None,
) -> None:
    """Follow boards: crawl them on a schedule while `bandmate serve` or `bandmate worker` runs."""
    (interval,) = _parse(parse_every, [every])
    asked = _parse(parse_board, names)
    with command_database() as database:
        _follow_all(database, asked, interval, company)
        drain_if_alone(database, settings())
    for board in asked:
        notices.print(f"{board} is followed every {every}.")


def _follow_all(database: Database, asked: list[BoardName], interval: timedelta, company: str | None) -> None:
    with database.begin() as tx:
        for board in asked:
            follow(tx, board, every=interval, company=company, now=system_clock())


@boards.command("list")
def list_command() -> None:
    """List all boards with what their last run came to."""
    with command_database() as database, database.read() as tx:
        states = board_states(tx)
    if not states:
        notices.print("No boards yet. Follow one with `bandmate boards add lever:spotify`.")
        return
    header = ("board", "company", "every", "open", "known", "runs", "last run", "result", "unconfirmed since")
    rows = [
        (
            str(state.name),
            state.company,
            f"{state.every_minutes}m" if state.followed else "-",
            str(state.open_jobs),
            str(state.known_jobs),
            str(state.runs),
            rfc3339(state.last_run_at) if state.last_run_at else "-",
            state.last_verdict or "-",
            rfc3339(state.unconfirmed_since) if state.unconfirmed_since else "-",
        )
        for state in states
    ]
    print_table(header, rows)


@boards.command("remove")
def remove_command(names: BoardArguments) -> None:
    """Stop following boards; their records and history stay."""
    asked = _parse(parse_board, names)
    with command_database() as database, database.begin() as tx:
        for board in asked:
            unfollow(tx, board)
    for board in asked:
        notices.print(f"{board} is no longer followed; its records stay.")


@index.command("rebuild")
def rebuild_command() -> None:
    """Build the search index anew from the database; searches go on in the old one meanwhile."""
    with command_database() as database:
        count = rebuild_index(database, settings())
    notices.print(f"The index holds {count} postings.")


@index.command("status")
def status_command() -> None:
    """Say how many postings the index holds and how far it is behind the event log."""
    with command_database() as database, database.read() as tx:
        behind = index_lag(tx, settings())
        held = JobIndex(index_folder(settings())).count()
    state = "not built" if behind is None else f"{behind} events behind"
    print_table(("postings", "state"), [(str(held), state)])
