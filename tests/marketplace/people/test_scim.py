"""The SCIM service provider: what it keeps, what it refuses, and how it reads what large providers really send."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from tests.marketplace.people.conftest import NOON, person_of
from tests.marketplace.people.scim_client import BASE, Scim, provisioned

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import account_by_email, create_account, create_person
from bandmate.marketplace.people import employee_of, groups_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EMPLOYEE = "urn:bandmate:params:scim:schemas:extension:employee:1.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def scim(database: Database, settings: Settings) -> Scim:
    """The application with a program's key."""
    with database.begin() as tx:
        tx.execute(text("delete from marketplace.people_group"))
    return provisioned(database, settings)


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


def _work(address: str) -> list[dict[str, str]]:
    return [{"value": address, "type": "work"}]


def _found(scim: Scim, written: str, kind: str = "Users") -> list[str]:
    answer = scim.http.get(f"{BASE}/{kind}", params={"filter": written})
    assert answer.status_code == 200, answer.text
    name = "userName" if kind == "Users" else "displayName"
    return sorted(one[name] for one in answer.json()["Resources"])


def test_a_user_becomes_an_employee_with_an_account(scim: Scim, database: Database) -> None:
    """Core, enterprise and our own extension are kept and given back; the account has no password."""
    boss = scim.enter("boss")
    made = scim.enter(
        "Ana.Ruiz",
        externalId="x-1",
        name={"givenName": "Ana", "familyName": "Ruiz"},
        emails=[{"value": "home@other.example", "type": "home"}, *_work("ana@band.example")],
        addresses=[{"type": "work", "locality": "Madrid", "country": "Spain"}],
        timezone="europe/madrid",
        preferredLanguage="es_ES",
        **{
            ENTERPRISE: {"department": "Sound", "manager": {"value": boss["id"]}, "employeeNumber": "7"},
            EMPLOYEE: {"languages": ["en", "es-ES"], "startDate": "2021-09-01"},
        },
    )
    assert made["userName"] == "ana.ruiz"
    assert made["displayName"] == "Ana Ruiz"
    assert made["emails"] == [{"value": "ana@band.example", "type": "work", "primary": True}]
    assert made["addresses"][0]["country"] == "ES"
    assert made["timezone"] == "Europe/Madrid"
    assert made[EMPLOYEE] == {"languages": ["es-ES", "en"], "startDate": "2021-09-01"}
    assert made[ENTERPRISE]["manager"]["value"] == boss["id"]
    with database.read() as tx:
        account = account_by_email(tx, "ana@band.example")
        assert (str(account.person_id), account.role, account.password_changed_at) == (
            made["id"],
            Role.MEMBER,
            None,
        )


def test_deactivation_shuts_the_account_and_reactivation_opens_it(scim: Scim, database: Database) -> None:
    """As a large provider sends it: Replace, no path, the boolean as text."""
    ana = scim.enter("ana", emails=_work("ana@band.example"))
    scim.call("PATCH", f"/Users/{ana['id']}", _patch({"op": "Replace", "value": {"active": "False"}}), 200)
    with database.read() as tx:
        assert account_by_email(tx, "ana@band.example").disabled_at == NOON
    assert scim.call("GET", f"/Users/{ana['id']}", status=200)["active"] is False
    scim.call("PATCH", f"/Users/{ana['id']}", _patch({"op": "replace", "path": "active", "value": True}), 200)
    with database.read() as tx:
        assert account_by_email(tx, "ana@band.example").disabled_at is None


def test_an_administrators_account_is_never_taken_over(scim: Scim, database: Database) -> None:
    """The address means the same person; role, address and openness of the account are not SCIM's to change."""
    with database.begin() as tx:
        chief = create_person(tx, name="Mia", now=NOON)
        create_account(tx, chief, email="mia@band.example", password=None, role=Role.ADMINISTRATOR, now=NOON)
    made = scim.enter("mia", emails=_work("MIA@band.example"))
    assert made["id"] == str(chief)
    scim.call(
        "PATCH", f"/Users/{chief}", _patch({"op": "replace", "path": "emails", "value": _work("t@x.example")}), 200
    )
    scim.call("DELETE", f"/Users/{chief}", status=204)
    with database.read() as tx:
        account = account_by_email(tx, "mia@band.example")
        assert (account.role, account.disabled_at) == (Role.ADMINISTRATOR, None)


def test_deletion_hides_and_the_same_human_comes_back_as_the_same_person(scim: Scim, database: Database) -> None:
    """The row and its history stay; the name is free again (RFC 7644, section 3.6)."""
    ana = scim.enter("ana", externalId="x-1", emails=_work("ana@band.example"))
    scim.call("DELETE", f"/Users/{ana['id']}", status=204)
    assert scim.call("GET", f"/Users/{ana['id']}", status=404)["status"] == "404"
    scim.call("DELETE", f"/Users/{ana['id']}", status=404)
    assert _found(scim, 'userName eq "ana"') == []
    with database.read() as tx:
        kept = tx.execute(text("select active, hidden_at from marketplace.employee")).one()
        assert (kept.active, kept.hidden_at) == (False, NOON)
    assert scim.enter("ana", emails=_work("ana@band.example"))["id"] == ana["id"]
    namesake = scim.enter("ben", externalId="b")
    scim.call("DELETE", f"/Users/{namesake['id']}", status=204)
    assert scim.enter("ben", externalId="another")["id"] != namesake["id"]


def test_user_names_and_addresses_are_unique_in_any_spelling(scim: Scim) -> None:
    """409 with scimType uniqueness, for a new user and for a changed one."""
    scim.enter("Jürgen", emails=_work("j@band.example"))
    ana = scim.enter("ana")
    for body in ({"userName": "JU\u0308RGEN"}, {"userName": "x", "emails": _work("J@BAND.example")}):
        error = scim.call("POST", "/Users", body, 409)
        assert (error["scimType"], error["status"]) == ("uniqueness", "409")
        assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    change = _patch({"op": "replace", "path": "userName", "value": "jürgen"})
    assert scim.call("PATCH", f"/Users/{ana['id']}", change, 409)["scimType"] == "uniqueness"


_STATED = [
    ('userName eq "ANA"', ["ana"]),
    ('userName ne "ana"', ["ben", "o'neil"]),
    ('not (userName eq "ana") and active eq true', ["o'neil"]),
    ('active eq "False"', ["ben"]),
    ('emails[type eq "work" and value co "@band"]', ["ana"]),
    ('emails.value sw "ana@"', ["ana"]),
    ('emails[not (value ew ".example")] or title pr', ["ben"]),
    ("not (emails pr)", ["ben", "o'neil"]),
    ("title eq null", ["ana", "o'neil"]),
    (f'{ENTERPRISE}:department eq "sound"', ["ana"]),
    (f"{ENTERPRISE.upper()}:manager.value pr", ["ana"]),
    (f'{EMPLOYEE}:languages eq "ES"', ["ana"]),
    (f'{EMPLOYEE}:startDate ge "2020-01-01"', ["ana"]),
    ('name.familyName eq "Ruiz" or (userName eq "ben" and title sw "lead")', ["ana", "ben"]),
    ('userName co "%" or title co "_"', []),
    ('userName eq "\' or 1=1 --"', []),
    ('userName eq "o\'neil"', ["o'neil"]),
    ('meta.created ge "2026-11-22T12:00:00Z"', ["ana", "ben", "o'neil"]),
    ('meta.lastModified lt "2026-11-22T12:00:00+02:00"', []),
    ('groups.display eq "pilot"', ["ana"]),
    ('schemas eq "urn:ietf:params:scim:schemas:core:2.0:User" and userName gt "b"', ["ben", "o'neil"]),
]  # fmt: skip


def test_filters_find_what_they_say(scim: Scim) -> None:
    """The whole grammar; absent attributes compare as false, and SQL in a value is only a value."""
    ben = scim.enter("ben", active=False, title="Lead 100")
    ana = scim.enter(
        "ana",
        name={"familyName": "Ruiz"},
        emails=_work("ana@band.example"),
        **{
            ENTERPRISE: {"department": "Sound", "manager": ben["id"]},
            EMPLOYEE: {"languages": ["en", "es"], "startDate": "2021-09-01"},
        },
    )
    scim.enter("O'Neil")
    scim.call("POST", "/Groups", {"displayName": "pilot", "members": [{"value": ana["id"]}]}, 201)
    assert {written: _found(scim, written) for written, _ in _STATED} == dict(_STATED)
    assert _found(scim, f'members.value eq "{ana["id"]}"', "Groups") == ["pilot"]
    assert _found(scim, f'members[value eq "{ben["id"]}"]', "Groups") == []


@pytest.mark.parametrize(
    "written",
    [
        "",
        "userName",
        'userName is "x"',
        'userName eq "x',
        "userName eq x",
        "(" * 30 + 'userName eq "x"' + ")" * 30,
        " or ".join(['userName eq "x"'] * 101),
        'userName eq "' + "x" * 5_000 + '"',
        'password eq "x"',
        'urn:x:y:userName eq "x"',
        'userName[value eq "x"]',
        'active gt "x"',
        'meta.created gt "yesterday"',
        'emails[emails[value eq "x"]]',
        'userName eq "\\ud800"',
        'userName eq "x" userName eq "y"',
        "not userName pr",
    ],
)
def test_a_filter_that_is_none_or_a_bomb_is_refused(scim: Scim, written: str) -> None:
    """400 invalidFilter, whatever it is; an empty one filters nothing."""
    answer = scim.http.get(f"{BASE}/Users", params={"filter": written})
    if not written:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_lists_are_paged_sorted_and_cut(scim: Scim) -> None:
    """StartIndex from 1, count to 0, ascending with the absent last, attributes and excludedAttributes."""
    for name, title in (("c", "One"), ("a", None), ("b", "two")):
        scim.enter(name, **({"title": title} if title else {}))
    page = scim.call("GET", "/Users?startIndex=2&count=1&sortBy=userName", status=200)
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert [one["userName"] for one in page["Resources"]] == ["b"]
    by_title = scim.call("GET", "/Users?sortBy=title", status=200)["Resources"]
    assert [one["userName"] for one in by_title] == ["c", "b", "a"]
    down = scim.call("GET", "/Users?sortBy=title&sortOrder=descending", status=200)["Resources"]
    assert [one["userName"] for one in down] == ["a", "b", "c"]
    assert scim.call("GET", "/Users?count=0", status=200)["Resources"] == []
    assert scim.call("GET", "/Users?count=-5&startIndex=-9", status=200)["startIndex"] == 1
    assert scim.call("GET", "/Users?startIndex=99999999999999", status=200)["Resources"] == []
    [cut] = scim.call("GET", '/Users?filter=userName eq "b"&attributes=TITLE,meta.version', status=200)[
        "Resources"
    ]
    assert set(cut) == {"schemas", "id", "title", "meta"}
    assert set(cut["meta"]) == {"version"}
    [rest] = scim.call("GET", '/Users?filter=userName eq "b"&excludedAttributes=title,meta,id', status=200)[
        "Resources"
    ]
    assert {"id", "userName"} <= set(rest)
    assert not {"title", "meta"} & set(rest)
    body = {"filter": 'userName sw "b" or displayName eq "pilot"', "count": 10}
    scim.call("POST", "/Groups", {"displayName": "pilot"}, 201)
    assert scim.call("POST", "/Users/.search", {"filter": 'userName sw "b"'}, 200)["totalResults"] == 1
    everything = scim.call("POST", "/.search", {"count": 10}, 200)
    assert everything["totalResults"] == 4
    assert [one["meta"]["resourceType"] for one in everything["Resources"]] == ["User"] * 3 + ["Group"]
    assert scim.call("POST", "/.search", body, 200)["totalResults"] == 1


_PROVIDER_FORMS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"op": "Add", "path": "title", "value": "Lead"}, {"title": "Lead"}),
    ({"op": "Replace", "value": {"name.givenName": "Ana", f"{ENTERPRISE}:department": "Sound"}},
     {"name": {"givenName": "Ana"}, ENTERPRISE: {"department": "Sound"}}),
    ({"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Live"}, {ENTERPRISE: {"department": "Live"}}),
    ({"op": "add", "path": ENTERPRISE, "value": {"division": "Live"}}, {ENTERPRISE: {"division": "Live"}}),
    ({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "n@band.example"},
     {"emails": [{"value": "n@band.example", "type": "work", "primary": True}]}),
    ({"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Oslo"},
     {"addresses": [{"locality": "Oslo", "type": "work", "primary": True}]}),
    ({"op": "add", "path": f"{EMPLOYEE}:languages", "value": ["fr"]}, {EMPLOYEE: {"languages": ["fr"]}}),
    ({"op": "replace", "path": "preferredLanguage", "value": "de"}, {"preferredLanguage": "de"}),
    ({"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"}, {"userName": "ana"}),
    ({"op": "replace", "value": {"id": "x", "meta": {}, "nickName": "a", "unheardOf": 1}}, {"userName": "ana"}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "expected"), _PROVIDER_FORMS)
def test_patches_of_every_form_are_understood(
    scim: Scim, operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The strict forms of RFC 7644 and what large identity providers send instead."""
    ana = scim.enter("ana")
    after = scim.call("PATCH", f"/Users/{ana['id']}", _patch(operation), 200)
    assert {key: after[key] for key in expected} == expected
    assert scim.call("GET", f"/Users/{ana['id']}", status=200) == after


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "move", "path": "title"}, "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "shoeSize", "value": "9"}, "invalidPath"),
        ({"op": "replace", "path": "title..", "value": "9"}, "invalidPath"),
        ({"op": "replace", "path": "name.nothing", "value": "9"}, "invalidPath"),
        ({"op": "replace", "path": "title", "value": {"a": 1}}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, "noTarget"),
        ({"op": "replace", "path": 'emails[type sw "h"].value', "value": "a@b.example"}, "noTarget"),
        ({"op": "replace", "path": "timezone", "value": "Mars/Base"}, "invalidValue"),
        ({"op": "replace", "path": f"{ENTERPRISE}:manager", "value": "nobody"}, "invalidValue"),
        ({"op": "add", "path": ENTERPRISE, "value": "Sound"}, "invalidValue"),
        ({"op": "add", "path": ENTERPRISE, "value": None}, "invalidValue"),
        ({"op": "replace", "value": {ENTERPRISE: [1]}}, "invalidValue"),
    ],
)
def test_a_wrong_patch_changes_nothing_and_says_why(scim: Scim, operation: dict[str, Any], scim_type: str) -> None:
    """400 with its scimType; what stood before it in the same request is not done either."""
    ana = scim.enter("ana")
    body = _patch({"op": "add", "path": "title", "value": "Lead"}, operation)
    assert scim.call("PATCH", f"/Users/{ana['id']}", body, 400)["scimType"] == scim_type
    assert scim.call("GET", f"/Users/{ana['id']}", status=200) == ana


def test_a_circle_of_managers_is_refused(scim: Scim) -> None:
    """Over any number of steps, and of one."""
    a = scim.enter("a")
    b = scim.enter("b", **{ENTERPRISE: {"manager": {"value": a["id"]}}})
    for manager in (a, b):
        body = _patch({"op": "add", "path": f"{ENTERPRISE}:manager", "value": {"value": manager["id"]}})
        assert scim.call("PATCH", f"/Users/{a['id']}", body, 400)["scimType"] == "invalidValue"


def test_etags_guard_against_lost_changes(scim: Scim) -> None:
    """A stale If-Match is 412, the present one works, If-None-Match gives 304, and no change no new tag."""
    ana = scim.enter("ana")
    first, where = ana["meta"]["version"], f"/Users/{ana['id']}"
    title = _patch({"op": "replace", "path": "title", "value": "Lead"})
    changed = scim.call("PATCH", where, title, 200, If_Match=first)
    assert changed["meta"]["version"] != first
    assert scim.call("PATCH", where, title, 412, If_Match=first)["status"] == "412"
    scim.call("PUT", where, {"userName": "ana"}, 412, If_Match=first)
    scim.call("DELETE", where, None, 412, If_Match=first)
    again = scim.call("PATCH", where, title, 200, If_Match=changed["meta"]["version"])
    assert again["meta"]["version"] == changed["meta"]["version"]
    answer = scim.http.get(BASE + where, headers={"If-None-Match": f'W/"7", {again["meta"]["version"]}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == again["meta"]["version"]


def test_of_concurrent_patches_for_one_version_one_wins(scim: Scim) -> None:
    """The others are told 412, and nothing is lost."""
    ana = scim.enter("ana")

    def change(number: int) -> int:
        body = _patch({"op": "replace", "path": "title", "value": f"Title {number}"})
        tag = {"If-Match": ana["meta"]["version"]}
        return int(scim.http.patch(f"{BASE}/Users/{ana['id']}", json=body, headers=tag).status_code)

    with ThreadPoolExecutor(4) as several:
        assert sorted(several.map(change, range(4))) == [200, 412, 412, 412]


def test_groups_keep_their_members(scim: Scim, database: Database) -> None:
    """Added one by one, removed by filter or by value beside the path; a stranger is refused."""
    ana, ben = scim.enter("ana"), scim.enter("ben")
    group = scim.call("POST", "/Groups", {"displayName": "Pilot", "members": [{"value": ana["id"]}]}, 201)
    where = f"/Groups/{group['id']}"
    add = _patch({"op": "Add", "path": "members", "value": [{"value": ben["id"]}, {"value": ana["id"]}]})
    assert [one["value"] for one in scim.call("PATCH", where, add, 200)["members"]] == [ana["id"], ben["id"]]
    by_value = _patch({"op": "Remove", "path": "members", "value": [{"value": ben["id"]}]})
    assert [one["value"] for one in scim.call("PATCH", where, by_value, 200)["members"]] == [ana["id"]]
    with database.read() as tx:
        assert groups_of(tx, person_of(database, "ana"))
    by_filter = _patch({"op": "remove", "path": f'members[value eq "{ana["id"]}"]'})
    assert "members" not in scim.call("PATCH", where, by_filter, 200)
    stranger = _patch({"op": "add", "path": "members", "value": [{"value": group["id"]}]})
    assert scim.call("PATCH", where, stranger, 400)["scimType"] == "invalidValue"
    assert scim.call("POST", "/Groups", {"displayName": "PILOT"}, 409)["scimType"] == "uniqueness"
    scim.call("DELETE", where, status=204)
    scim.call("GET", where, status=404)


def test_only_a_key_with_the_scope_may_call(scim: Scim, database: Database, settings: Settings) -> None:
    """401 and 403 are told as SCIM tells errors, also where no route is reached."""
    for headers, status in (({}, 401), ({"Authorization": "Bearer bm_no"}, 401)):
        scim.http.headers.pop("Authorization", None)
        answer = scim.http.get(f"{BASE}/Users", headers=headers)
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("application/scim+json")
        assert answer.json()["status"] == str(status)
    with database.begin() as tx:
        tx.execute(text("delete from kernel.account"))
    other = provisioned_otherwise(database, settings)
    assert other.call("GET", "/Users", status=403)["status"] == "403"


def provisioned_otherwise(database: Database, settings: Settings) -> Scim:
    """Return the application with a key of another scope."""
    return provisioned(database, settings, scopes=("operator",))


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/Bulk", b"{}", 501),
        ("GET", "/Me", None, 501),
        ("GET", "/Nothing", None, 404),
        ("GET", "/Users/not-a-uuid", None, 404),
        ("PUT", "/Users", b"{}", 405),
        ("POST", "/Users", b"{", 400),
        ("POST", "/Users", b"[]", 400),
        ("POST", "/Users", b'{"userName": "\\ud800"}', 400),
        ("POST", "/Users", b'{"userName": "a\\u0000b"}', 400),
        ("POST", "/Users", b'{"userName": ""}', 400),
        ("POST", "/Users", b'{"userName": ["a"]}', 400),
        ("POST", "/Users", b"[" * 100_000, 400),
        ("POST", "/Users", b" " * 8_000_001, 413),
        ("GET", "/Schemas?filter=id pr", None, 403),
        ("GET", "/Users?attributes=title&excludedAttributes=id", None, 400),
    ],
)
def test_hostile_requests_are_told_what_is_wrong(
    scim: Scim, method: str, path: str, content: bytes | None, status: int
) -> None:
    """Each in a document of RFC 7644, 3.12; none is a fault of ours."""
    answer = scim.http.request(
        method, BASE + path, content=content, headers={"Content-Type": "application/scim+json"}
    )
    assert answer.status_code == status, answer.text[:300]
    assert answer.json()["status"] == str(status)


def test_a_replacement_is_idempotent_and_clears_what_is_not_given(scim: Scim, database: Database) -> None:
    """The same PUT again changes nothing; who is not active stays so unless it is said."""
    ana = scim.enter("ana", title="Lead", active=False)
    where = f"/Users/{ana['id']}"
    after = scim.call("PUT", where, {"userName": "ana", "displayName": "Ana"}, 200)
    assert "title" not in after
    assert after["active"] is False
    assert scim.call("PUT", where, {"userName": "ana", "displayName": "Ana"}, 200) == after
    with database.read() as tx:
        assert employee_of(tx, person_of(database, "ana")) is None
