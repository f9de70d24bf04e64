"""Pages and API of applying: what each person may, what they read, hostile input, two at once."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from bandmate.kernel.consent import Through, grant
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.ids import new_id
from bandmate.kernel.today import cards_for
from bandmate.marketplace.applying import acting, answering
from bandmate.marketplace.applying.holding import HOLDING
from bandmate.marketplace.matching import BE_FOUND

from .conftest import Company

_TAG = re.compile(r"<[^>]*>")
EVERYBODY = ("anna", "owner", "boss", "ben", "lead", "stranger")


def words(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def test_each_sees_what_is_theirs(company: Company) -> None:
    """Applicant, owner, manager, a colleague, a programme lead, a stranger: every page and the API."""
    radio = company.world.offer(company["owner"], "Radio")
    made = company.apply("anna", radio, "My private words.")
    company.offer(made)
    v1 = "/marketplace/v1"
    allowed = {
        f"/opportunities/{radio}/apply": {"boss": 200, "ben": 200, "lead": 200},
        f"/me/applications/{made}": {"anna": 200},
        "/me/applications": dict.fromkeys(("anna", "owner", "boss", "ben", "lead"), 200),
        f"/opportunities/{radio}/applicants": {"owner": 200},
        f"/opportunities/{radio}/finish": {"owner": 200},
        "/approvals": dict.fromkeys(("anna", "owner", "boss", "ben", "lead"), 200),
        "/approvals/figures": {"lead": 200},
        f"{v1}/applications": dict.fromkeys(("anna", "owner", "boss", "ben", "lead"), 200),
        f"{v1}/applications/{made}": {"anna": 200, "owner": 200},
        f"{v1}/applications/figures": {"lead": 200},
        f"{v1}/opportunities/{radio}/applications": {"owner": 200},
        f"{v1}/opportunities/{radio}/cost": dict.fromkeys(("anna", "owner", "boss", "ben", "lead"), 200),
        f"{v1}/approvals": dict.fromkeys(("anna", "owner", "boss", "ben", "lead"), 200),
    }
    for path, who in allowed.items():
        for name in EVERYBODY:
            answer = company[name].get(path)
            expected = who.get(name)
            if path.endswith("/apply") and name in {"anna", "owner"}:
                continue  # hers was answered; his own
            assert (answer.status_code == 200) == (expected == 200), (path, name, answer.status_code)
            assert answer.status_code in {200, 403, 404}, (path, name, answer.text[-500:])
            if name not in {"anna", "owner"}:
                assert "My private words." not in answer.text, (path, name)


def test_nobody_acts_for_another(company: Company) -> None:
    """Every step is refused to everybody but the one whose step it is, and changes nothing."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    made = company.apply("anna", radio)
    mine = ("withdraw", "resume", "accept", "decline")
    theirs = ("shortlist", "unlist", "offer", "take-back", "reconsider")
    for name in EVERYBODY:
        for act in mine if name != "anna" else theirs:
            if name == "owner" and act in theirs:
                continue
            answer = company[name].ask(f"/applications/{made}/{act}", "POST", {"words": "x"})
            assert answer.status_code in {403, 404}, (name, act, answer.text)
    for name in set(EVERYBODY) - {"owner"}:
        for act in theirs:
            assert company[name].ask(f"/applications/{made}/{act}", "POST").status_code in {403, 404}
        no = {"application_ids": [str(made)], "words": "No."}
        assert company[name].ask(f"/opportunities/{radio}/answers", "POST", no).status_code in {403, 404}
        assert company[name].ask(f"/opportunities/{radio}/finish", "POST", {}).status_code in {403, 404}
        invited = f"/opportunities/{radio}/invitations/{company['ben'].person_id}"
        assert company[name].ask(invited, "PUT").status_code in {403, 404}
    assert company.state(made) == "applied"
    company.offer(made)
    for name in set(EVERYBODY) - {"boss"}:
        answer = company[name].ask(f"/approvals/{made}", "PUT", {"answer": "fine"})
        assert answer.status_code in {403, 404}, (name, answer.text)


def test_the_answer_keeps_its_reasons(company: Company) -> None:
    """Why it was offered stands on the page also when the offer is taken, for as long as there is an answer."""
    radio = company.world.offer(company["owner"], "Radio")
    made = company.apply("cleo", radio)
    page = f"/me/applications/{made}"
    assert 'class="why' not in company["cleo"].read(page)
    company.offer(made)
    offered = company["cleo"].read(page)
    company.do(acting.accept, company["cleo"].asker, made)
    for markup in (offered, company["cleo"].read(page)):
        assert 'class="why' in markup
    company.do(acting.withdraw, company["cleo"].asker, made)
    assert 'class="why' not in company["cleo"].read(page)


def test_the_way_through_the_pages(company: Company) -> None:
    """A person applies in the browser, the owner offers, the manager answers, the person accepts; with undo."""
    company.profile("anna", 6)
    radio = company.world.offer(company["owner"], "Radio <b>", seats=1)
    anna, owner, boss = company["anna"], company["owner"], company["boss"]
    page = f"/opportunities/{radio}"
    assert "You have 6 of 6 hours a week left; this takes 4." in words(anna.read(page))
    assert anna.send(page, f"{page}/interest").status_code == 303
    form = f"{page}/apply"
    wrong = anna.send(form, form, words="<script>alert(1)</script>", hours_per_week="many")
    assert wrong.status_code == 422
    assert "<script>alert" not in wrong.text
    sent = anna.send(form, form, words="<script>alert(1)</script>", hours_per_week="3,5")
    mine = sent.headers["Location"]
    assert "You get an answer in any case, within ten working days." in words(anna.read(mine))
    listed = owner.read(f"{page}/applicants?words=0")
    assert "&lt;script&gt;alert(1)" in listed
    assert "That is no judgement" in listed
    assert "1 application" in words(owner.read(page))
    made = mine.rsplit("/", 1)[1]
    applicants = f"{page}/applicants"
    for act in ("shortlist", "offer"):
        assert owner.send(applicants, f"{applicants}/{made}/{act}", words="Come!").status_code == 303
    assert "Boss was asked. Silence counts as no objection." in words(anna.read(mine))
    assert "Anna was offered “ Radio <b> ”" in words(boss.read("/approvals"))
    assert boss.send("/approvals", f"/approvals/{made}", answer="perhaps").status_code == 422
    assert (
        boss.send("/approvals", f"/approvals/{made}", answer="concern", words="Two releases.").status_code == 303
    )
    read = words(anna.read(mine))
    assert "Two releases." in read
    assert anna.send(mine, f"{mine}/accept").status_code == 422
    assert anna.send(mine, f"{mine}/accept", words="It is agreed.").status_code == 303
    assert "Accepted" in words(anna.read("/me/applications"))
    assert "It is agreed." in words(owner.read(applicants))
    assert "Cleo" not in words(owner.read(f"{page}/finish"))
    done = owner.send(
        f"{page}/finish", f"{page}/finish", **{f"words-{anna.person_id}": "Well cut.", "words-x": "y"}
    )
    assert done.status_code == 303, done.text
    assert company.one("select count(*) from marketplace.claim where person_id = :p", p=anna.person_id) == 1
    assert "Went on" in words(company["lead"].read("/approvals/figures"))


def test_a_no_in_writing_keeps_who_was_ticked(company: Company) -> None:
    """Words to begin with, and a no without words, come back with the same people ticked; nobody was answered."""
    radio = company.world.offer(company["owner"], "Radio", seats=1)
    made, other = company.apply("anna", radio), company.apply("cleo", radio)
    owner, page = company["owner"], f"/opportunities/{radio}/applicants"
    begun = owner.send(page, f"{page}/answers", ids=str(made), words="", begin="0")
    assert (begun.status_code, "That is no judgement" in begun.text) == (200, True)
    wordless = owner.send(page, f"{page}/answers", ids=str(made), words=" ")
    assert (wordless.status_code, "a no without any is hard to read" in wordless.text) == (422, True)
    for answer in (begun, wordless):
        assert f'value="{made}" checked' in answer.text
        assert f'value="{other}" checked' not in answer.text
    assert {company.state(made), company.state(other)} == {"applied"}


def test_option_a_is_chosen_on_the_page_of_an_opportunity(company: Company) -> None:
    """The form of aims offers the one whose page somebody comes from and what they are interested in."""
    radio, waves = (company.world.offer(company["owner"], title, seats=1) for title in ("Radio", "Waves"))
    anna, aims = company["anna"], "/me/profile/aims"
    assert f"{aims}?opportunity={radio}" in anna.read(f"/opportunities/{radio}")
    assert f'value="{radio}"' not in anna.read(aims), "nothing is near yet"
    come = anna.read(f"{aims}?opportunity={radio}")
    assert f'<option value="{radio}" selected' in come
    assert f'value="{waves}"' not in come
    anna.send(f"/opportunities/{waves}", f"/opportunities/{waves}/interest")
    assert f'value="{waves}"' in anna.read(aims)
    seen = come.partition('name="seen" value="')[2].partition('"')[0]
    fields = {"target_kind": "opportunity", "shown_aims": "me", "shown_target": "me", "seen": seen}
    assert anna.send(aims, aims, **fields, target_opportunity=str(radio)).status_code == 303
    assert f'<option value="{radio}" selected' in anna.read(aims), "it stays, though nothing else brings it near"


def test_today_says_what_waits(company: Company) -> None:
    """Owner, manager and applicant each have their card; nobody else has one."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    company.offer(company.apply("anna", radio))
    company.apply("cleo", radio)
    expected = {"owner": "applying.owed", "boss": "applying.asked", "anna": "applying.offered", "ben": None}
    for name, key in expected.items():
        with company.database.read() as tx:
            day = cards_for(tx, company[name].asker, company.clock())
        found = [card.key.partition(":")[0] for card in day.cards if card.key.startswith("applying.")]
        assert found == ([key] if key else []), name


def test_two_offers_for_the_last_seat(company: Company) -> None:
    """Offered to two at the same moment, one of them gets the seat."""
    radio = company.world.offer(company["owner"], "Radio", seats=1)
    ids = [company.apply(name, radio) for name in ("anna", "ben", "cleo")]

    def offered(each: object) -> bool:
        try:
            company.do(answering.offer, company["owner"].asker, each, words="")
        except BandmateError:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(offered, ids)) == [False, False, True]


def test_withdrawn_while_it_is_offered(company: Company) -> None:
    """Whichever comes first, the other follows from it or is refused; the record is whole."""
    radio = company.world.offer(company["owner"], "Radio", seats=3)
    made = company.apply("cleo", radio)

    def both(act: str) -> None:
        try:
            if act == "offer":
                company.do(answering.offer, company["owner"].asker, made, words="")
            elif act == "apply":
                company.do(acting.apply, company["ben"].asker, radio, words="x", hours=None)
            else:
                company.do(acting.withdraw, company["cleo"].asker, made)
        except BandmateError:
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(both, ["offer", "withdraw", "apply", "apply"]))
    assert company.state(made) == "withdrawn"
    same = """
        select bool_and(a.version = (select count(*) from marketplace.application_step s
                                      where s.application_id = a.application_id))
          from marketplace.application a where a.opportunity_id = :id
    """
    assert company.one(same, id=radio)


def test_somebody_who_allows_it_is_invited_once(company: Company) -> None:
    """Without the consent there is nobody to invite; with it one message, however often it is pressed."""
    radio = company.world.offer(company["owner"], "Radio")
    ben = company["ben"].person_id
    path = f"/opportunities/{radio}/invitations/{ben}"
    assert company["owner"].ask(path, "PUT").status_code == 404
    with company.database.begin() as tx:
        grant(
            tx, ben, BE_FOUND.name, None, evidence=BE_FOUND.shown(to=ben, through=Through.PAGE), at=company.clock()
        )
    assert company["owner"].ask(path, "PUT").status_code == 204
    assert company["owner"].ask(path, "PUT").status_code == 204
    assert company.told(ben) == ["Owner invites you to look at “Radio”"]


@pytest.mark.parametrize(
    "body",
    [
        {"words": "\x00"},
        {"words": "x" * 3000},
        {"hours_per_week": "NaN"},
        {"hours_per_week": -1},
        {"hours_per_week": 1e99},
        {"state": "accepted"},
        {"words": "\ud800"},
    ],
)
def test_hostile_applications_are_refused(company: Company, body: dict[str, object]) -> None:
    """What cannot be kept is refused as the sender's fault, never as ours."""
    radio = company.world.offer(company["owner"], "Radio")
    if body.get("words") == "\ud800":
        answer = company["anna"].client.put(
            f"/marketplace/v1/opportunities/{radio}/application",
            content=b'{"words": "\\ud800"}',
            headers={"Content-Type": "application/json"},
        )
    else:
        answer = company["anna"].ask(f"/opportunities/{radio}/application", "PUT", body)
    assert answer.status_code in {400, 422}, answer.text
    assert company["anna"].ask(f"/applications/{new_id()}/accept", "POST").status_code == 404


def test_the_api_takes_the_same_steps(company: Company) -> None:
    """Apply, read with its version and next step, the cost, decline; sent again nothing changes."""
    radio = company.world.offer(company["owner"], "Radio")
    anna = company["anna"]
    cost = anna.ask(f"/opportunities/{radio}/cost").json()
    assert cost["takes"] == "4.0"
    for _ in range(2):
        made = anna.ask(f"/opportunities/{radio}/application", "PUT", {"words": "Me."}).json()
    assert (made["state"], made["version"], made["role"]) == ("applied", 1, "applicant")
    company.offer(made["application_id"])
    answer = anna.ask(f"/applications/{made['application_id']}")
    assert answer.headers["ETag"] == '"2"'
    assert answer.json()["manager"]["waits"] is True
    asked = company["boss"].ask("/approvals").json()["data"]
    assert [each["title"] for each in asked] == ["Radio"]
    for _ in range(2):
        declined = anna.ask(f"/applications/{made['application_id']}/decline", "POST", {"words": "No time."})
        assert declined.json()["state"] == "declined"


def test_a_person_takes_their_applications_along_or_has_them_erased(company: Company) -> None:
    """The export is whole; merged and split again all is as before; erased, nothing of their words is left."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    made = company.apply("anna", radio, "Words of Anna.")
    company.offer(made)
    anna, cleo = company["anna"].person_id, company["cleo"].person_id
    with company.database.read() as tx:
        held = str(HOLDING.export(tx, anna))
    assert "Words of Anna." in held
    assert "'state': 'offered'" in held
    with company.database.begin() as tx:
        moved = HOLDING.merge(tx, cleo, anna, company.clock())
        assert moved["applications"] == [str(made)]
        HOLDING.split(tx, cleo, anna, moved, company.clock())
    assert company.one("select person_id from marketplace.application") == anna
    with company.database.begin() as tx:
        HOLDING.erase(tx, company["owner"].person_id, company.clock())
        assert tx.execute(text("select string_agg(answer_words, '') from marketplace.application")).scalar() == ""
        HOLDING.erase(tx, anna, company.clock())
        assert tx.execute(text("select count(*) from marketplace.application")).scalar() == 0
