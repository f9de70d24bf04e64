"""Endpoints: what may be registered, who hears of persons, deleting and its undo, what is held about people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.consent.events import GRANTED
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.events.catalogue import declare_event_type, declared_event_types
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId
from bandmate.kernel.webhooks.addresses import parse_url
from bandmate.kernel.webhooks.choosing import covers, parse_types
from bandmate.kernel.webhooks.deliveries import remove_delivered, send_again, send_dead_again
from bandmate.kernel.webhooks.endpoints import (
    KEPT_DELETED,
    all_endpoints,
    allow_types,
    delete,
    purge_deleted,
    restore,
)
from bandmate.kernel.webhooks.holding import HOLDING
from bandmate.kernel.webhooks.replaying import Start, request_replay

from .conftest import World, answering

CONFINED = Settings()


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://example.org/", "must begin with https"),
            ("ftp://example.org/", "must begin with https"),
            ("javascript:alert(1)", "must begin with https"),
            ("", "must begin with https"),
            ("https://mia:secret@example.org/", "leave them out"),
            ("https://example.org:22/", "Port 22"),
            ("https://example.org:25/", "Port 25"),
            ("https://127.0.0.1/", "is not called"),
            ("https://169.254.169.254/latest/", "is not called"),
            ("https://[::1]/", "is not called"),
            ("https://[::ffff:10.0.0.1]/", "is not called"),
            ("https://localhost/", "is not called"),
            ("https://db.internal/", "is not called"),
            ("https://example.org/#part", "behind #"),
            ("https://example.org/a b", "ASCII"),
            ("https://exämple.org/", "ASCII"),
            ("https://example.org/" + "a" * 2_000, "2,000"),
            ("https://exa\nmple.org/", "address"),
        ],
    )
    def test_what_may_not_be_called_is_refused(self, url: str, said: str) -> None:
        """The sentence says why, and never repeats a password."""
        with pytest.raises(InvalidInput) as caught:
            parse_url(url, CONFINED)
        assert said in caught.value.detail
        assert "secret" not in caught.value.detail
        assert caught.value.extra["field"] == "url"

    @pytest.mark.parametrize(
        "url", ["https://example.org/hooks?a=1", "https://example.org:8443/x", "https://[2606::1]/"]
    )
    def test_public_https_addresses_are_taken_as_they_are(self, url: str) -> None:
        """Also on a port of one's own."""
        assert parse_url(url, CONFINED) == url

    def test_the_setting_opens_the_own_network(self, settings: Settings) -> None:
        """With BANDMATE_OUTBOUND_ALLOW_PRIVATE, http and private addresses may be registered."""
        assert parse_url("http://127.0.0.1:9000/", settings) == "http://127.0.0.1:9000/"


class TestChoosing:
    @pytest.mark.parametrize("wrong", [[], [" "], ["postings"], ["postings.job.*x"], ["*"], [".*"], ["nobody.*"]])
    def test_a_choice_that_covers_nothing_is_refused(self, wrong: list[str]) -> None:
        """A mistyped name would otherwise be silence for ever."""
        with pytest.raises(InvalidInput):
            parse_types(wrong)

    def test_a_beginning_ends_at_a_full_stop(self) -> None:
        """``postings.*`` is no ``postingsx.y``."""
        assert covers(["postings.*"], "postings.job.closed")
        assert not covers(["postings.*"], "postingsx.job")
        assert not covers(["postings.job"], "postings.job.closed")

    def test_two_types_of_one_name_are_a_mistake(self) -> None:
        """Declaring again is harmless, declaring otherwise is not."""
        known = declared_event_types()[0]
        declare_event_type(known.name, known.version, known.description, known.context, public=known.public)
        with pytest.raises(ValueError, match="two different"):
            declare_event_type(known.name, 99, "Something else.", known.context)


class TestPersons:
    def test_events_about_persons_wait_for_an_administrator(self, world: World, mia: PersonId) -> None:
        """Chosen is not enough; allowed is; and what was allowed no longer is not sent."""
        made = world.register(types=(GRANTED,))
        world.tell("a", kind=GRANTED)
        world.hear()
        assert world.deliveries(made) == []
        with world.database.begin() as tx:
            allow_types(tx, made.endpoint_id, [GRANTED], by=mia, now=world.clock())
        (sent,) = world.tell("b", kind=GRANTED)
        world.hear()
        world.send()
        assert world.receiver.ids() == [sent]
        world.tell("c", kind=GRANTED)
        world.hear()
        with world.database.begin() as tx:
            allow_types(tx, made.endpoint_id, [], by=mia, now=world.clock())
        world.send()
        assert world.receiver.ids() == [sent]
        last = world.deliveries(made)[-1]
        assert last.state == "dead"
        assert "may no longer get them" in (last.error or "")

    def test_an_event_nobody_declared_is_not_delivered(self, world: World) -> None:
        """Unknown counts as telling of a person."""
        made = world.register()
        world.tell("a", kind="postings.secret.thing")
        world.hear()
        assert world.deliveries(made) == []

    def test_an_erased_event_is_not_sent(self, world: World) -> None:
        """What leaves is built when it leaves; a row about nothing is a dead letter."""
        made = world.register()
        world.tell("a")
        world.hear()
        with world.database.begin() as tx:
            tx.execute(text("delete from kernel.event"))
        world.send()
        assert world.receiver.got == []
        (delivery,) = world.deliveries(made)
        assert delivery.state == "dead"
        assert world.health(made).endpoint.failing_since is None, "it is no fault of the receiver's"


class TestDeleting:
    def test_a_deleted_endpoint_can_be_brought_back(self, world: World) -> None:
        """Nothing is sent meanwhile; what waited is there again."""
        made = world.register()
        (event_id,) = world.tell("a")
        world.hear()
        with world.database.begin() as tx:
            delete(tx, made.endpoint_id, by=None, now=world.clock())
            assert all_endpoints(tx) == ()
        assert world.send() == 0
        with world.database.begin() as tx:
            restore(tx, made.endpoint_id, by=None, now=world.clock())
        world.send()
        assert world.receiver.ids() == [event_id]

    def test_after_a_week_it_is_gone_with_its_deliveries(self, world: World) -> None:
        """Then it cannot be brought back."""
        made = world.register()
        world.tell("a")
        world.hear()
        with world.database.begin() as tx:
            delete(tx, made.endpoint_id, by=None, now=world.clock())
            assert purge_deleted(tx, now=world.clock() + KEPT_DELETED - timedelta(seconds=1)) == 0
            assert purge_deleted(tx, now=world.clock() + KEPT_DELETED + timedelta(seconds=1)) == 1
            assert tx.execute(text("select count(*) from kernel.webhook_delivery")).scalar_one() == 0
            with pytest.raises(NotFound):
                restore(tx, made.endpoint_id, by=None, now=world.clock())

    def test_old_arrived_deliveries_are_removed_and_others_stay(self, world: World) -> None:
        """Retention is by the day it arrived; what waits or is dead stays."""
        world.register()
        world.tell_and_send("a")
        world.receiver.behaviours["/hook"] = answering(410)
        world.tell_and_send("b")
        with world.database.begin() as tx:
            assert remove_delivered(tx, before=world.clock() - timedelta(days=1), limit=10) == 0
            assert remove_delivered(tx, before=world.clock() + timedelta(seconds=1), limit=10) == 1
            assert tx.execute(text("select state from kernel.webhook_delivery")).scalars().all() == ["dead"]


class TestSendingAgain:
    def test_one_delivery_and_all_dead_letters_can_be_sent_again(self, world: World) -> None:
        """Both begin anew with the first attempt, under the same ids."""
        world.receiver.behaviours["/hook"] = answering(500)
        made = world.register()
        ids = world.tell_and_send("a", "b")
        with world.database.begin() as tx:
            tx.execute(text("update kernel.webhook_delivery set state = 'dead', attempts = 10"))
            assert send_dead_again(tx, made.endpoint_id, now=world.clock()) == 2
        world.receiver.behaviours.clear()
        world.send()
        assert {delivery.attempts for delivery in world.deliveries(made)} == {1}
        with world.database.begin() as tx:
            send_again(tx, made.endpoint_id, world.deliveries(made)[0].delivery_id, now=world.clock())
        world.send()
        assert sorted(set(world.receiver.ids())) == sorted(ids)
        assert len(world.receiver.got) == 5

    def test_a_delivery_of_another_endpoint_is_not_found(self, world: World) -> None:
        """Addresses of pages cannot be mixed."""
        made, other = world.register(), world.register("/other")
        world.tell_and_send("a")
        with world.database.begin() as tx, pytest.raises(NotFound):
            send_again(tx, other.endpoint_id, world.deliveries(made)[0].delivery_id, now=world.clock())


class TestHolding:
    def test_a_person_gets_their_webhooks_without_secrets(self, world: World, mia: PersonId) -> None:
        """The export names address and description; no secret, salt or fingerprint."""
        made = world.register(by=mia, description="Mia's mirror")
        with world.database.begin() as tx:
            request_replay(tx, made.endpoint_id, Start(since=world.clock()), by=mia, now=world.clock())
            held = HOLDING.export(tx, mia)
        assert "Mia's mirror" in str(held)
        assert "'requested_at'" in str(held)
        assert made.secret.written not in str(held)
        assert "salt" not in str(held)

    def test_erasure_keeps_the_endpoint_and_strips_the_person(self, world: World, mia: PersonId) -> None:
        """It goes on sending; nothing in its rows names the person; again changes nothing."""
        made = world.register(by=mia, description="Mia's mirror")
        with world.database.begin() as tx:
            request_replay(tx, made.endpoint_id, Start(since=world.clock()), by=mia, now=world.clock())
            HOLDING.erase(tx, mia, world.clock())
            HOLDING.erase(tx, mia, world.clock())
            rows = tx.execute(
                text(
                    "select cast(e as text) || cast(r as text)"
                    "  from kernel.webhook_endpoint as e, kernel.webhook_replay as r"
                )
            ).scalar_one()
        assert str(mia) not in rows
        assert "Mia" not in rows
        assert len(world.tell_and_send("a")) == len(world.receiver.got)

    def test_merging_moves_and_splitting_gives_back(self, world: World, mia: PersonId, database: Database) -> None:
        """What the other human registered before stays theirs."""
        with database.begin() as tx:
            ben = create_person(tx, name="Ben Adler", now=world.clock())
        hers, his = world.register(by=mia).endpoint_id, world.register(by=ben).endpoint_id

        def owners() -> dict[object, object]:
            with database.read() as tx:
                return {endpoint.endpoint_id: endpoint.created_by for endpoint in all_endpoints(tx)}

        with database.begin() as tx:
            moved = HOLDING.merge(tx, mia, ben, world.clock())
        assert owners() == {hers: mia, his: mia}
        with database.begin() as tx:
            HOLDING.split(tx, mia, ben, moved, world.clock())
        assert owners() == {hers: mia, his: ben}
