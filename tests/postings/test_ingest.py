"""From observations to records and history, on the real database."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import (
    GREENHOUSE,
    START,
    Look,
    greenhouse_board,
    greenhouse_job,
    lever_board,
    lever_posting,
    tell,
)

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.postings.derivation import DERIVED_VERSION, LaunchScope
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.records import Record, all_board_events, all_events, all_records
from bandmate.postings.replay import Replayed, replay

SCOPE = LaunchScope("everything", (), ())


class Story:
    """Tells archives look by look and replays them into the test's database."""

    def __init__(self, database: Database, settings: Settings, root: Path) -> None:
        self.database, self.settings, self.root = database, settings, root

    def replay(self, *looks: Look, name: str = "story") -> Replayed:
        """Record the looks as an archive and replay it."""
        folder = self.root / name
        tell(folder, looks)
        return replay(self.database, folder, self.settings.archive_folder, SCOPE, processes=1)

    def records(self) -> dict[str, Record]:
        """Return all records by key."""
        with self.database.read() as tx:
            return {record["provider_job_key"]: record for record in all_records(tx, START + timedelta(days=30))}

    def events(self) -> list[tuple[str, str, str | None]]:
        """Return all history as key, type and field."""
        keys = {record["job_id"]: key for key, record in self.records().items()}
        with self.database.read() as tx:
            return [(keys[e["job_id"]], e["type"], e["field_name"]) for e in all_events(tx)]

    def board_events(self) -> list[Record]:
        """Return the edits of boards."""
        with self.database.read() as tx:
            return list(all_board_events(tx))

    def log(self) -> list[str]:
        """Return the types of published events."""
        with self.database.read() as tx:
            return list(tx.execute(text("select type from kernel.event order by position")).scalars())

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults of all runs."""
        with self.database.read() as tx:
            return [
                fault for run in tx.execute(text("select faults from postings.run")).scalars() for fault in run
            ]

    def verdicts(self) -> list[str]:
        """Return what each run proved, in time order."""
        with self.database.read() as tx:
            return list(tx.execute(text("select verdict from postings.run order by observed_at")).scalars())


@pytest.fixture
def story(database: Database, settings: Settings, tmp_path: Path) -> Story:
    """A story that begins with an empty database."""
    return Story(database, settings, tmp_path)


class TestUpdates:
    def test_a_changed_title_is_one_update(self, story: Story) -> None:
        """A changed title is one update with the old and the new value, and moves last_changed_at."""
        story.replay(
            Look(0, lever_board(lever_posting("a"), lever_posting("b"))),
            Look(8, lever_board(lever_posting("a", text="Lead Sound Engineer"), lever_posting("b"))),
        )
        expected = [("a", "created", None), ("a", "updated", "title"), ("b", "created", None)]
        assert sorted(story.events(), key=str) == expected
        assert story.records()["a"]["last_changed_at"] == "2026-03-02T16:00:00.000Z"
        assert story.records()["b"]["last_changed_at"] == "2026-03-02T08:00:00.000Z"

    def test_a_bumped_date_is_no_update_but_moves_its_clock(self, story: Story) -> None:
        """A new updated_at alone is cosmetic: no event, another source hash, the same content hash."""
        story.replay(Look(0, greenhouse_board(greenhouse_job(1)), board=GREENHOUSE), name="first")
        before = story.records()["1"]
        story.replay(
            Look(8, greenhouse_board(greenhouse_job(1, updated_at="2026-03-02T10:00:00-05:00")), board=GREENHOUSE),
            name="second",
        )
        after = story.records()["1"]
        assert story.events() == [("1", "created", None)]
        assert after["source_updated_at"] == "2026-03-02T15:00:00.000Z"
        assert after["source_hash"] != before["source_hash"]
        assert after["content_hash"] == before["content_hash"]
        assert after["last_changed_at"] == before["last_changed_at"]

    def test_boilerplate_across_a_board_is_one_board_event(self, story: Story) -> None:
        """The same closing paragraph exchanged on all six postings is one event of the board and none of a
        posting.
        """
        keys = "abcdef"
        story.replay(
            Look(0, lever_board(*[lever_posting(key) for key in keys])),
            Look(8, lever_board(*[lever_posting(key, additional="<p>Come as you are.</p>") for key in keys])),
        )
        assert {kind for _, kind, _ in story.events()} == {"created"}
        (event,) = story.board_events()
        assert event["field_name"] == "description"
        assert (event["old_value"], event["new_value"]) == (
            ["We welcome everyone who makes music possible."],
            ["Come as you are."],
        )
        assert len(event["job_ids"]) == 6
        assert story.log().count("postings.board.updated") == 1


class TestAnotherVersion:
    """What this version of the program reads differently is not the employer's change."""

    @pytest.fixture
    def told(self, story: Story) -> Story:
        """Six postings that a version before this one read: it called their titles and texts something else."""
        story.replay(Look(0, lever_board(*[lever_posting(key) for key in "abcdef"])), name="first")
        with story.database.begin() as tx:
            tx.execute(text("update postings.job set derived_version = 1, content_hash = repeat('0', 64)"))
            tx.execute(
                text("""
                    update postings.content
                       set text = job_id || ' read by another version',
                           meaning = (meaning::jsonb || jsonb_build_object('title', 'Other ' || job_id))::json
                """)
            )
        return story

    def _told_only(self, story: Story) -> tuple[set[tuple[str, str | None]], list[Record]]:
        return {(kind, field) for _, kind, field in story.events()}, story.board_events()

    def test_the_same_bytes_give_no_event(self, told: Story) -> None:
        """Unchanged postings are read again, and their records are refreshed in silence."""
        told.replay(Look(8, lever_board(*[lever_posting(key) for key in "abcdef"])), name="second")
        assert self._told_only(told) == ({("created", None)}, [])
        with told.database.read() as tx:
            (version,) = tx.execute(text("select distinct derived_version from postings.job")).scalars()
        assert version == DERIVED_VERSION

    def test_a_cosmetic_change_gives_no_event(self, told: Story) -> None:
        """Bytes that changed without their meaning give none either, although the stored reading is another."""
        bumped = lever_board(*[lever_posting(key, createdAt=1_767_225_700_000) for key in "abcdef"])
        told.replay(Look(8, bumped), name="second")
        assert self._told_only(told) == ({("created", None)}, [])

    def test_a_change_of_the_employers_is_told_as_it_was_made(self, told: Story) -> None:
        """A new title is one update, from the title that really stood there before."""
        told.replay(
            Look(8, lever_board(lever_posting("a", text="Lead"), *[lever_posting(key) for key in "bcdef"])),
            name="second",
        )
        with told.database.read() as tx:
            (update,) = [event for event in all_events(tx) if event["type"] == "updated"]
        assert (update["field_name"], update["old_value"], update["new_value"]) == (
            "title",
            "Sound Engineer a",
            "Lead",
        )


class TestEmployment:
    def test_what_nobody_says_is_assumed_and_flagged(self, story: Story) -> None:
        """Without a word about the kind of employment the type is null; the kind to filter by is an assumption."""
        story.replay(Look(0, greenhouse_board(greenhouse_job(1)), board=GREENHOUSE))
        record = story.records()["1"]
        assert record["employment_type"] is None
        assert (record["employment_kind"], record["employment_source"]) == ("full_time", "assumed")

    def test_a_stated_word_is_kept_raw(self, story: Story) -> None:
        """The provider's own word stays as it is; beside it stands the kind it means."""
        story.replay(Look(0, lever_board(lever_posting("a"))))
        record = story.records()["a"]
        assert (record["employment_type"], record["employment_kind"]) == ("Full-time", "full_time")
        assert record["employment_source"] == "stated"


class TestLifecycle:
    def test_closing_and_reopening_keep_the_id(self, story: Story) -> None:
        """A posting absent for two runs and a day closes, and when it is back it reopens under the same id."""
        both, one = lever_board(lever_posting("a"), lever_posting("b")), lever_board(lever_posting("a"))
        story.replay(Look(0, both), Look(12, one), Look(24, one))
        closed = story.records()["b"]
        assert (closed["status"], closed["active"], closed["inactive_at"]) == (
            "deleted",
            False,
            "2026-03-03T08:00:00.000Z",
        )
        story.replay(Look(36, both), name="later")
        assert [kind for key, kind, _ in story.events() if key == "b"] == ["created", "closed", "reopened"]
        assert story.records()["b"]["job_id"] == closed["job_id"]
        assert story.records()["b"]["inactive_at"] is None

    def test_failed_empty_and_partial_runs_close_nothing(self, story: Story) -> None:
        """Absence is never concluded from a failed, an empty or a partial run."""
        both, one = lever_board(lever_posting("a"), lever_posting("b")), lever_board(lever_posting("a"))
        story.replay(
            Look(0, both),
            Look(30, one),
            Look(40, None, Outcome.FAILED),
            Look(50, lever_board()),
            Look(60, one, Outcome.PARTIAL),
        )
        assert story.records()["b"]["active"] is True
        assert story.verdicts() == ["complete", "complete", "failed", "empty", "partial"]

    def test_unconfirmed_since_the_board_stopped_answering(self, story: Story) -> None:
        """From the first failed or empty run on, open postings are unconfirmed, until the board answers again."""
        board = lever_board(lever_posting("a"))
        story.replay(Look(0, board), Look(8, lever_board()), Look(16, None, Outcome.FAILED))
        assert story.records()["a"]["unconfirmed_since"] == "2026-03-02T16:00:00.000Z"
        story.replay(Look(24, board), name="later")
        assert story.records()["a"]["unconfirmed_since"] is None

    def test_a_deadline_in_the_past_reads_as_expired(self, story: Story) -> None:
        """A passed application deadline makes the status expired, without any event."""
        story.replay(
            Look(
                0,
                greenhouse_board(greenhouse_job(1, application_deadline="2026-03-05T00:00:00Z")),
                board=GREENHOUSE,
            )
        )
        assert story.records()["1"]["status"] == "expired"
        assert story.events() == [("1", "created", None)]


class TestBadInput:
    GOOD = staticmethod(lambda: lever_board(lever_posting("a"), lever_posting("b")))

    @pytest.mark.parametrize(
        "payload",
        [
            b"<html><body>Down for maintenance</body></html>",
            b"",
            b'{"ok": false, "error": "Document not found"}',
            b"\xff\xfe\x00",
            b"[" * 100_000,
        ],
        ids=["html", "nothing", "error document", "bytes", "deep nesting"],
    )
    def test_an_unreadable_answer_fails_the_run_and_changes_nothing(self, story: Story, payload: bytes) -> None:
        """An answer that is no listing is archived, its run fails with the reason, and nothing closes."""
        story.replay(Look(0, self.GOOD()), *[Look(24 * n, payload) for n in range(1, 4)])
        assert story.verdicts()[1:] == ["failed"] * 3
        assert all(record["active"] for record in story.records().values())
        with story.database.read() as tx:
            detail, path = tx.execute(
                text("select detail, path from postings.run order by observed_at desc limit 1")
            ).one()
        assert detail
        assert (story.settings.archive_folder / path).exists()

    def test_truncated_json_keeps_the_good_postings(self, story: Story) -> None:
        """Of an answer that breaks off the whole postings are kept, the run is partial, and nothing closes."""
        whole = lever_board(lever_posting("a"), lever_posting("b"), lever_posting("c"))
        cut = whole[: whole.index(b'"c"') + 40]
        story.replay(Look(0, whole), Look(30, cut), Look(60, cut))
        assert story.verdicts() == ["complete", "partial", "partial"]
        assert {key: r["active"] for key, r in story.records().items()} == {"a": True, "b": True, "c": True}
        assert any("line" in fault["what"] for fault in story.faults())

    @pytest.mark.parametrize("missing", [{"id": None}, {"id": 5.5}, {"id": ["x"]}])
    def test_a_posting_without_a_key_proves_nothing_absent(self, story: Story, missing: dict[str, Any]) -> None:
        """While an element's key cannot be read, no posting is held to be absent; the good ones are kept."""
        odd = lever_board(lever_posting("a"), lever_posting("b") | missing)
        story.replay(Look(0, self.GOOD()), Look(30, odd), Look(60, odd))
        assert story.verdicts() == ["complete", "partial", "partial"]
        assert story.records()["b"]["active"] is True
        assert story.faults()[0]["pointer"].startswith("/1")

    def test_two_different_postings_with_one_key_prove_nothing_absent(self, story: Story) -> None:
        """When two different elements share a key, one of them may stand for another posting: nothing closes."""
        doubled = lever_board(lever_posting("a"), lever_posting("a", text="Another"))
        story.replay(Look(0, self.GOOD()), Look(30, doubled), Look(60, doubled))
        assert story.records()["b"]["active"] is True

    def test_a_wrong_total_proves_nothing_absent(self, story: Story) -> None:
        """A board that declares three postings and lists one has not shown them all."""
        story.replay(
            Look(0, greenhouse_board(greenhouse_job(1), greenhouse_job(2)), board=GREENHOUSE),
            *[Look(h, greenhouse_board(greenhouse_job(1), total=3), board=GREENHOUSE) for h in (30, 60)],
        )
        assert story.records()["2"]["active"] is True

    def test_a_posting_that_turned_bad_is_still_sighted(self, story: Story) -> None:
        """A known posting whose title is suddenly a number keeps its facts and counts as listed; the fault is
        told.
        """
        story.replay(
            Look(0, self.GOOD()),
            *[Look(h, lever_board(lever_posting("a"), lever_posting("b", text=7))) for h in (30, 60)],
        )
        assert story.records()["b"]["title"] == "Sound Engineer b"
        assert story.records()["b"]["last_seen_at"] == "2026-03-04T20:00:00.000Z"
        assert any(fault["key"] == "b" and fault["fatal"] for fault in story.faults())

    def test_hostile_text_reaches_the_record_harmlessly(self, story: Story) -> None:
        """NUL characters, lone surrogates and impossible dates neither break the run nor the other postings."""
        nasty = lever_posting("x", text="Engineer\x00 \ud800", createdAt=10**18)
        payload = json.dumps([nasty, lever_posting("a")]).encode()
        story.replay(Look(0, payload))
        assert set(story.records()) == {"x", "a"}
        assert story.records()["x"]["source_posted_at"] is None
        assert "\x00" not in story.records()["x"]["title"]


class TestOrder:
    def test_doing_it_again_changes_nothing(self, story: Story) -> None:
        """The same archive replayed twice gives the same rows and no second event, neither in history nor in the
        log.
        """
        looks = [
            Look(0, lever_board(lever_posting("a"), lever_posting("b"))),
            Look(8, lever_board(lever_posting("a", text="Lead"))),
            Look(30, lever_board(lever_posting("a", text="Lead"))),
        ]
        story.replay(*looks)
        first = (story.records(), story.events(), story.log())
        done = replay(story.database, story.root / "story", story.settings.archive_folder, SCOPE, processes=1)
        assert (story.records(), story.events(), story.log()) == first
        assert (done.counts.runs, done.counts.repeated) == (0, 3)

    def test_an_older_run_that_arrives_late_is_folded_in_its_place(self, story: Story) -> None:
        """Replaying an archive with runs older than those recorded gives what all runs in time order would have
        given.
        """
        both, one = lever_board(lever_posting("a"), lever_posting("b")), lever_board(lever_posting("a"))
        story.replay(Look(24, one), Look(48, one), name="newer")
        done = story.replay(Look(0, both), name="older")
        assert done.counts.rebuilt == 1
        record = story.records()["b"]
        assert record["first_seen_at"] == "2026-03-02T08:00:00.000Z"
        assert record["inactive_at"] == "2026-03-04T08:00:00.000Z"
        assert story.records()["a"]["first_seen_at"] == "2026-03-02T08:00:00.000Z"
        assert "postings.board.rebuilt" in story.log()

    def test_our_own_archive_replays_to_the_same(self, story: Story, tmp_path: Path) -> None:
        """What was adopted into our own archive can rebuild everything from nothing."""
        story.replay(
            Look(0, lever_board(lever_posting("a"), lever_posting("b"))),
            Look(24, lever_board(lever_posting("a"))),
            Look(48, lever_board(lever_posting("a"))),
        )
        before = (story.records(), story.events())
        with story.database.begin() as tx:
            tx.execute(text("truncate postings.org, postings.content, postings.job_event cascade"))
        archive = story.settings.archive_folder
        replay(story.database, archive, archive, SCOPE, processes=1)
        assert (story.records(), story.events()) == before

    def test_another_payload_for_a_recorded_run_is_reported_and_not_taken(self, story: Story) -> None:
        """Two archives that disagree about one observation: the first stays, and the second is named."""
        story.replay(Look(0, lever_board(lever_posting("a"))), name="one")
        done = story.replay(Look(0, lever_board(lever_posting("b"))), name="other")
        assert set(story.records()) == {"a"}
        assert len(done.counts.conflicting) == 1
