"""For-you lists: what stands in them, what never does, what is recorded, and that they treat people alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bandmate.kernel.decisions import decision, decisions_about, explain
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.matching import for_you, order_for, why
from bandmate.marketplace.matching.acting import set_aside, take_back
from bandmate.marketplace.matching.deciding import record_list
from bandmate.marketplace.matching.for_you import ForYou
from bandmate.marketplace.matching.sentences import raise_sentence
from bandmate.marketplace.matching.sentences import why as why_sentence

from .world import NOON, World, asker


def listed(world: World, person: PersonId) -> ForYou:
    """Return a person's list."""
    with world.database.read() as tx:
        return for_you(tx, person, now=NOON)


def titles(world: World, person: PersonId) -> list[str]:
    """Return the titles of a person's list, best first."""
    return [fit.title for fit in listed(world, person).fits]


def recorded(world: World, person: PersonId, at: timedelta = timedelta()) -> None:
    """Show a person their list, and write it down."""
    with world.database.begin() as tx:
        found = for_you(tx, person, now=NOON + at)
        record_list(tx, person, found.fits, found.behind, profile_version=found.profile_version, now=NOON + at)


def test_the_best_fitting_stands_first_with_reasons(world: World) -> None:
    """Skills had and wanted decide, and the reasons say so in the person's words."""
    mia = world.person("Mia", has={"Python": 4, "Mixing": None}, wants=["Kubernetes"], interests=["live sound"])
    world.opportunity("Bake bread", wanted=["Baking"])
    world.opportunity("Stream radio", wanted=["Python"], learn=["Kubernetes"], summary="Live sound for clubs.")
    first = listed(world, mia).fits[0]
    assert first.title == "Stream radio"
    assert first.rank == 1
    assert sum(part.tenths for part in first.parts) == first.tenths
    said = why_sentence(first)
    assert "You have 1 of the 1 skill it asks for: Python." in said
    assert "There you can learn what you want to: Kubernetes." in said


def test_proposed_skills_do_not_count(world: World) -> None:
    """What was only read out of a text counts once the person accepts it."""
    mia = world.person("Mia", has={"Baking": 1}, proposed=["Python"])
    world.opportunity("Stream radio", wanted=["Python"])
    facts = listed(world, mia).fits[0].facts
    assert facts.had == ()
    assert facts.lacking == ("Python",)


def test_what_never_stands_in_a_list(world: World) -> None:
    """One's own, drafts, what is closed, full or over, kinds that are not open, and what was set aside."""
    mia, ben = world.person("Mia"), world.person("Ben")
    world.opportunity("Own", owner=mia)
    world.opportunity("Draft", state="draft")
    world.opportunity("Closed", state="closed")
    world.opportunity("Filled", state="filled")
    world.opportunity("No seat", seats=0)
    world.opportunity("Over", closes_at=NOON - timedelta(minutes=1))
    world.opportunity("Mentoring", kind="mentoring")
    aside = world.opportunity("Set aside")
    world.opportunity("Stays", owner=ben)
    world.launch("project", "job")
    with world.database.begin() as tx:
        set_aside(tx, mia, aside, now=NOON)
    assert titles(world, mia) == ["Stays"]
    with world.database.begin() as tx:
        take_back(tx, mia, aside, now=NOON)
    assert set(titles(world, mia)) == {"Stays", "Set aside"}


def test_a_kind_in_pilot_is_for_its_groups_alone(world: World) -> None:
    """Who is in a group of the pilot sees it, nobody else does, not even in reasons or orders."""
    mia, ben = world.person("Mia"), world.person("Ben")
    project = world.opportunity("Secret")
    group = new_id()
    with world.database.begin() as tx:
        tx.execute(text("delete from marketplace.people_group"))
        tx.execute(
            text("""
                insert into marketplace.people_group (group_id, display_name, created_at, changed_at)
                values (:group, 'Pilot', :at, :at)
            """),
            {"group": group, "at": NOON},
        )
        tx.execute(
            text("insert into marketplace.people_group_member (group_id, person_id) values (:group, :person)"),
            {"group": group, "person": mia},
        )
    world.launch("project", state="pilot", groups=[group])
    assert titles(world, mia) == ["Secret"]
    assert titles(world, ben) == []
    with world.database.read() as tx:
        assert why(tx, mia, project, now=NOON) is not None
        assert why(tx, ben, project, now=NOON) is None


def test_only_the_kinds_one_is_open_to_are_suggested(world: World) -> None:
    """Who is open to mentoring alone is suggested nothing else, and still reads how a project would fit."""
    mia = world.person("Mia", open_to=["mentoring"])
    project = world.opportunity("Project")
    world.opportunity("Mentor", kind="mentoring")
    assert titles(world, mia) == ["Mentor"]
    with world.database.read() as tx:
        assert why(tx, mia, project, now=NOON) is not None


def test_who_switched_the_ranking_off_is_not_ranked(world: World) -> None:
    """No list, no reasons, and a search's order stays as it came."""
    mia = world.person("Mia", has={"Python": 5}, ai_ranking=False)
    ids = [world.opportunity("A", wanted=["Baking"]), world.opportunity("B", wanted=["Python"])]
    assert listed(world, mia) == ForYou(ai_ranking=False, kinds=listed(world, mia).kinds, profile_version=1)
    with world.database.read() as tx:
        assert order_for(tx, mia, ids, now=NOON) == ids
        assert why(tx, mia, ids[1], now=NOON) is None


def test_the_order_of_a_search_keeps_the_set(world: World) -> None:
    """The order "for you" puts what fits first, and neither adds nor loses anything, whatever it is given."""
    mia = world.person("Mia", has={"Python": 5})
    bread, radio = world.opportunity("A", wanted=["Baking"]), world.opportunity("B", wanted=["Python"])
    gone = world.opportunity("C", state="closed", wanted=["Python"])
    unknown = OpportunityId(new_id())
    with world.database.read() as tx:
        assert order_for(tx, mia, [gone, bread, unknown, radio], now=NOON) == [radio, bread, gone, unknown]
        assert order_for(tx, mia, [], now=NOON) == []


def test_changes_are_seen_at_once(world: World) -> None:
    """A new, a changed and a closed opportunity change the next list."""
    mia = world.person("Mia", has={"Python": 5})
    world.opportunity("Bread", wanted=["Baking"])
    assert titles(world, mia) == ["Bread"]
    radio = world.opportunity("Radio", wanted=["Python"])
    assert titles(world, mia) == ["Radio", "Bread"]
    with world.database.begin() as tx:
        tx.execute(
            text("update marketplace.opportunity set state = 'closed', version = 2 where opportunity_id = :id"),
            {"id": radio},
        )
    assert titles(world, mia) == ["Bread"]


def test_what_would_raise_it_names_the_skill(world: World) -> None:
    """Beyond the third place, the smallest addition is named, and with it the opportunity is in the top three."""
    mia = world.person("Mia", has={"Python": 1})
    for number in range(3):
        world.opportunity(f"Python {number}", wanted=["Python", "Baking"])
    world.opportunity("Cloud", wanted=["Python", "Kubernetes", "Sailing"])
    last = listed(world, mia).fits[3]
    assert (last.title, last.raised is not None) == ("Cloud", True)
    assert last.raised is not None
    said = raise_sentence(last.raised, last.labels or {})
    assert said in ("In your top 3 with “Kubernetes”.", "In your top 3 with “Sailing”.")
    world.person("Ben", has={"Python": 1, said.removeprefix("In your top 3 with “").rstrip("”."): None})
    assert "Cloud" in titles(world, world.people["Ben"])[:3]


def test_a_list_is_recorded_once_until_it_changes(world: World) -> None:
    """The same list shown again, also on another day, is one decision; a changed one is another."""
    mia = world.person("Mia", has={"Python": 5})
    world.opportunity("Radio", wanted=["Python"])
    recorded(world, mia)
    recorded(world, mia, timedelta(minutes=5))
    recorded(world, mia, timedelta(days=1))
    assert world.count("kernel.decision") == 1
    assert world.count("marketplace.shown") == 2
    world.opportunity("Bread", wanted=["Baking"])
    recorded(world, mia, timedelta(days=1, minutes=5))
    assert world.count("kernel.decision") == 2
    assert world.count("marketplace.shown") == 3


def test_the_decision_tells_what_stood_first_and_what_did_not(world: World) -> None:
    """Its scores add up to the first one's score, and what was not shown stands among the alternatives."""
    mia = world.person("Mia", has={"Python": 5})
    world.opportunity("Radio", wanted=["Python"])
    for number in range(12):
        world.opportunity(f"Bread {number}", wanted=["Baking"])
    recorded(world, mia)
    first = listed(world, mia).fits[0]
    with world.database.read() as tx:
        page = decisions_about(tx, mia, asker=asker(mia))
        found = decision(tx, page.items[0].decision.decision_id, asker=asker(mia))
    assert found.decision.score == pytest.approx(first.score)
    assert len(found.decision.alternatives) == 3
    assert "“Radio” stood first" in explain(found, mia).sentence


def test_nobody_but_an_employee_has_a_list(world: World) -> None:
    """Who is not in the directory has no list and no order."""
    world.opportunity("Radio", wanted=["Python"])
    stranger = PersonId(new_id())
    assert listed(world, stranger).fits == ()
    with world.database.read() as tx:
        ids = [OpportunityId(new_id())]
        assert order_for(tx, stranger, ids, now=NOON) == ids


PROXIES = {
    "name": ("update marketplace.employee set display_name = 'Fatima Zahra', given_name = 'Fatima'",),
    "age": ("update marketplace.employee set start_date = '1981-04-01'",),
    "gender markers": ("update marketplace.profile set headline = 'She/her, mother of two', about = 'Frau Kern'",),
    "postcode": ("update marketplace.profile set about = 'I live in 12043 Berlin-Neukölln'",),
    "school": ("update marketplace.profile set about = 'Oxford, class of 1999; golf club'",),
    "career gap": (
        """
        insert into marketplace.claim (claim_id, person_id, kind, title, organisation, from_date, to_date,
                                       visibility, created_at, changed_at)
        select gen_random_uuid(), person_id, kind, 'Studies', 'Harvard', '1990-01-01', '1994-01-01', 'company',
               now(), now()
          from marketplace.employee cross join unnest(array['education', 'experience']) as kind
        """,
    ),
    "languages": ("update marketplace.employee set languages = '{ar,tr}', email = 'f@band.example'",),
    "manager and rank": ("update marketplace.employee set title = 'Intern', employee_number = '77'",),
}


@pytest.mark.parametrize("proxy", PROXIES)
def test_who_somebody_is_changes_no_score_and_no_list(world: World, proxy: str) -> None:
    """Name, age, gender, postcode, school, gaps, languages and rank move scores and exposure by exactly 0."""
    people = [
        world.person(f"Person {number}", has={"Python": number % 5 + 1}, wants=["Kubernetes"], hours=4)
        for number in range(3)
    ]
    for number in range(15):
        world.opportunity(f"Work {number}", wanted=["Python", "Baking"][number % 2 :], learn=["Kubernetes"])
    before = [listed(world, person) for person in people]
    with world.database.begin() as tx:
        for statement in PROXIES[proxy]:
            tx.execute(text(statement))
    assert [listed(world, person) for person in people] == before
