"""Prices of the crowd, measured exposure, what is kept of it and for how long, nearness that is kept as files."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bandmate.engines.skills.taxonomy import Concept, build
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import TaskContext
from bandmate.marketplace.matching import By, exposure_report, for_you, measured
from bandmate.marketplace.matching.crowd import set_prices
from bandmate.marketplace.matching.deciding import record_list
from bandmate.marketplace.matching.holding import HOLDING
from bandmate.marketplace.matching.kept_nearness import is_kept, keep, kept_nearness, skills_of_occupation
from bandmate.marketplace.matching.sentences import price_sentence
from bandmate.marketplace.matching.tasks import KEPT_DAYS, tidy_shown

from .world import NOON, World

DAY = NOON.date()


def crowded(world: World) -> list[PersonId]:
    """Return people who would all see the same: a few things fit everybody, many fit a little."""
    people = [world.person(f"P{number}", has={"Python": 5, f"S{number % 7}": 3}) for number in range(30)]
    for number in range(10):
        world.opportunity(f"Loved {number}", wanted=["Python"], department="Stage")
    for number in range(40):
        world.opportunity(f"Other {number}", wanted=["Python", f"S{number % 7}", "Baking"], department="Office")
    return people


def show_all(world: World, people: list[PersonId], day: date) -> None:
    """Show everybody their list on a day."""
    at = NOON + (day - DAY)
    with world.database.begin() as tx:
        for person in people:
            found = for_you(tx, person, now=at, raises=False)
            record_list(tx, person, found.fits, found.behind, profile_version=1, now=at)


def test_prices_make_exposure_even_and_are_shown(world: World) -> None:
    """What is shown to everybody gets a price, lists spread out, and the reader is told."""
    people = crowded(world)
    show_all(world, people, DAY)
    with world.database.begin() as tx:
        priced = set_prices(tx, now=NOON)
    assert priced.after.gini < priced.before.gini / 2
    assert priced.after.coverage > priced.before.coverage
    show_all(world, people, DAY + timedelta(days=1))
    with world.database.read() as tx:
        before, after = measured(tx, DAY, DAY), measured(tx, DAY + timedelta(days=1), DAY + timedelta(days=1))
        fits = for_you(tx, people[0], now=NOON).fits
    assert before.gini == pytest.approx(priced.before.gini)
    assert after.gini == pytest.approx(priced.after.gini)
    dear = next(fit for fit in fits if fit.price_tenths)
    assert "Many are shown this" in price_sentence(dear)
    assert fits == tuple(sorted(fits, key=lambda fit: fit.rank))


def test_prices_make_exposure_even_whatever_seats_there_are(world: World) -> None:
    """Where seats differ much, opportunities are shown more evenly all the same, and so are seats."""
    for number in range(40):
        world.person(f"P{number}", has={"Python": 5, f"S{number % 7}": 3})
    for number in range(10):
        world.opportunity(f"Loved {number}", wanted=["Python"])
    for number in range(20):
        world.opportunity(f"Mentor {number}", wanted=["Python", f"S{number % 7}"], kind="mentoring", seats=8)
    for number in range(20):
        world.opportunity(f"Other {number}", wanted=["Python", "Baking"])
    with world.database.begin() as tx:
        priced = set_prices(tx, now=NOON)
    assert priced.after.gini < priced.before.gini
    assert priced.after.gini_of_seats < priced.before.gini_of_seats
    assert priced.after.coverage >= priced.before.coverage


def test_prices_again_are_the_same(world: World) -> None:
    """The same market gives the same prices, and an empty one gives none."""
    with world.database.begin() as tx:
        assert set_prices(tx, now=NOON).dearest == 0
    crowded(world)
    rows = []
    for hour in range(2):
        with world.database.begin() as tx:
            set_prices(tx, now=NOON + timedelta(hours=hour))
            rows.append(tx.execute(text("select opportunity_id, price from marketplace.opportunity_price")).all())
    assert sorted(rows[0]) == sorted(rows[1])
    assert world.count("marketplace.opportunity_price") == 50


def test_the_report_tells_departments_apart(world: World) -> None:
    """Exposure for each seat by department comes with intervals; small groups of people are left out."""
    people = crowded(world)
    show_all(world, people, DAY)
    with world.database.read() as tx:
        report = exposure_report(tx, DAY, DAY, by=By.DEPARTMENT)
    stage, office = (
        next(each for each in report.opportunities if each.group == name) for name in ("Stage", "Office")
    )
    assert (stage.count, office.count) == (10, 40)
    assert stage.low <= stage.mean <= stage.high
    assert stage.low > office.high
    assert report.people == ()
    assert 0 < report.lists.gini < 1


def test_what_was_shown_is_kept_for_a_while(world: World) -> None:
    """Rows older than that are removed each night, newer ones stay."""
    mia = world.person("Mia", has={"Python": 5})
    world.opportunity("Radio", wanted=["Python"])
    show_all(world, [mia], DAY)
    show_all(world, [mia], DAY + timedelta(days=1))
    later = NOON + timedelta(days=KEPT_DAYS + 1)
    tidy_shown(TaskContext(world.database, lambda: later, 1, None, lambda: False))
    assert world.count("marketplace.shown") == 1


def test_holding_exports_erases_and_merges(world: World) -> None:
    """What was shown, set aside and decided goes into the export, moves with a merge and back, and is erased."""
    mia, ben = world.person("Mia", has={"Python": 5}), world.person("Ben", has={"Python": 5})
    world.opportunity("Radio", wanted=["Python"])
    show_all(world, [mia], DAY)
    show_all(world, [ben], DAY + timedelta(days=1))
    with world.database.begin() as tx:
        before = HOLDING.export(tx, mia), HOLDING.export(tx, ben)
        moved = HOLDING.merge(tx, mia, ben, NOON)
        assert len(moved["shown"]) == 1
        assert moved["list_decided"] == []
        HOLDING.split(tx, mia, ben, moved, NOON)
        assert (HOLDING.export(tx, mia), HOLDING.export(tx, ben)) == before
        HOLDING.erase(tx, mia, NOON)
        HOLDING.erase(tx, mia, NOON)
        emptied = HOLDING.export(tx, mia)
    assert isinstance(emptied, dict)
    assert not any(emptied.values())
    assert before[0] != emptied


def test_nearness_is_kept_in_the_home(tmp_path: Path) -> None:
    """What a vocabulary says is derived once, read without it, and known to be its."""
    taxonomy = build(
        "esco",
        "1",
        "test",
        [
            Concept("java", ("Java (programming)",), "skill", broader=("g",)),
            Concept("ruby", ("Ruby (programming)",), "skill", broader=("g",)),
            Concept("coder", ("coder",), "occupation"),
        ],
        relations=[("coder", "java", True), ("coder", "ruby", False)],
    )
    assert kept_nearness(tmp_path).of == {}
    assert skills_of_occupation(tmp_path, "coder") == {}
    keep(tmp_path, taxonomy)
    assert is_kept(tmp_path, taxonomy.fingerprint)
    assert not is_kept(tmp_path, "another")
    assert [uri for uri, _near in kept_nearness(tmp_path).around("java")] == ["ruby"]
    assert skills_of_occupation(tmp_path, "coder") == {"java": 1.0, "ruby": 0.5}
