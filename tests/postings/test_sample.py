"""The sample boards of `make demo`: deterministic, in the providers' shapes, with a history worth looking at."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bandmate.postings.providers import PROVIDERS, BadPosting
from bandmate.postings.sample import SAMPLE_BOARDS, SampleRun, sample_runs, story
from bandmate.postings.sample.composing import compose
from bandmate.postings.sample.reading import adverts, companies, phrases, places, roles

ANCHOR = datetime(2026, 11, 21, 9, 30, 15, 250_000, tzinfo=UTC)

# Employers and services that a careless writer might name; none of them belongs into invented text.
REAL_NAMES = (
    "Spotify|Deezer|Tidal|SoundCloud|Bandcamp|Pandora|Audible|Apple Music|YouTube|Google|Amazon|Netflix|TikTok"
    "|Universal Music|Warner|Sony|Yamaha|Fender|Gibson|Steinway|Kawai|Roland|Ticketmaster|Eventbrite|Live Nation"
    "|GEMA|SACEM|STIM|ASCAP|Yassir|Theodo|MOO|Takealot|Bash.com|Anthropic|GitLab|Linear|Ramp|Abridge|Hinge"
)


@cache
def runs() -> tuple[SampleRun, ...]:
    """Give all runs for the anchor; made once."""
    return tuple(sample_runs(ANCHOR))


@cache
def elements(run: SampleRun) -> list[dict[str, Any]]:
    """Give the postings of an answer as the wire has them."""
    answer = json.loads(run.payload or b"[]")
    found: list[dict[str, Any]] = answer if isinstance(answer, list) else answer["jobs"]
    return found


def answered() -> Iterator[SampleRun]:
    """Give the runs that brought a listing."""
    return (run for run in runs() if run.outcome != "failed")


def history(board: str) -> dict[Any, list[dict[str, Any]]]:
    """Give each posting's appearances on a board, oldest first."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for run in answered():
        if run.board == board:
            for element in elements(run):
                found[element["id"]].append(element)
    return found


def run_on(board: str, day: int) -> SampleRun:
    """Give the run of a board on a day of the story."""
    return [run for run in runs() if run.board == board][story.VISITS.index(day)]


def shape(value: Any, path: str = "$") -> set[str]:
    """Give the paths of all keys in a JSON value."""
    if isinstance(value, dict):
        return {path}.union(*(shape(inner, f"{path}.{key}") for key, inner in value.items()))
    if isinstance(value, list):
        return {path}.union(*(shape(inner, f"{path}[]") for inner in value))
    return {path}


class TestRuns:
    """What holds for the runs as a whole."""

    def test_the_same_anchor_gives_the_same_bytes(self) -> None:
        """Two passes over the same anchor are equal in every field and byte."""
        assert tuple(sample_runs(ANCHOR)) == runs()

    def test_identifiers_do_not_depend_on_the_anchor(self) -> None:
        """A later anchor moves the times and keeps every id, board by board and run by run."""
        later = tuple(sample_runs(ANCHOR + timedelta(days=100, hours=5)))
        old = [(run.board, [element["id"] for element in elements(run)]) for run in answered()]
        new = [
            (run.board, [element["id"] for element in elements(run)]) for run in later if run.outcome != "failed"
        ]
        assert sorted(map(repr, new)) == sorted(map(repr, old))

    def test_runs_come_in_time_order_and_end_shortly_before_the_anchor(self) -> None:
        """Times never go back, carry whole milliseconds in UTC, and the newest is within the last hour."""
        times = [run.observed_at for run in runs()]
        assert times == sorted(times)
        assert all(moment.tzinfo is UTC and moment.microsecond % 1000 == 0 for moment in times)
        assert timedelta(0) < ANCHOR - times[-1] < timedelta(hours=1)

    def test_there_are_enough_boards_postings_and_observations(self) -> None:
        """At least seven boards of three providers, 280 postings, 14 to 20 observations of each board."""
        per_provider = Counter(board.provider for board in SAMPLE_BOARDS)
        assert all(per_provider[name] >= 2 for name in ("lever", "greenhouse", "ashby"))
        assert len(SAMPLE_BOARDS) >= 7
        assert sum(len(set(history(board.board)) - {None}) for board in SAMPLE_BOARDS) >= 280
        observations = Counter(run.board for run in runs())
        assert set(observations) == {board.board for board in SAMPLE_BOARDS}
        assert all(14 <= count <= 20 for count in observations.values())

    def test_all_runs_are_written_quickly(self) -> None:
        """Writing every run takes less than a second and a half of processor time."""
        started = time.process_time()
        list(sample_runs(ANCHOR))
        assert time.process_time() - started < 1.5

    def test_counts_say_what_the_payload_holds(self) -> None:
        """`listed` is the number of elements; only Greenhouse declares a total, larger when cut short."""
        for run in answered():
            assert run.listed == len(elements(run))
            assert (run.declared_total is None) == (run.provider != "greenhouse")
            if run.declared_total is not None:
                assert (run.declared_total > run.listed) == (run.outcome == "partial")
                assert json.loads(run.payload or b"")["meta"]["total"] == run.declared_total


class TestWire:
    """The answers have the providers' shapes."""

    @pytest.mark.parametrize("provider", ["lever", "greenhouse", "ashby"])
    def test_every_recorded_key_occurs(self, provider: str, shared: Path) -> None:
        """Every key path that recorded answers carry stands somewhere in the sample, apart from rare ones."""
        folder = shared / "postings"
        recorded: set[str] = set()
        sources = sorted((folder / "fixtures" / provider).glob("*.json"))
        for archive in ("timeseries", "ashby"):
            sources += sorted((folder / archive / "raw" / f"provider={provider}").glob("*/*/*.json.gz"))[:12]
        for source in sources:
            answer = source.read_bytes()
            recorded |= shape(json.loads(gzip.decompress(answer) if source.suffix == ".gz" else answer))
        # Sub-departments and a postal code: a handful of recorded postings have them.
        rare = {path for path in recorded if path.endswith((".child_ids[]", ".postalCode"))}
        ours = set[str]().union(
            *(shape(json.loads(run.payload or b"")) for run in answered() if run.provider == provider)
        )
        assert recorded - rare <= ours

    def test_greenhouse_pay_ranges_stand_on_the_board_asked_for_them_only(self) -> None:
        """`pay_input_ranges` is a list on every posting of one board, and an absent key on the other."""
        assert all(
            "pay_input_ranges" in posting
            for postings in history("bellwetherlund").values()
            for posting in postings
        )
        assert not any(
            "pay_input_ranges" in posting
            for postings in history("concordatrights").values()
            for posting in postings
        )

    def test_greenhouse_content_is_escaped_exactly_once(self) -> None:
        """The content holds no raw tag, and an ampersand of the text is escaped twice on the wire."""
        contents = [posting["content"] for postings in history("bellwetherlund").values() for posting in postings]
        assert not any("<" in content for content in contents)
        assert any("Bellwether &amp;amp; Lund" in content for content in contents)

    def test_most_lever_lists_have_no_list_element(self) -> None:
        """Lists are bare `<li>` as on the wire; one old-fashioned board wraps them in `<ul>`."""
        wrapped: dict[str, set[bool]] = {}
        for board in ("halfnote", "marigoldwax", "rosinstreet"):
            wrapped[board] = {
                "<ul" in part["content"]
                for postings in history(board).values()
                for posting in postings
                for part in posting["lists"]
            }
        assert wrapped == {"halfnote": {False}, "marigoldwax": {False}, "rosinstreet": {True}}

    def test_providers_read_every_posting_but_the_nameless_one(self) -> None:
        """Each answer splits, and each posting states its facts without a fault, apart from those meant."""
        fatal, unproven = [], []
        for run in answered():
            provider = PROVIDERS[run.provider]
            listing = provider.split(run.payload or b"")
            faults = list(listing.faults)
            for raw in listing.postings:
                try:
                    faults += provider.state(raw)[1]
                except BadPosting as bad:
                    faults.append(bad.fault)
            fatal += [(run.board, run.observed_at) for fault in faults if fault.fatal]
            if listing.proven:
                assert not faults
            else:
                unproven.append((run.board, run.observed_at))
        nameless = run_on("concordatrights", -12)
        cut = run_on("bellwetherlund", -18)
        assert fatal == [(nameless.board, nameless.observed_at)]
        assert unproven == [(cut.board, cut.observed_at), *fatal]


class TestStory:
    """Each element of the story happens."""

    def test_every_scripted_posting_exists(self) -> None:
        """No change, absence or incident names a posting or a board that is not there."""
        there = {(company.board, advert.key) for company in companies() for advert in adverts(company.board)}
        assert set(story.edits()) | set(story.AWAY) | {("concordatrights", story.NAMELESS_KEY)} <= there
        assert {board for board, _ in story.INCIDENTS} <= {board.board for board in SAMPLE_BOARDS}
        assert {day for _, day in story.INCIDENTS} <= set(story.VISITS)

    def test_postings_come_and_go_on_every_living_board(self) -> None:
        """Over all boards dozens of postings appear after the first run and dozens are gone at the end."""
        created = gone = 0
        for board in SAMPLE_BOARDS:
            listings = [
                {element["id"] for element in elements(run)}
                for run in answered()
                if run.board == board.board and run.listed
            ]
            ever = set().union(*listings)
            created += len(ever - listings[0])
            gone += len(ever - listings[-1])
        assert created >= 60
        assert gone >= 30

    def test_postings_go_for_four_days_and_come_back(self) -> None:
        """Six postings return after an absence in two complete runs and for more than a day."""
        returned = 0
        for board in SAMPLE_BOARDS:
            mine = [
                run for run in answered() if run.board == board.board and run.outcome == "complete" and run.listed
            ]
            seen = [{element["id"] for element in elements(run)} for run in mine]
            for key in set().union(*seen) - {None}:
                sightings = [index for index, keys in enumerate(seen) if key in keys]
                returned += sum(
                    second - first > 2
                    and mine[second - 1].observed_at - mine[first].observed_at > timedelta(days=1)
                    for first, second in pairwise(sightings)
                )
        assert returned == 6

    def test_each_kind_of_meaningful_change_occurs(self) -> None:
        """Titles, places, departments, teams, pay, work models, terms and texts all change somewhere."""
        changed = {field for changes in story.edits().values() for edit in changes for field in edit.changes}
        assert {
            "title",
            "places",
            "department",
            "team",
            "pay",
            "model",
            "terms",
            "notes",
            "tasks",
            "demands",
        } <= changed

    def test_a_changed_title_shows_in_the_payload(self) -> None:
        """The payout engineer becomes a senior one under the same id."""
        titles = [
            list(dict.fromkeys(posting["text"] for posting in postings))
            for postings in history("halfnote").values()
        ]
        assert ["Backend Engineer - Payouts", "Senior Backend Engineer - Payouts"] in titles

    def test_greenhouse_times_are_bumped_without_a_change(self) -> None:
        """At least twenty times `updated_at` moves while everything else of the posting stays byte for byte."""
        bumped = 0
        for postings in history("concordatrights").values():
            for before, after in pairwise(postings):
                moved = before["updated_at"] != after["updated_at"]
                bumped += moved and before | {"updated_at": None} == after | {"updated_at": None}
        assert bumped >= 20

    def test_bytes_change_without_a_change_of_meaning(self) -> None:
        """Lever markup changes while the plain text stays."""
        assert any(
            before["description"] != after["description"]
            and before["descriptionPlain"] == after["descriptionPlain"]
            for postings in history("halfnote").values()
            for before, after in pairwise(postings)
        )

    def test_one_board_renews_its_equality_paragraph_everywhere(self) -> None:
        """Between two runs every posting that the label group lists in both gets another closing text."""
        before = {element["id"]: element["additional"] for element in elements(run_on("marigoldwax", -12))}
        after = {element["id"]: element["additional"] for element in elements(run_on("marigoldwax", -10))}
        both = before.keys() & after.keys()
        assert len(both) >= 20
        assert all(before[key] != after[key] for key in both)

    def test_failures_of_every_kind_occur(self) -> None:
        """A 503 and a time-out bring no payload, an outage page HTML with 200; some answers are empty or cut."""
        failed = [run for run in runs() if run.outcome == "failed"]
        assert {run.http_status for run in failed} == {200, 503, None}
        assert all((run.payload is None) == (run.http_status != 200) for run in failed)
        assert all(b"<html" in (run.payload or b"") for run in failed if run.http_status == 200)
        assert all(run.detail for run in failed)
        assert Counter(run.board for run in answered() if run.listed == 0) == {
            "rosinstreet": 1,
            "quiet-carriage": 1,
        }
        assert Counter(run.board for run in runs() if run.outcome == "partial") == {
            "halfnote": 1,
            "bellwetherlund": 1,
        }

    def test_one_board_stops_answering(self) -> None:
        """Stavewise fails in its last four runs and had answered before."""
        outcomes = [run.outcome for run in runs() if run.board == "stavewise"]
        assert outcomes == ["complete"] * (len(outcomes) - 4) + ["failed"] * 4

    def test_fields_and_texts_disagree_on_purpose(self) -> None:
        """Several postings say on site in the field while their text asks for a part of the week."""
        conflicts = [
            posting
            for postings in history("halfnote").values()
            for posting in postings[-1:]
            if posting["workplaceType"] == "onsite"
            and re.search(r"work from home|hybrid", posting["descriptionPlain"], re.IGNORECASE)
        ]
        assert len(conflicts) >= 3


class TestTexts:
    """The words of the sample."""

    def test_there_are_many_distinct_roles(self) -> None:
        """At least 45 roles, no two of which share a pitch, a task or a requirement list."""
        assert len(roles()) >= 45
        for part in ("pitch", "do", "need"):
            assert len({getattr(role, part) for role in roles().values()}) == len(roles())

    def test_every_role_is_used(self) -> None:
        """No role is written for nobody."""
        used = {advert.role.key for company in companies() for advert in adverts(company.board)}
        assert used == set(roles())

    def test_texts_have_the_length_of_adverts(self) -> None:
        """Alphabetic texts have 1,000 to 3,500 characters; Japanese says the same in half of them."""
        for company in companies():
            for advert in adverts(company.board):
                body = compose(advert, company)
                points = [point for section in body.sections for point in section.points]
                length = sum(map(len, (*body.opening, *body.body, *points, *body.practical, *body.closing)))
                assert (400 if advert.role.language == "ja" else 1000) <= length <= 3500, advert.key

    def test_no_two_postings_share_their_whole_text(self) -> None:
        """Titles and places apart, even postings of one role differ in what they say."""
        bodies = [compose(advert, company) for company in companies() for advert in adverts(company.board)]
        assert len(set(bodies)) == len(bodies)

    def test_the_world_is_wide(self) -> None:
        """At least 15 countries, seven languages, eight currencies and all three work models appear."""
        everything = [advert for company in companies() for advert in adverts(company.board)]
        assert len({place.code for advert in everything for place in advert.places} - {""}) >= 15
        assert {advert.role.language for advert in everything} == set(phrases())
        assert len({advert.pay.currency for advert in everything if advert.pay}) >= 8
        assert {advert.pay.period for advert in everything if advert.pay} >= {"hour", "day", "month", "year"}
        assert {advert.model for advert in everything} == {"onsite", "hybrid", "remote"}
        assert sum(len(advert.places) > 1 for advert in everything) >= 20

    def test_every_place_is_used(self) -> None:
        """No place stands in the table in vain."""
        used = {
            place.key for company in companies() for advert in adverts(company.board) for place in advert.places
        }
        moved = {
            place.key
            for changes in story.edits().values()
            for edit in changes
            for place in edit.changes.get("places", ())
        }
        assert used | moved == set(places())

    def test_no_real_company_is_named(self) -> None:
        """Only invented employers occur in the answers."""
        pattern = re.compile(rf"\b({REAL_NAMES})\b")
        for board in SAMPLE_BOARDS:
            for postings in history(board.board).values():
                assert not pattern.findall(json.dumps(postings[-1], ensure_ascii=False)), postings[-1]
