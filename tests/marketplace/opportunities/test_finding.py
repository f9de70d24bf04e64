"""One search over everything: what fits, in which order, with which counts; and who may find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.searching import ranking
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, parsed, read_query, written
from bandmate.marketplace.opportunities.searching.results import Found, search


def find(world: World, member: Member, page: int = 1, **asked: str) -> Found:
    """Search as a member would by an address."""
    with world.database.read() as tx:
        return search(tx, member.person_id, read_query(asked.items()), now=NOON, page=page)


def titles(found: Found) -> list[str]:
    """Return what was found by title."""
    return [each.title for each in found.items]


class TestWords:
    def test_words_are_found_wherever_they_stand_and_titles_come_first(self, world: World) -> None:
        """A word in the title goes before one among the skills, which goes before one in the text."""
        host = world.member("Hana")
        world.offer(host, "Album release", description="We need somebody for the mastering of tapes.")
        world.offer(host, "Tape archive", skills=("mastering",))
        world.offer(host, "Mastering weeks")
        assert titles(find(world, host, q="mastering")) == ["Mastering weeks", "Tape archive", "Album release"]

    @pytest.mark.parametrize("q", ["design", "designers", "DÉSIGN", "desig", "radio designers", "Radio-des"])
    def test_words_may_be_bent_begun_and_without_accents(self, world: World, q: str) -> None:
        """The last word may be begun; English endings, case and accents do not matter."""
        host = world.member("Hana")
        world.offer(host, "Rádio designer")
        world.offer(host, "Accounting")
        assert titles(find(world, host, q=q)) == ["Rádio designer"]

    @pytest.mark.parametrize(
        "q", ["'", "z & | !", "):*", "\\", "%", "\u202e", "x" * 299, "🎻", "and the", "c++ ''';--"]
    )
    def test_no_words_break_the_search(self, world: World, q: str) -> None:
        """Whatever is typed is words, never syntax."""
        host = world.member("Hana")
        world.offer(host, "Nothing of the like")
        assert find(world, host, q=q).total == 0

    def test_all_words_must_be_there(self, world: World) -> None:
        """Two words narrow."""
        host = world.member("Hana")
        world.offer(host, "Stage lights")
        world.offer(host, "Stage sound")
        assert titles(find(world, host, q="stage sound")) == ["Stage sound"]


class TestFilters:
    def test_each_filter_narrows_and_facets_leave_their_own_filter_aside(self, world: World) -> None:
        """Counts say what another choice of the same filter would give."""
        host = world.member("Hana")
        world.offer(host, "One", department="Live", work_model="remote", seats=2)
        world.offer(host, "Two", department="Radio", work_model="hybrid", hours_per_week=8)
        world.offer(host, "Three", kind=Kind.MENTORING, department="Radio")
        found = find(world, host, department="Radio")
        assert sorted(titles(found)) == ["Three", "Two"]
        assert found.facets is not None
        assert found.facets.counts["department"] == {"Radio": 2, "Live": 1}
        assert found.facets.counts["kind"] == {"project": 1, "mentoring": 1}
        assert titles(find(world, host, department="Radio", kind="project")) == ["Two"]
        assert titles(find(world, host, work_model="remote")) == ["One"]
        assert sorted(titles(find(world, host, hours_max="4"))) == ["One", "Three"]
        assert titles(find(world, host, format="one_to_one")) == ["Three"]
        assert find(world, host, country="se").total == 0, "nobody said a country"

    def test_skill_filter_finds_wanted_and_learned(self, world: World) -> None:
        """A skill is found by its URI, own words too, and counted."""
        host = world.member("Hana")
        world.offer(host, "One", skills=("Mixing", "Editing"))
        world.offer(host, "Two", skills=("Editing",))
        found = find(world, host, skill="own:editing")
        assert found.total == 2
        assert found.facets is not None
        assert [(label, count) for _, label, count in found.facets.skills] == [("Editing", 2), ("Mixing", 1)]

    def test_since_and_internal_first(self, world: World) -> None:
        """Days count back from now; internal first is of jobs whose window has not passed."""
        boss = world.member("Boss")
        world.member("Report", manager=boss)
        world.offer(boss, "Ours", kind=Kind.JOB, internal_until=NOON + timedelta(days=3))
        world.offer(boss, "Past", kind=Kind.JOB, internal_until=NOON - timedelta(days=3))
        assert titles(find(world, boss, internal_first="true")) == ["Ours"]
        assert find(world, boss, since="1").total == 2

    def test_closed_ones_are_not_found(self, world: World) -> None:
        """What has passed its last day is not found, whatever its state says."""
        host = world.member("Hana")
        world.offer(host, "Over", closes_at=NOON)
        world.offer(host, "Open", closes_at=NOON + timedelta(seconds=1))
        assert titles(find(world, host)) == ["Open"]


class TestOrders:
    @pytest.fixture(autouse=True)
    def _backwards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A ranking that leaves half out and invents one."""

        def order(tx: Tx, person_id: PersonId, ids: Sequence[UUID]) -> Sequence[UUID]:
            return [UUID(int=7), *sorted(ids)[::2]]

        monkeypatch.setattr(ranking, "_declared", [order])

    def _pages(self, world: World, member: Member, **asked: str) -> Iterator[str]:
        page = find(world, member, 1, **asked)
        yield from titles(page)
        for number in range(2, page.pages + 1):
            yield from titles(find(world, member, number, **asked))

    def test_the_same_set_is_reachable_with_ranking_on_and_off(self, world: World) -> None:
        """Every order shows each opportunity exactly once over its pages, whatever the ranking returns."""
        host = world.member("Hana")
        for number in range(45):
            world.offer(host, f"Project {number}")
        expected = sorted(f"Project {number}" for number in range(45))
        for order in ("newest", "relevance", "for_you"):
            assert sorted(self._pages(world, host, order=order, q="project")) == expected
        assert find(world, host, order="for_you").order == "for_you"

    def test_ranking_that_is_switched_off_is_neither_used_nor_offered(self, world: World) -> None:
        """Who switched it off gets the newest first, and no link to the other order."""
        host = world.member("Hana")
        world.offer(host, "One")
        assert "order=for_you" in host.read("/opportunities")
        with world.database.begin() as tx:
            tx.execute(
                text("""
                    insert into marketplace.profile (person_id, ai_ranking, created_at, changed_at)
                    values (:person, false, now(), now())
                """),
                {"person": host.person_id},
            )
        assert find(world, host, order="for_you").order == "newest"
        assert "order=for_you" not in host.read("/opportunities")


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "q=a+b&kind=job&kind=project",
            "hours_max=2.5&seats=true&since=7&order=newest",
            "location=Malm%C3%B6&skill=own%3Ax",
        ],
    )
    def test_address_and_question_are_one(self, address: str) -> None:
        """What is written reads back as the same question."""
        query = parsed(address)
        assert query is not None
        assert parsed(written(query)) == query

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kind", "war"),
            ("hours_max", "nan"),
            ("hours_max", "-1"),
            ("since", "²"),
            ("seats", "maybe"),
            ("nonsense", "1"),
            ("q", "x" * 301),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, name: str, value: str) -> None:
        """A wrong value says which filter it is."""
        with pytest.raises(InvalidInput, match=name):
            read_query([(name, value)])

    def test_page_leaves_aside_what_it_cannot_use(self, world: World) -> None:
        """A page with a broken filter still shows the rest, and says so; the API refuses."""
        host = world.member("Hana")
        world.offer(host, "One")
        assert "The filter hours_max cannot be used" in host.read("/opportunities?hours_max=many&kind=project")
        assert host.ask("/opportunities?hours_max=many").status_code == 422

    def test_empty_query_is_everything(self) -> None:
        """Nothing asked, everything found."""
        assert read_query([]) == OpportunityQuery()
        assert OpportunityQuery().is_everything
