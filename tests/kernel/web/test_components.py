"""The components, used together on one page: what readers and programs rely on in their markup."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

Fetch = Callable[..., str]


@pytest.fixture
def parts(page: Fetch) -> LexborHTMLParser:
    """The page that uses every component."""
    return LexborHTMLParser(page("/parts", X_Person="Ada"))


@pytest.fixture
def listed(page: Fetch) -> LexborHTMLParser:
    """The page of a list with filters."""
    return LexborHTMLParser(page("/jobs?q=music"))


def one(page: LexborHTMLParser, selector: str) -> LexborNode:
    """Return the only element that fits."""
    found = page.css(selector)
    assert len(found) == 1, f"{len(found)} elements fit {selector}"
    return found[0]


def test_a_wrong_field_tells_its_error_to_readers(parts: LexborHTMLParser) -> None:
    """Hint and error are bound to the field, which is marked invalid and linked from the summary."""
    field = one(parts, "#field-board")
    assert field.attributes["aria-describedby"] == "field-board-hint field-board-error"
    assert field.attributes["aria-invalid"] == "true"
    assert one(parts, "#field-board-error").text() == "Error: Enter the board as provider:name"
    assert one(parts, ".error-summary a").attributes["href"] == "#field-board"


def test_a_textarea_keeps_its_lines(parts: LexborHTMLParser) -> None:
    """What was written comes back as it was, without the line break that HTML drops."""
    assert one(parts, "#field-note").text().strip("\n") == "two\nlines"


def test_every_form_that_changes_something_is_guarded(parts: LexborHTMLParser) -> None:
    """All POST forms of a page carry the token."""
    forms = parts.css('form[method="post"]')
    assert len(forms) >= 2
    assert all(form.css_first('input[name="csrf_token"][value="a-token"]') for form in forms)


def test_the_form_of_filters_works_without_javascript(listed: LexborHTMLParser) -> None:
    """It is a GET form that keeps the words searched for and has a button where no script runs."""
    form = one(listed, ".filters form")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/jobs")
    assert form.css_first('input[type="hidden"][name="q"][value="music"]')
    assert form.css_first('.scriptless button[type="submit"]')


def test_a_facet_shows_counts_and_folds_the_rest(listed: LexborHTMLParser) -> None:
    """Choices carry their counts; those beyond the limit are folded away; the chosen one is checked."""
    assert [node.text() for node in listed.css(".facet .count")] == ["812", "301", "91"]
    assert one(listed, ".facet-more summary").text() == "1 more"
    assert one(listed, ".facet input[checked]").attributes["value"] == "nl"


def test_a_row_is_a_card_on_a_phone(listed: LexborHTMLParser) -> None:
    """Each cell of a row has its column's name for the card, and the row has a heading."""
    assert {cell.attributes["data-label"] for cell in listed.css("tbody td")} == {"Company", "Pay"}
    assert len(listed.css('tbody th[scope="row"]')) == 2


def test_a_chip_says_that_it_removes(listed: LexborHTMLParser) -> None:
    """The accessible name of a chip tells what following it does."""
    assert one(listed, ".chip").text(strip=True) == "Remove filter:Northlight Music"


def test_a_page_of_a_list_says_how_much_there_is(listed: LexborHTMLParser) -> None:
    """The end of a list states what is shown and the total, and leads on."""
    assert one(listed, ".pagination p").text() == "2 of 1,204 jobs"
    assert one(listed, '.pagination a[rel="next"]').attributes["href"] == "/jobs?cursor=x"


def test_a_bar_has_its_figure_in_words(parts: LexborHTMLParser) -> None:
    """Each bar is an image with a name, and its figure and share stand beside it as text."""
    bar = parts.css(".bar svg")[1]
    assert bar.attributes["role"] == "img"
    assert bar.attributes["aria-label"] == "Berlin: 80 jobs, 17 % of 482"
    assert parts.css(".bars td.numeric")[1].text() == "80 17 %"


def test_bars_are_in_proportion(parts: LexborHTMLParser) -> None:
    """The longest bar is full, the others are their part of it, each in the colour of its series."""
    bars = parts.css(".bar rect:not(.bar-track)")
    assert [bar.attributes["width"] for bar in bars] == ["100.0%", "19.9%"]
    assert [bar.attributes["class"] for bar in bars] == ["series-1", "series-2"]


def test_a_figure_has_its_definition_in_reach_of_the_keyboard(parts: LexborHTMLParser) -> None:
    """The definition hangs on a button, so that focus shows it as hovering does."""
    assert one(parts, ".figure button .tip").text() == "Jobs on a board at its last complete check."


def test_controls_that_need_a_script_are_hidden_without_it(parts: LexborHTMLParser) -> None:
    """Copy buttons and the theme toggle appear only when the script runs."""
    assert all("hidden" in node.attributes for node in parts.css("[data-copy], [data-theme-toggle]"))
    assert len(parts.css("[data-copy], [data-theme-toggle]")) == 2


def test_an_aside_without_content_is_left_out(page: Fetch, parts: LexborHTMLParser) -> None:
    """A page without related things has no empty column."""
    assert one(parts, "aside.page-aside").text()
    assert "page-aside" not in page("/page")
