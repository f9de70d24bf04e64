"""The pages and the API of decisions: one's own, "Why?" in place, contesting, answering; nothing of others'."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import PASSWORD, Browser, MovableClock

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import Case, Decision, Input, decision, record
from bandmate.kernel.decisions.api import DecisionAnswer, DecisionsAnswer
from bandmate.kernel.identity import Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import Account, create_account
from bandmate.kernel.ids import PersonId

from .conftest import NOON, SECRET, admission, operator

EVIL = "<script>alert('words')</script>"


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The whole application; its clock stands at noon."""
    return create_app(settings, database, clock=MovableClock(NOON))


@pytest.fixture
def accounts(database: Database, mia: PersonId, ben: PersonId, ola: PersonId) -> dict[str, Account]:
    """Mia and Ben are members, Ola is an operator."""
    roles = {"mia": (mia, Role.MEMBER), "ben": (ben, Role.MEMBER), "ola": (ola, Role.OPERATOR)}
    with database.begin() as tx:
        return {
            name: create_account(tx, person, email=f"{name}@example.org", password=PASSWORD, role=role, now=NOON)
            for name, (person, role) in roles.items()
        }


@pytest.fixture
def at(app: FastAPI, accounts: dict[str, Account]) -> Callable[[str], Browser]:
    """Sign somebody in: ``at("mia")``."""

    def sign_in(name: str) -> Browser:
        browser = Browser(TestClient(app, follow_redirects=False))
        assert browser.sign_in(accounts[name].email).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def by_key(app: FastAPI, database: Database, accounts: dict[str, Account]) -> Callable[..., TestClient]:
    """Ask by an API key: ``by_key("ola", "operator")``."""

    def client(name: str, *scopes: str) -> TestClient:
        with database.begin() as tx:
            key = create_key(tx, accounts[name].account_id, name="test", scopes=scopes, expires_at=None, now=NOON)
        return TestClient(app, headers={"Authorization": f"Bearer {key.text}"})

    return client


def page_of(told: Decision) -> str:
    """Return the path of a decision's page."""
    return f"/decisions/{told.decision_id}"


def present(database: Database, told: Decision, by: PersonId) -> Case:
    """Return a decision as it stands."""
    with database.read() as tx:
        return decision(tx, told.decision_id, asker=operator(by))


class TestPages:
    def test_list_shows_the_readers_own(
        self, database: Database, at: Callable[[str], Browser], refused: Decision
    ) -> None:
        """Mia finds hers with its reasons; Ben's list is empty and says what would be there."""
        page = at("mia").get("/decisions").text
        assert "Refused with 7 points." in page
        assert "Fewer than ten points." in page
        empty = at("ben").get("/decisions").text
        assert "Nothing was decided about you" in empty
        assert str(refused.decision_id) not in empty

    def test_list_has_pages(self, database: Database, at: Callable[[str], Browser], mia: PersonId) -> None:
        """More than a page of decisions leads on, and back to the start."""
        with database.begin() as tx:
            record(tx, [admission(mia, number) for number in range(25)])
        browser = at("mia")
        first = browser.get("/decisions").text
        following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        second = browser.get(following).text
        assert (first.count("<article"), second.count("<article")) == (20, 5)

    def test_others_do_not_find_it(self, at: Callable[[str], Browser], refused: Decision) -> None:
        """Its page is not there for Ben, and contesting it neither."""
        browser = at("ben")
        assert browser.get(page_of(refused)).status_code == 404
        assert browser.submit("/decisions", f"{page_of(refused)}/contest", words="No").status_code == 404

    def test_what_is_private_is_not_kept_by_caches(self, at: Callable[[str], Browser], refused: Decision) -> None:
        """Pages about a person say so to every cache on the way."""
        for path in ("/decisions", page_of(refused)):
            assert "no-store" in at("mia").get(path).headers["Cache-Control"]

    def test_contest_and_answer_by_form(
        self, database: Database, at: Callable[[str], Browser], refused: Decision, ola: PersonId
    ) -> None:
        """Mia contests; it waits among the open ones with her words, inert; Ola changes it; Mia reads both."""
        mias, olas = at("mia"), at("ola")
        sent = mias.submit(page_of(refused), f"{page_of(refused)}/contest", words=f"{SECRET} {EVIL}")
        assert (sent.status_code, sent.headers["location"]) == (303, page_of(refused))
        waiting = olas.get("/operator/contests").text
        assert SECRET in waiting
        assert EVIL not in waiting
        assert "A place" not in waiting
        answered = olas.submit(
            page_of(refused), f"{page_of(refused)}/answer", outcome="admitted", words="A place came free."
        )
        assert answered.headers["location"] == "/operator/contests"
        assert "No contest waits for an answer" in olas.get("/operator/contests").text
        page = mias.get(page_of(refused)).text
        assert "A person answered: changed to Admitted" in page
        assert "A place came free." in page
        assert present(database, refused, ola).outcome == "admitted"

    def test_second_answer_by_form_is_a_conflict(self, at: Callable[[str], Browser], refused: Decision) -> None:
        """A form that was open while somebody else answered is told so."""
        at("mia").submit(page_of(refused), f"{page_of(refused)}/contest", words="No.")
        browser = at("ola")
        answer = f"{page_of(refused)}/answer"
        token = browser.token(page_of(refused))
        assert browser.post(answer, csrf_token=token, outcome="", words="It stands.").status_code == 303
        assert browser.post(answer, csrf_token=token, outcome="", words="It stands.").status_code == 409

    def test_empty_form_comes_back_with_what_is_wrong(
        self, database: Database, at: Callable[[str], Browser], refused: Decision, ola: PersonId
    ) -> None:
        """Nothing is recorded, and the field says what to do."""
        sent = at("mia").submit(page_of(refused), f"{page_of(refused)}/contest", words=" ")
        assert sent.status_code == 422
        assert 'href="#field-words"' in sent.text
        assert "Write why, in 1 to 4,000 characters." in sent.text
        assert present(database, refused, ola).acts == ()

    def test_override_by_form(
        self, database: Database, at: Callable[[str], Browser], refused: Decision, ola: PersonId
    ) -> None:
        """The operator chooses among the rule's other outcomes and gives the reason."""
        browser = at("ola")
        page = browser.get(page_of(refused)).text
        assert '<option value="waiting"' in page
        assert '<option value="refused"' not in page
        sent = browser.submit(
            page_of(refused), f"{page_of(refused)}/override", outcome="waiting", reason="Asked the jury."
        )
        assert sent.status_code == 303
        assert present(database, refused, ola).outcome == "waiting"
        assert "Set another outcome" not in at("mia").get(page_of(refused)).text

    def test_hostile_inputs_are_inert(
        self, database: Database, at: Callable[[str], Browser], mia: PersonId
    ) -> None:
        """Whatever stands among the inputs is text on the page."""
        told = admission(mia, more=[Input(EVIL, EVIL, EVIL, EVIL)])
        with database.begin() as tx:
            record(tx, [told])
        page = at("mia").get(page_of(told)).text
        assert EVIL not in page
        assert page.count("&lt;script&gt;") >= 3


class TestApi:
    def test_member_reads_own_only(self, by_key: Callable[..., TestClient], refused: Decision) -> None:
        """The list holds one's own; another's is not found, nor is it told by its object."""
        path = f"/decisions/v1/decisions/{refused.decision_id}"
        mias, bens = by_key("mia", "member"), by_key("ben", "member")
        told = DecisionsAnswer.model_validate_json(mias.get("/decisions/v1/decisions").content, strict=True)
        assert [(each.sentence, each.outcome) for each in told.data] == [("Refused with 7 points.", "refused")]
        DecisionAnswer.model_validate_json(mias.get(path).content, strict=True)
        assert bens.get(path).status_code == 404
        assert bens.get("/decisions/v1/decisions").json()["data"] == []
        assert bens.get(f"/decisions/v1/decisions?object={refused.object}").json()["data"] == []
        assert bens.get(f"/decisions/v1/decisions?about={refused.subject}").status_code == 404

    def test_operators_narrow_key_reads_own_only(
        self, by_key: Callable[..., TestClient], refused: Decision
    ) -> None:
        """A leaked key with the scope member does not open everybody's decisions."""
        path = f"/decisions/v1/decisions/{refused.decision_id}"
        assert by_key("ola", "member").get(path).status_code == 404
        assert by_key("ola", "member", "operator").get(path).status_code == 200

    def test_contest_answer_override(self, by_key: Callable[..., TestClient], refused: Decision) -> None:
        """The whole course in JSON; each answer is the decision as it then stands."""
        path = f"/decisions/v1/decisions/{refused.decision_id}"
        mias, olas = by_key("mia", "member"), by_key("ola", "member", "operator")
        contested = mias.post(f"{path}/contest", json={"words": "No."}).json()["data"]
        assert contested["open_contest"] == contested["acts"][0]["act_id"]
        assert mias.post(f"{path}/contest", json={"words": "No!"}).status_code == 409
        assert mias.post(f"{path}/answer", json={"verdict": "upheld", "words": "x"}).status_code == 403
        upheld = olas.post(f"{path}/answer", json={"verdict": "upheld", "words": "It stands."})
        assert upheld.json()["data"]["acts"][1]["verdict"] == "upheld"
        assert olas.post(f"{path}/answer", json={"verdict": "upheld", "words": "Again."}).status_code == 409
        changed = olas.post(f"{path}/override", json={"outcome": "waiting", "reason": "A list was made."})
        told = DecisionAnswer.model_validate_json(changed.content, strict=True).data
        assert (told.outcome, told.decided_outcome) == ("waiting", "refused")

    @pytest.mark.parametrize(
        "question", ["object=nothing", "object=a:%00", "limit=0", "cursor=x", "object=a:b&about=" + "0" * 32]
    )
    def test_questions_that_make_no_sense_are_refused(
        self, by_key: Callable[..., TestClient], question: str
    ) -> None:
        """Each is a problem document, never an error of ours."""
        answered = by_key("mia", "member").get(f"/decisions/v1/decisions?{question}")
        assert answered.status_code in {400, 422}
        assert answered.headers["content-type"] == "application/problem+json"
