"""The ledger keeps every grant and withdrawal with its evidence, and answers about any instant."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bandmate.kernel.consent import Entry, Through, allows, allows_all, export, grant, history, withdraw
from bandmate.kernel.consent.events import GRANTED, WITHDRAWN
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.ids import PersonId, new_id

from .conftest import ALERTS, BY_SYSTEM, NOON, PORTRAIT

pytestmark = pytest.mark.usefixtures("_declared")

HOUR = timedelta(hours=1)


def say(
    database: Database,
    subject: PersonId,
    granted: bool,
    channel: str | None = None,
    *,
    at: datetime = NOON,
    key: str | None = None,
) -> None:
    """Write down a yes or no to job alerts, and commit."""
    act = grant if granted else withdraw
    with database.begin() as tx:
        act(tx, subject, ALERTS.name, channel, evidence=BY_SYSTEM, at=at, key=key)


def allowed(database: Database, subject: PersonId, channel: str | None = None, *, at: datetime = NOON) -> bool:
    """Ask about job alerts."""
    with database.read() as tx:
        return allows(tx, subject, ALERTS.name, channel, at=at).allowed


def entries_of(database: Database, subject: PersonId) -> tuple[Entry, ...]:
    """Return a person's history."""
    with database.read() as tx:
        return history(tx, subject)


class TestRule:
    def test_without_an_entry_it_is_refused(self, database: Database, mia: PersonId) -> None:
        """Nobody has consented to anything by being there, and the answer says so."""
        with database.read() as tx:
            answer = allows(tx, mia, ALERTS.name, "email", at=NOON)
        assert (answer.allowed, answer.because) == (False, None)
        assert answer.sentence == (
            "Not allowed: no consent to “Job alerts” for email was ever given, and none is assumed."
        )

    def test_grant_of_a_channel_is_for_that_channel_alone(self, database: Database, mia: PersonId) -> None:
        """Neither other channels nor the whole follow from it."""
        say(database, mia, True, "email")
        assert [allowed(database, mia, channel) for channel in ALERTS.choices] == [False, True, False, False]

    def test_grant_of_everything_covers_every_channel(self, database: Database, mia: PersonId) -> None:
        """The whole includes its parts."""
        say(database, mia, True)
        assert all(allowed(database, mia, channel) for channel in ALERTS.choices)

    def test_all_channels_do_not_make_the_whole(self, database: Database, mia: PersonId) -> None:
        """Who allows each channel has not allowed those that may be added later."""
        for channel in ALERTS.channels:
            say(database, mia, True, channel)
        assert not allowed(database, mia)

    def test_withdrawal_of_everything_ends_older_narrow_grants(self, database: Database, mia: PersonId) -> None:
        """One "no" to the purpose is enough."""
        say(database, mia, True, "email")
        say(database, mia, False, at=NOON + HOUR)
        assert not allowed(database, mia, "email", at=NOON + HOUR)

    def test_later_narrow_grant_counts_again(self, database: Database, mia: PersonId) -> None:
        """After a "no" to everything, a "yes" to one channel holds for that channel."""
        say(database, mia, False)
        say(database, mia, True, "sms", at=NOON + HOUR)
        assert allowed(database, mia, "sms", at=NOON + HOUR)
        assert not allowed(database, mia, "email", at=NOON + HOUR)

    def test_withdrawn_channel_breaks_the_whole(self, database: Database, mia: PersonId) -> None:
        """Who allowed everything and then took one channel back no longer allows everything, but the rest."""
        say(database, mia, True)
        say(database, mia, False, "sms", at=NOON + HOUR)
        later = [allowed(database, mia, channel, at=NOON + HOUR) for channel in ALERTS.choices]
        assert later == [False, True, False, True]

    def test_the_past_can_be_asked(self, database: Database, mia: PersonId) -> None:
        """Each instant has its own answer: before, at, between and after the entries."""
        say(database, mia, True, "email")
        say(database, mia, False, "email", at=NOON + HOUR)
        instants = [NOON - timedelta(microseconds=1), NOON, NOON + HOUR / 2, NOON + HOUR, NOON + 2 * HOUR]
        answers = [allowed(database, mia, "email", at=at) for at in instants]
        assert answers == [False, True, True, False, False]

    def test_entries_of_one_instant_count_in_the_order_written(self, database: Database, mia: PersonId) -> None:
        """The later written is the newer."""
        say(database, mia, True, "email")
        say(database, mia, False, "email")
        assert not allowed(database, mia, "email")

    def test_imported_grant_does_not_overrule_a_newer_withdrawal(self, database: Database, mia: PersonId) -> None:
        """What counts is when the person said it, not when we heard of it."""
        say(database, mia, False)
        say(database, mia, True, at=NOON - HOUR)
        assert not allowed(database, mia)
        assert allowed(database, mia, at=NOON - HOUR)

    def test_purposes_and_persons_are_apart(self, database: Database, mia: PersonId, ben: PersonId) -> None:
        """A grant is for one person and one purpose."""
        say(database, mia, True)
        assert not allowed(database, ben)
        with database.read() as tx:
            assert not allows(tx, mia, PORTRAIT.name, at=NOON).allowed

    def test_answer_names_its_entry(self, database: Database, mia: PersonId) -> None:
        """The entry that decided comes with the answer, and the sentence tells it."""
        say(database, mia, True)
        with database.read() as tx:
            answer = allows(tx, mia, ALERTS.name, "sms", at=NOON + HOUR)
        assert (answer.because,) == entries_of(database, mia)
        assert answer.sentence == (
            "Allowed: consent to “Job alerts” was given in imported records on 21 Nov 2026, 12:00:00 UTC "
            "(wording 1, en)."
        )

    def test_set_wise_answer_is_that_of_each(self, database: Database, mia: PersonId, ben: PersonId) -> None:
        """Of a list, those who allow it come back; strangers and repetitions do no harm."""
        say(database, mia, True, "email")
        say(database, ben, True)
        say(database, ben, False, "sms", at=NOON + HOUR)
        asked = [mia, ben, mia, PersonId(new_id())]
        with database.read() as tx:
            by_channel = {
                each: allows_all(tx, asked, ALERTS.name, each, at=NOON + HOUR) for each in ALERTS.choices
            }
            assert allows_all(tx, asked, ALERTS.name, at=NOON) == {ben}
            assert allows_all(tx, [], ALERTS.name, at=NOON) == frozenset()
        assert by_channel == {None: frozenset(), "email": {mia, ben}, "sms": frozenset(), "push": {ben}}


class TestRefusals:
    def test_unknown_purpose_is_refused(self, database: Database, mia: PersonId) -> None:
        """Nobody can be asked about, or agree to, what no context has declared."""
        with database.begin() as tx:
            for question in (
                lambda: allows(tx, mia, "nobody.knows", at=NOON),
                lambda: allows_all(tx, [mia], "nobody.knows", at=NOON),
                lambda: grant(tx, mia, "nobody.knows", evidence=BY_SYSTEM, at=NOON),
                lambda: withdraw(tx, mia, "nobody.knows", evidence=BY_SYSTEM, at=NOON),
            ):
                with pytest.raises(InvalidInput, match=r"no purpose 'nobody\.knows'"):
                    question()

    def test_unknown_channel_is_refused(self, database: Database, mia: PersonId) -> None:
        """The message names the channels there are."""
        with database.read() as tx, pytest.raises(InvalidInput, match="email, sms, push"):
            allows(tx, mia, ALERTS.name, "fax", at=NOON)

    def test_instant_without_a_zone_is_refused(self, database: Database, mia: PersonId) -> None:
        """An instant must be aware."""
        with database.begin() as tx, pytest.raises(InvalidInput, match="time zone"):
            grant(tx, mia, ALERTS.name, evidence=BY_SYSTEM, at=NOON.replace(tzinfo=None))

    def test_subject_must_be_a_person(self, database: Database) -> None:
        """Only identity issues persons; a made-up id cannot consent."""
        with pytest.raises(IntegrityError, match="fk_consent_entry_subject_person"):
            say(database, PersonId(new_id()), True)


class TestKeeping:
    @pytest.mark.parametrize(
        "change",
        [
            "update kernel.consent_entry set granted = true",
            "delete from kernel.consent_entry",
            "update kernel.consent_entry set wording = '' where false",
            "delete from kernel.person",
        ],
    )
    def test_database_refuses_changes(self, database: Database, mia: PersonId, change: str) -> None:
        """Neither update nor delete, nor deleting the person, changes an entry; the history stays as it was."""
        say(database, mia, False)
        before = entries_of(database, mia)
        with pytest.raises(DBAPIError, match=r"never changed or deleted|fk_consent_entry"), database.begin() as tx:
            tx.execute(text(change))
        assert entries_of(database, mia) == before

    def test_evidence_is_kept_as_given(self, database: Database, mia: PersonId) -> None:
        """Recorder, way, wording, version and locale come back; instants in any zone mean the same."""
        evidence = ALERTS.shown(to=mia, through=Through.PHONE)
        elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
        with database.begin() as tx:
            entry_id = grant(tx, mia, ALERTS.name, "sms", evidence=evidence, at=elsewhere)
            withdraw(tx, mia, PORTRAIT.name, evidence=BY_SYSTEM, at=NOON + HOUR)
        first, second = entries_of(database, mia)
        assert (first.entry_id, first.subject, first.purpose, first.channel) == (entry_id, mia, ALERTS.name, "sms")
        assert (first.granted, first.at, first.evidence) == (True, NOON, evidence)
        assert (second.granted, second.channel, second.evidence) == (False, None, BY_SYSTEM)
        assert second.recorded_at > first.recorded_at

    def test_export_holds_everything(self, database: Database, mia: PersonId, ben: PersonId) -> None:
        """The export is the history in JSON's types, of this person only."""
        say(database, mia, True, "email")
        say(database, ben, True)
        [entry] = entries_of(database, mia)
        with database.read() as tx:
            [exported] = export(tx, mia)
        assert exported.pop("entry_id") == str(entry.entry_id)
        assert exported.pop("recorded_at").endswith("Z")
        assert exported == {
            "purpose": "messages.job_alerts",
            "channel": "email",
            "granted": True,
            "at": "2026-11-21T12:00:00.000Z",
            "recorded_by": "import of 2026-11",
            "through": "import",
            "wording": "I want job alerts.",
            "version": 1,
            "locale": "en",
        }

    def test_events_tell_of_each_entry(self, database: Database, mia: PersonId) -> None:
        """A grant and a withdrawal are published in the same transaction, under their entries' ids."""
        say(database, mia, True, "email")
        say(database, mia, False, at=NOON + HOUR)
        with database.read() as tx:
            log = tx.execute(
                text("select event_id, type, subject, occurred_at, data from kernel.event order by position")
            ).all()
        first, second = entries_of(database, mia)
        assert [tuple(row) for row in log] == [
            (first.entry_id, GRANTED, str(mia), NOON, {"purpose": ALERTS.name, "channel": "email"}),
            (second.entry_id, WITHDRAWN, str(mia), NOON + HOUR, {"purpose": ALERTS.name, "channel": None}),
        ]


class TestKeys:
    def test_same_step_told_again_adds_nothing(self, database: Database, mia: PersonId, ben: PersonId) -> None:
        """A key makes one entry and one event; for another person it is another step."""
        say(database, mia, True, key="message 7")
        say(database, mia, True, at=NOON + HOUR, key="message 7")
        say(database, ben, True, key="message 7")
        assert [entry.at for entry in entries_of(database, mia)] == [NOON]
        assert len(entries_of(database, ben)) == 1
        with database.read() as tx:
            assert tx.execute(text("select count(*) from kernel.event")).scalar_one() == 2

    def test_key_of_another_entry_is_refused(self, database: Database, mia: PersonId) -> None:
        """A key that stands for a yes cannot be used for a no: that would be lost in silence."""
        say(database, mia, True, key="message 7")
        with pytest.raises(Conflict, match="message 7"):
            say(database, mia, False, key="message 7")

    def test_without_a_key_each_call_adds(self, database: Database, mia: PersonId) -> None:
        """Who says yes twice has said so twice."""
        say(database, mia, True)
        say(database, mia, True)
        assert len(entries_of(database, mia)) == 2


class TestRaces:
    @pytest.mark.parametrize(("keys", "kept"), [(("a", "b"), 2), (("same", "same"), 1), ((None, None), 2)])
    def test_two_withdrawals_at_once(
        self, database: Database, mia: PersonId, keys: tuple[str | None, ...], kept: int
    ) -> None:
        """Two open transactions that withdraw both succeed; with one key they make one entry."""
        say(database, mia, True)
        together = Barrier(2)
        failures: list[BaseException] = []

        def take_back(key: str | None) -> None:
            try:
                with database.begin() as tx:
                    tx.execute(text("select 1"))
                    together.wait(timeout=10)
                    withdraw(tx, mia, ALERTS.name, evidence=BY_SYSTEM, at=NOON + HOUR, key=key)
            except BaseException as error:  # noqa: BLE001 - told to the test, which runs in another thread
                failures.append(error)

        threads = [Thread(target=take_back, args=(key,)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert failures == []
        assert [entry.granted for entry in entries_of(database, mia)] == [True, *[False] * kept]
        assert not allowed(database, mia, at=NOON + HOUR)

    def test_grant_still_open_does_not_count(self, database: Database, mia: PersonId) -> None:
        """Others see an entry once it is committed, and a withdrawal beside it is not held up."""
        with database.begin() as open_tx:
            grant(open_tx, mia, ALERTS.name, evidence=BY_SYSTEM, at=NOON)
            assert not allowed(database, mia)
            say(database, mia, False, at=NOON + HOUR)
        assert allowed(database, mia)
        assert not allowed(database, mia, at=NOON + HOUR)
