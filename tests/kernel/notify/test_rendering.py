"""Letters from templates: frames, languages, and variables that mean harm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from tests.kernel.notify.conftest import NEWS, NOON, VARIABLES

from bandmate.kernel.config import Settings
from bandmate.kernel.ids import new_id
from bandmate.kernel.notify.channels import Letter
from bandmate.kernel.notify.mime import as_mail
from bandmate.kernel.notify.rendering import LONGEST_SUBJECT, Draft, Recipient, Writer

STOP = "https://band.example.org/messages/stop/token"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "Mia\r\nBcc: everybody@example.org",
    "Mia\u202egro.elpmaxe\u202c",
    "\u2066\u2067Mia",
    "{{ 7 * 7 }}",
    "%(name)s %s",
    "\x1b[31m\x07",
]


def write(
    settings: Settings, *, stop_url: str | None = STOP, locale: str | None = None, **variables: Any
) -> Letter:
    """Write a letter from the planted template, its variables changed."""
    writer = Writer(settings.model_copy(update={"public_url": "https://band.example.org/"}))
    draft = Draft(new_id(), NEWS.name, NEWS.topic, {**VARIABLES, **variables}, "You asked for news.", stop_url)
    return writer.write(draft, Recipient("Mia Kern", "mia@example.org", locale, "Europe/Berlin"), now=NOON)


def test_frame_says_why_and_how_to_stop(settings: Settings) -> None:
    """Text and HTML hold the content, the reason, and the link that stops it."""
    letter = write(settings)
    tree = HTMLParser(letter.html)
    for text in (letter.text, tree.text()):
        assert "Hello Mia" in text
        assert "You asked for news." in text
    assert STOP in letter.text
    assert STOP in [link.attributes["href"] for link in tree.css("a")]
    assert "https://band.example.org/jobs" in [link.attributes["href"] for link in tree.css("a")]


def test_what_cannot_be_stopped_has_no_link_for_it(settings: Settings) -> None:
    """Account recovery, say, shows the reason alone."""
    letter = write(settings, stop_url=None)
    assert "Stop these messages" not in letter.text + letter.html


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_do_no_harm(settings: Settings, value: str) -> None:
    """They add no element, no header, no code, and turn no direction of writing."""
    letter, calm = write(settings, who=value), write(settings)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject + letter.text
    for text in (letter.subject, letter.text, letter.html):
        assert not {"\u202e", "\u202c", "\u2066", "\u2067", "\x1b", "\x07"} & set(text)
    tags = [[node.tag for node in HTMLParser(each.html).css("*")] for each in (letter, calm)]
    assert tags[0] == tags[1]
    assert "49" not in letter.subject
    assert as_mail(letter).keys() == as_mail(calm).keys()


def test_a_subject_stays_short(settings: Settings) -> None:
    """An endless value is cut, not sent."""
    subject = write(settings, who="drum " * 1000).subject
    assert len(subject) <= LONGEST_SUBJECT
    assert subject.endswith("drum…")


def test_marks_that_names_need_stay(settings: Settings) -> None:
    """Arabic and Hebrew letters with their directional marks come through."""
    name = "\u05de\u05d9\u05d4\u200f"
    assert name in write(settings, who=name).text


def test_the_language_is_the_recipients(settings: Settings) -> None:
    """The frame names the language; texts and times are written in it."""
    letter = write(settings, locale="de")
    assert [node.attributes["lang"] for node in HTMLParser(letter.html).css("html")] == ["de"]
    assert letter.locale == "de"
    assert "21. Nov. 2026" in letter.text
    assert "21 Nov 2026" in write(settings, locale=None).text


def test_a_zone_nobody_knows_is_utc(settings: Settings) -> None:
    """A time zone that does not exist is read as UTC, which is named."""
    writer = Writer(settings)
    draft = Draft(new_id(), NEWS.name, NEWS.topic, VARIABLES, "Because.", None)
    letter = writer.write(draft, Recipient("M", "m@example.org", None, "../etc/passwd"), now=NOON)
    assert "23:30 UTC" in letter.text


def test_the_same_letter_twice(settings: Settings) -> None:
    """What is written depends on nothing but what it is given."""
    writer = Writer(settings)
    draft = Draft(new_id(), NEWS.name, NEWS.topic, VARIABLES, "Because.", None)
    recipient = Recipient("M", "m@example.org", None, None)
    assert writer.write(draft, recipient, now=NOON) == writer.write(draft, recipient, now=NOON)
    assert writer.write(draft, recipient, now=NOON + timedelta(days=1)).text != (
        writer.write(draft, recipient, now=NOON).text
    )


@pytest.mark.parametrize("path", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "jobs"])
def test_only_web_addresses_become_links(settings: Settings, path: str) -> None:
    """Anything else is an error of the template's author, not a link in a mail."""
    with pytest.raises(ValueError, match="no address to link to"):
        write(settings, path=path)


def test_the_sender(settings: Settings) -> None:
    """It is what is set, else no-reply at the host people reach us under."""
    assert write(settings).sender == "Bandmate <no-reply@band.example.org>"
    assert (
        write(settings.model_copy(update={"messages_from": "Band <hi@x.example>"})).sender == "Band <hi@x.example>"
    )
