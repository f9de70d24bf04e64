"""Reading postings in the background: what is due, who does it, and that it is no step in their life."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import START, Look, lever_board, lever_posting, tell
from tests.postings.reading_by_words import WordReader, occupation_uri, skill_uri

from bandmate.engines.skills import InvalidTaxonomy, Linked
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName, job_id
from bandmate.postings.events import SKILLS_READ
from bandmate.postings.queries import job_record
from bandmate.postings.records import all_board_events, all_events
from bandmate.postings.replay import replay
from bandmate.postings.skills import queue
from bandmate.postings.skills.reading import PostingReader
from bandmate.postings.skills.tasks import is_wanted
from bandmate.postings.skills.working import read_due

NOW = START + timedelta(days=9)
SCOPE = LaunchScope("everything", (), ())
Row = dict[str, Any]


class Boards:
    """A board that is shown again and again, and the tables that say what was read of it."""

    def __init__(self, database: Database, settings: Settings, folder: Path) -> None:
        self.database = database
        self._settings = settings
        self._folder = folder
        self._looks = 0

    def show(self, *postings: Row) -> None:
        """Let the board list these postings, a day after the last time."""
        folder = self._folder / str(self._looks)
        tell(folder, [Look(24 * self._looks, lever_board(*postings))])
        replay(self.database, folder, self._settings.archive_folder, SCOPE, processes=1)
        self._looks += 1

    def read(self, reader: WordReader | None = None, now: datetime = NOW, **options: Any) -> int:
        """Read what is due at ``now``."""
        chosen = reader or WordReader()
        return read_due(self.database, lambda: chosen, lambda: now, **options)

    def record(self, key: str) -> Row:
        """Return the record of a posting."""
        with self.database.read() as tx:
            return job_record(tx, job_id("lever", "halfnote", key), NOW)

    def labels(self, key: str) -> list[str] | None:
        """Return the labels of a posting's skills; None while it was not read."""
        skills = self.record(key)["skills"]
        return None if skills is None else [one["label"] for one in skills]

    def life(self) -> tuple[list[Row], list[Row], list[str]]:
        """Return the whole history, and what the log tells of it besides the reading."""
        with self.database.read() as tx:
            told = tx.execute(
                text("select event_id::text from kernel.event where type <> :kind order by 1"),
                {"kind": SKILLS_READ},
            )
            return list(all_events(tx)), list(all_board_events(tx)), list(told.scalars())

    def told(self) -> list[list[str]]:
        """Return the postings of each event that tells of a reading."""
        with self.database.read() as tx:
            rows = tx.execute(
                text("select data from kernel.event where type = :kind order by position"), {"kind": SKILLS_READ}
            )
            return [row.data["job_ids"] for row in rows]


@pytest.fixture
def boards(database: Database, settings: Settings, tmp_path: Path) -> Boards:
    """Three postings on a board that nobody has read yet."""
    told = Boards(database, settings, tmp_path)
    told.show(*(lever_posting(key) for key in "abc"))
    return told


def test_records_carry_what_was_read(boards: Boards) -> None:
    """Title, seniority, occupation and skills with their scores and the version stand in every record."""
    before = boards.record("a")
    assert [before[name] for name in ("normalized_title", "skills", "skills_version")] == [None] * 3
    assert boards.read() == 3
    record = boards.record("a")
    assert record["normalized_title"] == "Sound Engineer a"
    assert record["occupation_uri"] == occupation_uri("sound engineer")
    assert record["occupation_label"] == "sound engineer"
    assert {one["uri"] for one in record["skills"]} == {
        skill_uri(label) for label in ("listen closely", "steady work", "mix records")
    }
    assert all(set(one) == {"uri", "label", "score"} for one in record["skills"])
    assert record["skills_version"] == "words/test-1/1"


def test_what_is_read_is_read_once(boards: Boards) -> None:
    """A second call finds nothing due."""
    boards.read()
    reader = WordReader()
    assert boards.read(reader) == 0
    assert reader.read == []


def test_another_version_reads_anew_and_invents_no_history(boards: Boards) -> None:
    """A change of the model changes skills and their version; history, clocks and hashes stay as they were."""
    boards.read()
    life, before = boards.life(), boards.record("a")
    other = WordReader(version="words/test-2", words={"records": "listen to records"})
    assert boards.read(other) == 3
    assert boards.labels("a") == ["listen to records"]
    assert boards.life() == life
    after = boards.record("a")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"skills", "skills_version"}


def test_a_reading_that_finds_the_same_tells_nobody(boards: Boards) -> None:
    """Only postings that filters find differently are told; another version alone is nothing to index."""
    boards.read()
    assert [sorted(ids) for ids in boards.told()] == [sorted(job_id("lever", "halfnote", key) for key in "abc")]
    boards.read(WordReader(version="words/test-2"))
    assert len(boards.told()) == 1
    assert boards.record("a")["skills_version"] == "words/test-2/1"


def test_new_words_are_read_and_others_left_alone(boards: Boards) -> None:
    """A posting whose text changed is due; one whose bytes changed in other ways was read already."""
    boards.read()
    boards.show(
        lever_posting("a", description="<div>You tour with a piano.</div>"),
        lever_posting("b", createdAt=1_767_999_999_000),
        lever_posting("c"),
    )
    reader = WordReader()
    assert boards.read(reader) == 1
    assert set(boards.labels("a") or ()) >= {"work on tour", "tune pianos"}
    assert any("piano" in line for line in reader.read)


def test_a_new_title_is_read(boards: Boards) -> None:
    """The title is part of what is read."""
    boards.read()
    boards.show(lever_posting("a", text="Junior Piano Tuner"), lever_posting("b"), lever_posting("c"))
    assert boards.read() == 1
    record = boards.record("a")
    assert (record["normalized_title"], record["seniority"]) == ("Piano Tuner", "junior")
    assert record["occupation_label"] == "piano technician"


def test_open_and_new_postings_go_first_and_closed_ones_are_read_too(boards: Boards) -> None:
    """Who is open is read before who is closed."""
    for _ in range(3):
        boards.show(lever_posting("c"), lever_posting("d"))
    assert boards.record("a")["status"] == "deleted"
    first: list[str] = []

    class Watching(WordReader):
        def occupations(self, title: str) -> Any:
            first.append(title)
            return super().occupations(title)

    assert boards.read(Watching()) == 4
    assert {title[-1] for title in first[:2]} == {"c", "d"}
    assert boards.labels("a") == boards.labels("d")


def test_who_is_asked_to_stop_stores_what_was_read_and_gives_back_the_rest(boards: Boards) -> None:
    """Stopping in the middle of a batch loses nothing, and the next call goes on at once."""
    count = 0

    def stopping() -> bool:
        nonlocal count
        count += 1
        return count > 3  # asked once before the batch, then before each posting

    assert boards.read(stopping=stopping) == 2
    assert sum(boards.labels(key) is not None for key in "abc") == 2
    assert boards.read() == 1


def test_who_is_killed_loses_the_claim_by_time(boards: Boards) -> None:
    """What a killed process had claimed is left alone for ten minutes, then read by others."""

    class Killed(BaseException):
        pass

    class Dying(WordReader):
        def skills(self, text: str) -> Linked:
            raise Killed

    with pytest.raises(Killed):
        boards.read(Dying())
    assert boards.read(now=NOW + timedelta(minutes=9)) == 0
    assert boards.read(now=NOW + timedelta(minutes=11)) == 3


def test_two_share_the_work(boards: Boards) -> None:
    """Of two that read at once, each claims postings of its own, and all are read once."""
    boards.show(*(lever_posting(f"{number:02}") for number in range(12)))
    readers = [WordReader(), WordReader()]
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda one=reader: counts.append(boards.read(one, batch=2))) for reader in readers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 15


def test_a_posting_that_breaks_the_reader_keeps_nobody_else(boards: Boards) -> None:
    """One that cannot be read says nothing, is not tried for ever, and the others are read."""

    class Fragile(WordReader):
        def occupations(self, title: str) -> Any:
            if title.endswith("b"):
                raise ValueError(title)
            return super().occupations(title)

    assert boards.read(Fragile()) == 3
    assert boards.labels("b") == []
    assert boards.labels("a") != []
    assert boards.read(Fragile()) == 0


def test_without_a_vocabulary_nothing_is_lost(boards: Boards) -> None:
    """Where there is none, the call says why; what was read before still answers."""
    boards.read()

    def absent() -> WordReader:
        raise InvalidTaxonomy("There is no vocabulary.")

    with pytest.raises(InvalidTaxonomy):
        read_due(boards.database, absent, lambda: NOW)
    assert boards.labels("a")


def test_reading_again_reads_all(boards: Boards) -> None:
    """Asked to, everything is read anew, also what is up to date."""
    boards.read()
    with boards.database.begin() as tx:
        queue.read_again(tx)
    assert boards.labels("a")
    assert boards.read() == 3


def test_what_was_read_of_postings_that_are_gone_goes_too(boards: Boards) -> None:
    """A posting that no longer exists leaves nothing behind."""
    boards.read()
    with boards.database.begin() as tx:
        tx.execute(text("delete from postings.job where job_id = :id"), {"id": job_id("lever", "halfnote", "b")})
    boards.read()
    with boards.database.read() as tx:
        assert tx.execute(text("select count(*) from postings.job_reading")).scalar_one() == 2


def test_the_reader_that_serves_may_change_while_reading(boards: Boards) -> None:
    """From the next batch on the other version reads, also what the first one has read."""
    serving = [WordReader(), WordReader(version="words/test-2")]

    def opened() -> WordReader:
        return serving.pop(0) if len(serving) > 1 else serving[0]

    assert read_due(boards.database, opened, lambda: NOW, batch=1) == 4
    assert {boards.record(key)["skills_version"] for key in "abc"} == {"words/test-2/1"}


def test_how_far_it_has_come_is_told(boards: Boards) -> None:
    """After each batch the caller hears how many postings are read by this version."""
    heard: list[tuple[int, int]] = []
    boards.read(batch=2, tell=lambda told: heard.append((told.read, told.progress.current)))
    assert heard == [(2, 2), (3, 3)]


def test_a_worker_starts_reading_when_something_is_due(boards: Boards) -> None:
    """It is wanted where something is unread and each quarter of an hour; without a vocabulary only then."""

    def wanted(after: timedelta) -> bool:
        with boards.database.read() as tx:
            return is_wanted(tx, NOW + after)

    soon, later = timedelta(minutes=1), timedelta(minutes=16)
    assert wanted(soon)
    boards.read()
    assert (wanted(soon), wanted(later)) == (False, True)
    boards.show(lever_posting("new"))
    assert wanted(soon)
    with boards.database.begin() as tx:
        queue.set_state(tx, version=None, notice="There is none.", now=NOW)
    assert (wanted(soon), wanted(later)) == (False, True)


def test_nothing_is_wanted_without_postings(database: Database) -> None:
    """An installation without postings never loads a vocabulary."""
    with database.read() as tx:
        assert not is_wanted(tx, NOW)


def test_a_claim_is_held_by_one(boards: Boards) -> None:
    """Postings that somebody is at are not claimed again before the claim ends."""
    version = "words/test-1/1"

    def claimed(now: datetime) -> int:
        with boards.database.begin() as tx:
            return len(queue.claim(tx, version, now=now, limit=2))

    assert [claimed(NOW), claimed(NOW), claimed(NOW), claimed(NOW + 2 * queue.CLAIM)] == [2, 1, 0, 2]


def test_readings_of_hostile_postings_are_stored(boards: Boards) -> None:
    """Quotes, markup and characters outside the first plane arrive in the database as they are."""
    boards.show(
        lever_posting("evil", text="'; drop table postings.job; -- piano 🎹", description="<b>ears</b> 🎧")
    )
    boards.read()
    assert boards.record("evil")["normalized_title"].startswith("'; drop table")
    assert set(boards.labels("evil") or ()) >= {"tune pianos", "listen closely"}


def test_scores_alone_are_no_difference(boards: Boards) -> None:
    """A claim knows which skills and occupation were there before."""
    boards.read()
    with boards.database.begin() as tx:
        queue.read_again(tx)
        (first, *_) = queue.claim(tx, "words/test-1/1", now=NOW, limit=3)
    fresh = PostingReader(WordReader()).read(first.title, first.description)
    assert not first.differs(fresh)
    assert not first.differs(replace(fresh, skills=tuple(replace(one, score=0.5) for one in fresh.skills)))
    assert first.differs(replace(fresh, occupation=None))
    assert first.differs(replace(fresh, skills=fresh.skills[1:]))


def test_lines_under_many_titles_are_the_companys(boards: Boards) -> None:
    """At least five different titles and a quarter of them: the same job in many towns is none of that."""
    boards.show(
        *(lever_posting(f"own-{number}", description=f"<div>Line {number}.</div>") for number in range(4)),
        *(
            lever_posting(f"town-{number}", text="Tuner", description="<div>Tuning</div>", lists=[], additional="")
            for number in range(9)
        ),
    )
    board = BoardName("lever", "halfnote").board_id
    with boards.database.read() as tx:
        lines = queue.shared_lines(tx, [board])[board]
        assert queue.shared_lines(tx, []) == {}
    assert "We welcome everyone who makes music possible." in lines
    assert not {"Tuning", "Line 1."} & lines


def test_lines_of_the_company_are_known_when_postings_are_read(boards: Boards) -> None:
    """Only names count in them; a board of three says nothing of itself."""
    by_meaning = WordReader(named=False)
    boards.read(by_meaning)
    assert "listen closely" in (boards.labels("a") or ())
    boards.show(*(lever_posting(key) for key in "abcdef"))
    with boards.database.begin() as tx:
        queue.read_again(tx)
    boards.read(by_meaning)
    assert boards.labels("a") == []
