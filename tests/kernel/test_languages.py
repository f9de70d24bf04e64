"""Languages: whose texts are spoken, how catalogues are read, and which language a reader is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from scripts.catalogues import extracted
from starlette.testclient import TestClient
from tests.postings.pages_world import NOW, reader_of
from tests.postings.pages_world import sign_in as sign_in_with_role

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.tables import person as persons
from bandmate.kernel.languages import (
    available_languages,
    best_language,
    catalogues,
    direction,
    gettext,
    language,
    ngettext,
    pseudo,
    speaking,
    wanted_languages,
)
from bandmate.kernel.languages.catalogues import catalogue_of, read_catalogue, translated_languages
from bandmate.kernel.web.formats import (
    calendar_day,
    clock_time,
    counted,
    listed,
    money,
    number,
    percent,
    relative,
)

HEAD = r"""msgid ""
msgstr ""
"Language: de\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""
GERMAN = (
    HEAD
    + """
msgid "Sign in"
msgstr "Anmelden"

msgid "Boards"
msgstr ""

#, fuzzy
msgid "Companies"
msgstr "Firmen"

msgid "Nothing here"
msgstr "Hier ist nichts"

#, python-brace-format
msgid "{count} job"
msgid_plural "{count} jobs"
msgstr[0] "{count} Stelle"
msgstr[1] "{count} Stellen"

msgid "jobs"
msgstr "Stellen"
"""
)


def write(folder: Path, tag: str, text: str) -> None:
    """Put a catalogue where those of the program stand."""
    path = folder / tag.replace("-", "_") / "LC_MESSAGES" / "bandmate.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of catalogues with a German one; nothing read before or after is remembered."""
    write(tmp_path / "locales", "de", GERMAN)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path / "locales")
    catalogue_of.cache_clear()
    available_languages.cache_clear()
    yield tmp_path / "locales"
    catalogue_of.cache_clear()
    available_languages.cache_clear()


class TestCatalogues:
    def test_the_template_holds_every_text(self) -> None:
        """The template of the repository has exactly the texts of the program; `make catalogues` mends it."""
        with catalogues.template_path().open("rb") as file:
            kept = read_po(file)
        assert {message.id for message in kept} ^ {message.id for message in extracted()} == set()

    def test_every_catalogue_can_be_used(self) -> None:
        """No translation in the repository lacks a placeholder, an element or a form."""
        assert [read_catalogue(tag).tag for tag in translated_languages()] == list(translated_languages())

    def test_texts_are_translated(self, folder: Path) -> None:
        """A text appears in the language spoken, and outside of the block in the one before."""
        with speaking("de"):
            assert gettext("Sign in") == "Anmelden"
        assert (gettext("Sign in"), language()) == ("Sign in", "en")

    @pytest.mark.parametrize("text", ["Boards", "Companies", "Never seen"])
    def test_what_is_not_translated_is_english(self, folder: Path, text: str) -> None:
        """Empty, fuzzy and unknown translations leave the text as it was written."""
        with speaking("de"):
            assert gettext(text) == text

    def test_a_narrower_language_is_served_by_a_wider_one(self, folder: Path) -> None:
        """Austrian readers get the German texts."""
        with speaking("de-AT"):
            assert gettext("Sign in") == "Anmelden"

    def test_a_count_chooses_its_form(self, folder: Path) -> None:
        """The rule of the catalogue decides, as English does where there is none."""
        with speaking("de"):
            assert [counted("{count} job", "{count} jobs", count) for count in (1, 1204)] == [
                "1 Stelle",
                "1.204 Stellen",
            ]
            assert ngettext("{count} board", "{count} boards", 2) == "{count} boards"

    def test_three_forms_are_known(self, folder: Path) -> None:
        """Polish has one form for one, one for few and one for many."""
        rule = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
        forms = ["{count} oferta", "{count} oferty", "{count} ofert"]
        written = "".join(f'msgstr[{number}] "{form}"\n' for number, form in enumerate(forms))
        head = HEAD.replace("nplurals=2; plural=(n != 1);", rule)
        write(folder, "pl", f'{head}\nmsgid "{{count}} job"\nmsgid_plural "{{count}} jobs"\n{written}')
        with speaking("pl"):
            said = [counted("{count} job", "{count} jobs", count) for count in (1, 3, 5, 22)]
        assert said == ["1 oferta", "3 oferty", "5 ofert", "22 oferty"]

    @pytest.mark.parametrize(
        ("text", "translation"),
        [
            ("{board} is followed.", "Gefolgt."),
            ("{board} is followed.", "{bord} wird verfolgt."),
            ("Not confirmed since %(when)s", "Unbestätigt seit %(wann)s"),
            ("Not confirmed since %(when)s", "Unbestätigt seit %(when)"),
            ("Sign in", "<b>Anmelden</b>"),
            ("<b>Done:</b> %(what)s", "<script>x</script> %(what)s"),
        ],
    )
    def test_a_broken_translation_is_refused(self, folder: Path, text: str, translation: str) -> None:
        """Placeholders and elements must be those of the text: pages trust catalogues as they trust templates."""
        write(folder, "fr", f'{HEAD}\nmsgid "{text}"\nmsgstr "{translation}"\n')
        with pytest.raises(ValueError, match=r"bandmate\.po cannot be used: line 7 must hold"):
            read_catalogue("fr")

    @pytest.mark.parametrize("text", ["", "msgid", "\x00\xff"])
    def test_a_broken_file_is_english_and_not_offered(
        self, folder: Path, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Readers get English, the log gets the reason."""
        write(folder, "fr", text or f'{HEAD}\nmsgid "Sign in"\nmsgstr "{{x}}"\n')
        with speaking("fr"):
            assert gettext("Sign in") == "Sign in"
        assert [one.tag for one in available_languages()] == ["en", "de"]
        assert "the catalogue of fr cannot be used" in caplog.text

    @pytest.mark.parametrize("tag", ["", "../../etc", "de/../de", "x" * 5000, "\x00", "*"])
    def test_any_tag_can_be_spoken(self, folder: Path, tag: str) -> None:
        """A person's setting from another program never breaks a page or a message."""
        with speaking(tag):
            assert gettext("Sign in") == "Sign in"
            assert number(1204) == "1,204"

    def test_languages_are_named_in_themselves(self, folder: Path) -> None:
        """English comes first; the made-up ones only where they are asked for."""
        assert [(one.tag, one.name) for one in available_languages()] == [("en", "English"), ("de", "Deutsch")]
        assert [one.tag for one in available_languages(pseudo=True)] == ["en", "de", "en-XA", "ar-XB"]


class TestNegotiation:
    @pytest.mark.parametrize(
        ("header", "tags"),
        [
            ("da, en-gb;q=0.8, en;q=0.7", ("da", "en-gb", "en")),  # the example of RFC 9110, 12.5.4
            ("en;q=0.5, de", ("de", "en")),
            ("de;q=0, fr", ("fr",)),
            ("de;q=nan, fr;q=x, it;q=-1, es;Q=0.1", ("es",)),
            ("", ()),
            (", ;q=1,,", ()),
        ],
    )
    def test_wanted_languages_come_by_quality(self, header: str, tags: tuple[str, ...]) -> None:
        """Quality orders, zero forbids, nonsense is nothing."""
        assert wanted_languages(header) == tags

    @pytest.mark.parametrize(
        ("wanted", "offered", "found"),
        [
            (["zh-Hant-CN-x-private1-private2"], ["zh-Hant"], "zh-Hant"),  # RFC 4647, 3.4: fallback pattern
            (["de-CH", "fr"], ["fr", "de"], "de"),
            (["DE-at"], ["de"], "de"),
            (["pt"], ["pt-BR"], None),
            (["*", "fr"], ["fr"], "fr"),
            ([], ["en"], None),
        ],
    )
    def test_lookup_shortens_what_is_wanted(
        self, wanted: list[str], offered: list[str], found: str | None
    ) -> None:
        """Each wanted tag is tried whole and then shorter, before the next."""
        assert best_language(wanted, offered) == found

    @given(st.text())
    def test_no_header_is_an_error(self, header: str) -> None:
        """Whatever is sent, a language is found or none is."""
        assert best_language(wanted_languages(header), ["en"]) in {"en", None}


class TestFormats:
    DAY = date(2026, 11, 3)
    NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("tag", "day", "clock", "large", "share"),
        [
            ("en", "3 Nov 2026", "3 Nov 2026, 12:00 UTC", "1,234.5", "5 %"),
            ("de", "3. Nov. 2026", "3. Nov. 2026, 12:00 UTC", "1.234,5", "5 %"),
            ("ja", "2026年11月3日", "2026年11月3日 12:00 UTC", "1,234.5", "5%"),
            ("hi", "3 नव॰ 2026", "3 नव॰ 2026, 12:00 pm UTC", "1,234.5", "5%"),
        ],
    )
    def test_each_language_writes_in_its_own_way(
        self, tag: str, day: str, clock: str, large: str, share: str
    ) -> None:
        """Days, clocks, numbers and shares follow the CLDR; in English they are as they always were."""
        with speaking(tag):
            said = [calendar_day(self.DAY), clock_time(self.NOON, UTC), number(1234.5, 1), percent(0.05)]
        assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in said] == [day, clock, large, share]

    def test_distances_are_told_in_the_language(self) -> None:
        """Past and future, one and many."""
        with speaking("de"):
            past, future = self.NOON - timedelta(days=1), self.NOON + timedelta(hours=2)
            assert (relative(past, self.NOON), relative(future, self.NOON)) == ("vor 1 Tag", "in 2 Stunden")

    def test_alternatives_are_joined_in_the_language(self) -> None:
        """The word between them is the language's."""
        with speaking("de"):
            assert listed(["Berlin", "Paris", "Rom"]) == "Berlin, Paris oder Rom"
        assert listed(["Berlin", "Paris", "Rome"]) == "Berlin, Paris or Rome"

    def test_pay_is_a_text_with_the_numbers_of_the_language(self) -> None:
        """Amounts follow the language even where their words are not translated yet."""
        with speaking("de"):
            assert money(17.5, None, "EUR", "hour") == "from EUR 17,50 an hour"


class TestPseudo:
    def test_accents_keep_what_the_program_needs(self) -> None:
        """Placeholders, markup, entities and doubled percent signs stay; letters do not."""
        text = 'Go to <a href="/jobs">%(count)s jobs</a> of {name} &amp; 5 %%'
        said = pseudo.accented(text)
        for kept in ('<a href="/jobs">', "%(count)s", "</a>", "{name}", "&amp;", "5 %%"):
            assert kept in said
        assert not re.search(r"[A-Za-z]{2}", re.sub(r"<[^>]*>|%\(\w+\)s|\{\w+\}|&\w+;", "", said))

    @given(st.from_regex(r"[a-zA-Z]{1,20}( [a-zA-Z]{1,20}){0,5}", fullmatch=True))
    def test_words_grow_by_two_fifths(self, text: str) -> None:
        """Each word is at least two fifths longer, so that whatever fits then has room for German."""
        said = pseudo.accented(text)[1:-1].split(" ")
        assert all(len(new) >= 1.4 * len(old) for new, old in zip(said, text.split(" "), strict=True))

    def test_only_extracted_texts_are_dressed(self) -> None:
        """A text that no catalogue holds stays bare: that is how it is found."""
        with speaking("en-XA"):
            assert gettext("Sign in").startswith("⟦")
            assert gettext("Nobody wrote this text") == "Nobody wrote this text"

    def test_the_mirrored_language_runs_from_right_to_left(self) -> None:
        """Its direction and that of Arabic are right to left, that of the others left to right."""
        assert [direction(tag) for tag in ("ar-XB", "ar", "he", "en-XA", "de", "nonsense")] == [
            "rtl",
            "rtl",
            "rtl",
            "ltr",
            "ltr",
            "ltr",
        ]


class TestRequests:
    @pytest.fixture
    def app(self, folder: Path, database: Database, settings: Settings) -> FastAPI:
        """The application, in English and German."""
        return create_app(settings, database, clock=lambda: NOW)

    @pytest.fixture
    def client(self, app: FastAPI) -> TestClient:
        """A browser without any preference."""
        return TestClient(
            app, raise_server_exceptions=False, follow_redirects=False, headers={"Accept": "text/html"}
        )

    def test_a_page_is_in_the_language_its_reader_wants(self, client: TestClient) -> None:
        """The page says its language, in its markup and in its headers, and that it depends on the reader."""
        answer = client.get("/sign-in", headers={"Accept-Language": "fr, de-AT;q=0.8, en;q=0.7"})
        assert '<html lang="de" dir="ltr"' in answer.text
        assert "Anmelden" in answer.text
        assert answer.headers["Content-Language"] == "de"
        assert "Accept-Language" in answer.headers["Vary"]

    def test_a_cookie_outdoes_the_browser(self, client: TestClient) -> None:
        """A reader without an account can choose; a choice that is not offered is none."""
        client.cookies.set("lang", "de")
        assert '<html lang="de"' in client.get("/sign-in", headers={"Accept-Language": "en"}).text
        client.cookies.set("lang", "en-XA")
        assert '<html lang="en"' in client.get("/sign-in").text

    def test_a_persons_choice_outdoes_the_cookie(self, app: FastAPI, database: Database) -> None:
        """What is chosen for the account holds in every browser."""
        reader = sign_in_with_role(app, database, Role.MEMBER)
        with database.begin() as tx:
            tx.execute(persons.update().values(locale="de"))
        reader.client.cookies.set("lang", "en")
        assert '<html lang="de"' in reader.read("/consent")

    def test_errors_of_pages_are_in_the_language(self, client: TestClient) -> None:
        """A page that is not there says so in the reader's language, with its explanation where there is one."""
        answer = client.get("/nowhere", headers={"Accept-Language": "de"})
        assert (answer.status_code, "Hier ist nichts" in answer.text) == (404, True)

    def test_a_fault_is_told_in_the_language(self, app: FastAPI, client: TestClient) -> None:
        """Also where the framework answers outside of all middleware."""

        @app.get("/boom")
        def boom() -> None:
            raise RuntimeError("torn")

        answer = client.get("/boom", headers={"Accept-Language": "de"})
        assert (answer.status_code, '<html lang="de"' in answer.text) == (500, True)

    def test_a_refused_form_is_told_in_the_language(self, client: TestClient) -> None:
        """What identity refuses before any route runs is told in the language of the headers."""
        answer = client.post(
            "/sign-in", data={"email": "x"}, headers={"Accept-Language": "de", "Origin": "http://x"}
        )
        assert (answer.status_code, '<html lang="de"' in answer.text) == (403, True)

    def test_programs_are_told_english(self, client: TestClient) -> None:
        """The API does not depend on who reads it."""
        answer = client.get("/job-postings/v1/jobs/0", headers={"Accept-Language": "de", "Accept": "*/*"})
        assert answer.json()["title"] in {"Nothing here", "This input cannot be used"}
        answer = client.get("/nowhere", headers={"Accept-Language": "de", "Accept": "application/json"})
        assert answer.json()["title"] == "Nothing here"

    def test_the_made_up_languages_need_the_setting(self, database: Database, settings: Settings) -> None:
        """They are spoken only where the installation asks for them."""
        app = create_app(settings.model_copy(update={"pseudo_locales": True}), database, clock=lambda: NOW)
        reader = reader_of(app)
        reader.client.cookies.set("lang", "ar-XB")
        assert '<html lang="ar-XB" dir="rtl"' in reader.read("/sign-in")

    def test_one_request_does_not_speak_for_the_next(self, client: TestClient) -> None:
        """The language of a request ends with it."""
        assert "Anmelden" in client.get("/sign-in", headers={"Accept-Language": "de"}).text
        assert "Sign in" in client.get("/sign-in").text
        assert language() == "en"
