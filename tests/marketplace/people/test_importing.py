"""Importing the directory from a file."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, text
from tests.marketplace.people.conftest import COMPANY, NOON, Import, person_of

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.administration import disable_account
from bandmate.kernel.identity.persons import account_by_email, create_account, create_person, set_role
from bandmate.kernel.identity.sessions import open_session, sessions_of
from bandmate.marketplace.people import all_groups, employee_of, groups_of, managers_above, reports_of
from bandmate.marketplace.people.importing import try_import
from bandmate.marketplace.people.queries import every_employee, group_names
from bandmate.marketplace.people.sheet import write_sheet


def test_a_file_is_read_into_people_managers_groups_and_accounts(database: Database, company: Import) -> None:
    """Everything a line states is there afterwards, with an account for who has an address."""
    outlook = company()
    assert outlook.applied
    assert outlook.count("joins") == 4
    ana, ben, mia = (person_of(database, f"{name}@band.example") for name in ("ana", "ben", "mia"))
    with database.read() as tx:
        found = employee_of(tx, ana)
        assert found is not None
        assert (found.display_name, found.department, found.country) == ("Ana Ruiz", "Catalogue", "ES")
        assert (found.languages, found.start_date) == (("es", "en"), date(2021, 9, 1))
        assert found.manager_id == ben
        assert managers_above(tx, ana) == (ben, mia)
        assert set(reports_of(tx, ben)) == {ana, person_of(database, "kofi")}
        assert [(group.display_name, group.members) for group in all_groups(tx)] == [("mentors", 1), ("pilot", 2)]
        assert len(groups_of(tx, ana)) == 2
        account = account_by_email(tx, "ana@band.example")
        assert (account.person_id, account.role, account.password_changed_at) == (ana, Role.MEMBER, None)
        named = employee_of(tx, ben)
        assert named is not None
        assert named.country == "DE"


def test_the_same_file_again_changes_nothing(database: Database, company: Import) -> None:
    """No row gets another version, and no event is published."""
    company()
    with database.read() as tx:
        before = tx.execute(text("select person_id, version, changed_at from marketplace.employee")).all()
        events = tx.execute(text("select count(*) from kernel.event")).scalar_one()
    outlook = company()
    assert outlook.changes == ()
    assert outlook.unchanged == 4
    with database.read() as tx:
        after = tx.execute(text("select person_id, version, changed_at from marketplace.employee")).all()
        assert sorted(before) == sorted(after)
        assert tx.execute(text("select count(*) from kernel.event")).scalar_one() == events


def test_an_export_reads_back_into_the_same(database: Database, company: Import) -> None:
    """What is written out changes nothing when it is read in, formulas of a spreadsheet included."""
    company(COMPANY.replace("Audio engineer", "=SUM(A1)").replace("Data analyst", '"Analyst, ""data"""'))
    with database.read() as tx:
        people = every_employee(tx)
        written = write_sheet(people, group_names(tx, [one.person_id for one in people]))
    assert '" =SUM(A1)"' in written or ", =SUM(A1)," in written
    assert company(written).changes == ()


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_empties(
    database: Database, company: Import
) -> None:
    """Titles stay when the file has none; a department is gone when its cell is empty."""
    company()
    outlook = company("user_name,department\nana@band.example,\n")
    assert [change.fields for change in outlook.changes] == [("department",)]
    with database.read() as tx:
        found = employee_of(tx, person_of(database, "ana@band.example"))
    assert found is not None
    assert (found.title, found.department, found.manager_id is not None) == ("Audio engineer", None, True)


def test_every_wrong_line_is_named_and_nothing_is_applied(database: Database, company: Import) -> None:
    """One bad cell keeps the good lines out too, and each fault names line, column and remedy."""
    outlook = company(
        "user_name,email,country,time_zone,languages,start_date,manager,active\n"
        "good,good@band.example,SE,Europe/Stockholm,sv,2020-01-01,,yes\n"
        "bad1,no address,Narnia,Mars/Base,english!,01/02/2020,,perhaps\n"
        "bad2,,,,,,nobody,\n"
        "good,,,,,,,\n"
        ",,,,,,good,\n"
        "short,\n"
    )
    assert not outlook.applied
    assert {(fault.line, fault.column) for fault in outlook.faults} == {
        (3, "email"), (3, "country"), (3, "time_zone"), (3, "languages"), (3, "start_date"), (3, "active"),
        (4, "manager"), (5, "user_name"), (6, "user_name"), (7, ""),
    }  # fmt: skip
    with database.read() as tx:
        assert tx.execute(text("select count(*) from marketplace.employee")).scalar_one() == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "user_name"),
        (b"name,surname\n", "columns that we do not know"),
        (b"user_name,user name\n", "twice"),
        (b"user_name,title\nana,\xff\xfe\n", "UTF-8"),
        (b"user_name,title\nana,\0\n", "NUL"),
        (b'user_name,title\nana,"open\n', "CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(database: Database, content: bytes, told: str) -> None:
    """The sentence says what is wrong with it."""
    with database.read() as tx, pytest.raises(InvalidInput, match=told):
        try_import(tx, content, complete=False)


def test_a_circle_of_managers_is_refused_and_named(database: Database, company: Import) -> None:
    """It may be in the file alone, or close only with what the directory says already."""
    company()
    outlook = company("user_name,manager\nmia@band.example,ana@band.example\n")
    assert not outlook.applied
    assert [(fault.line, fault.column) for fault in outlook.faults] == [(2, "manager")]
    assert "ana@band.example → ben@band.example → mia@band.example" in outlook.faults[0].message
    own = company("user_name,manager\nsolo,solo\n")
    assert "solo → solo" in own.faults[0].message
    assert own.changes
    assert not own.applied
    many = "user_name,manager\n" + "".join(f"a{each},b{each}\nb{each},a{each}\n" for each in range(500))
    assert 0 < len(company(many).faults) <= 20


def test_trying_shows_what_applying_does_and_a_stale_mark_applies_nothing(
    database: Database, company: Import
) -> None:
    """Whoever saw an outlook gets that or nothing."""
    company()
    change = b"user_name,title\nana@band.example,Mastering engineer\n"
    with database.read() as tx:
        seen = try_import(tx, change, complete=False)
    assert [(one.what, one.fields) for one in seen.changes] == [("changes", ("title",))]
    company("user_name,title\nana@band.example,Mastering engineer\n")
    late = company(change.decode(), mark=seen.mark)
    assert not late.applied
    assert late.changes == ()


def test_who_is_missing_is_left_alone_unless_the_file_is_complete(database: Database, company: Import) -> None:
    """A complete file ends whom it does not name, shuts their account and ends their sessions."""
    company()
    only_three = "\n".join(line for line in COMPANY.splitlines() if not line.startswith("ana@"))
    assert company(only_three).changes == ()
    ana = person_of(database, "ana@band.example")
    with database.begin() as tx:
        account = account_by_email(tx, "ana@band.example")
        open_session(
            tx, account.account_id, lifetime=timedelta(days=1), address="192.0.2.1", user_agent="", now=NOON
        )
    outlook = company(only_three, complete=True)
    assert outlook.count("leaves") == 1
    with database.read() as tx:
        assert employee_of(tx, ana) is None
        assert groups_of(tx, ana) == frozenset()
        assert account_by_email(tx, "ana@band.example").disabled_at == NOON
        assert sessions_of(tx, account.account_id, now=NOON) == ()
    assert company().changes == ()
    assert company(complete=True).count("returns") == 1
    with database.read() as tx:
        assert account_by_email(tx, "ana@band.example").disabled_at is None
        types = tx.execute(
            text(
                "select type from kernel.event where subject = :ana and type like 'marketplace%' order by position"
            ),
            {"ana": str(ana)},
        ).scalars()
        assert [name.rpartition(".")[2] for name in types] == ["joined", "left", "joined"]


def test_a_complete_file_that_would_end_very_many_is_refused(database: Database, company: Import) -> None:
    """It is the file that is not complete, more likely."""
    company("user_name\n" + "".join(f"person{each}\n" for each in range(100)))
    outlook = company("user_name\nperson1\n", complete=True)
    assert not outlook.applied
    assert "99 of 100" in outlook.faults[0].message
    fine = company("user_name\n" + "".join(f"person{each}\n" for each in range(85)), complete=True)
    assert fine.applied
    assert fine.count("leaves") == 15


def test_an_address_that_has_an_account_means_that_person_whose_role_stays(
    database: Database, company: Import
) -> None:
    """In any spelling; an administrator's account keeps role, address and openness whatever a file says."""
    with database.begin() as tx:
        mia = create_person(tx, name="Mia O.", now=NOON)
        chief = create_account(tx, mia, email="Mia@Band.example", password=None, role=Role.ADMINISTRATOR, now=NOON)
    company()
    assert person_of(database, "mia@band.example") == mia
    company("user_name,email,active\nmia@band.example,thief@band.example,no\n")
    with database.read() as tx:
        assert employee_of(tx, mia) is None
        after = account_by_email(tx, "mia@band.example")
        assert (after.role, after.disabled_at, after.account_id) == (Role.ADMINISTRATOR, None, chief.account_id)
        assert after.name == "Mia O."


def test_a_member_follows_a_new_address_and_an_operator_does_not(database: Database, company: Import) -> None:
    """Whoever writes the directory could else recover an operator's account by mail."""
    company()
    with database.begin() as tx:
        set_role(tx, account_by_email(tx, "ben@band.example").account_id, Role.OPERATOR)
    company("user_name,email\nana@band.example,ana.ruiz@band.example\nben@band.example,thief@band.example\n")
    with database.read() as tx:
        assert account_by_email(tx, "ana.ruiz@band.example").person_id == person_of(database, "ana@band.example")
        assert account_by_email(tx, "ben@band.example").role is Role.OPERATOR


def test_an_account_that_an_administrator_shut_stays_shut(database: Database, company: Import) -> None:
    """The directory opens only what it shut itself."""
    company()
    with database.begin() as tx:
        disable_account(tx, account_by_email(tx, "ana@band.example").account_id, by="command line", now=NOON)
    company("user_name,active\nana@band.example,no\n")
    company("user_name,active\nana@band.example,yes\n")
    with database.read() as tx:
        assert account_by_email(tx, "ana@band.example").disabled_at == NOON


def test_a_new_user_name_with_the_same_address_is_the_same_person(database: Database, company: Import) -> None:
    """And an address of somebody else here is refused with their name."""
    company()
    ana = person_of(database, "ana@band.example")
    company("user_name,email\nana.ruiz,ana@band.example\n")
    assert person_of(database, "ana.ruiz") == ana
    outlook = company("user_name,email\nkofi,BEN@band.example\n")
    assert [(fault.line, fault.column) for fault in outlook.faults] == [(2, "email")]
    assert "ben@band.example" in outlook.faults[0].message


def test_user_names_are_the_same_in_any_spelling(database: Database, company: Import) -> None:
    """Case, width and composition make no difference; what looks alike otherwise does."""
    company("user_name,display_name\nJÜRGEN,Jürgen Ä\n")
    outlook = company("user_name,display_name\nju\u0308rgen,Jürgen Ä\n")
    assert outlook.changes == ()
    assert company("user_name\nj\u0443rgen\n").count("joins") == 1


def test_a_thousand_lines_take_as_many_statements_as_fifty(database: Database, company: Import) -> None:
    """Set-wise: a handful of statements, whatever the number of lines."""

    def statements(name: str, lines: int) -> int:
        content = "user_name,email,manager\n" + "".join(
            f"{name}{each},{name}{each}@band.example,{f'{name}{each // 10}' if each else ''}\n"
            for each in range(lines)
        )
        seen: list[str] = []

        def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", count)
        try:
            assert company(content).count("joins") == lines
        finally:
            event.remove(database.engine, "before_cursor_execute", count)
        return len(seen)

    assert statements("many", 1_000) == statements("few", 50) < 30
