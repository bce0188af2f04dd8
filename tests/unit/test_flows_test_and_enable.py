from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes

import pytest

from gmailsync.errors import (
    ConnectFailed,
    GrantDead,
    HostNotFound,
    ImapDisabled,
    SendInDoubt,
    SendRejected,
    TokenRefused,
)
from gmailsync.flows import administration
from gmailsync.flows import test_and_enable as flow
from gmailsync.flows.pull import Pulled, pull
from gmailsync.flows.reception import ARRIVAL_DEADLINE
from gmailsync.model.mailbox import Approval, DeliveryMethod, TestStatus
from gmailsync.model.trial import StageState

ALL = list(flow.NEEDS)
SKIPPED, FAILED, PASSED = StageState.SKIPPED, StageState.FAILED, StageState.PASSED


@pytest.fixture
def untested(store, mailbox):
    """Make a mailbox that is ready for its first test."""
    fresh = replace(
        mailbox,
        incoming_status=TestStatus.NOT_RUN,
        outgoing_status=TestStatus.NOT_RUN,
        incoming_enabled=False,
        outgoing_enabled=False,
    )
    with store.begin() as tx:
        tx.mailboxes.save(fresh)
    return fresh


def run(ports, *, enable=True):
    return flow.test_and_enable(ports, "alice@contoso.com", enable=enable)


def states(trial):
    return {stage.name: stage.state for stage in trial.stages}


def stored(store):
    with store.begin() as tx:
        return tx.mailboxes.get("alice@contoso.com")


def open_codes(store):
    with store.begin() as tx:
        return sorted(alert.code for alert in tx.alerts.select())


def test_a_correct_setup_passes_every_stage_and_is_enabled(ports, store, untested):
    """All stages in order, each with evidence; both directions are on afterwards."""
    trial = run(ports)

    after = stored(store)
    assert trial.ok
    assert [stage.name for stage in trial.stages] == ALL
    assert all(stage.message for stage in trial.stages)
    assert (after.incoming_status, after.outgoing_status) == (TestStatus.SUCCESS, TestStatus.SUCCESS)
    assert (after.incoming_enabled, after.outgoing_enabled) == (True, True)


def test_every_folder_that_is_read_is_opened(ports, store, gmail, untested):
    """One that Gmail does not show fails the test, instead of the first sync."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(untested, folders=("INBOX", "Work", "Gone")))

    there = run(ports, enable=False)
    gmail.missing = {"Gone"}
    missing = run(ports)

    opened = [next(stage for stage in trial.stages if stage.name == "Inbox opened") for trial in (there, missing)]
    assert there.ok
    assert opened[0].message.endswith("; there are Work, Gone")
    assert (opened[1].state, opened[1].code) == (FAILED, "imap.folder-missing")
    assert not stored(store).incoming_enabled


def test_a_test_alone_enables_nothing(ports, store, untested):
    """Without `enable` the outcome is only written down."""
    run(ports, enable=False)

    after = stored(store)
    assert (after.incoming_status, after.outgoing_status) == (TestStatus.SUCCESS, TestStatus.SUCCESS)
    assert (after.incoming_enabled, after.outgoing_enabled) == (False, False)


def test_the_trial_is_kept(ports, store, untested):
    """Support can read it later."""
    trial = run(ports)

    with store.begin() as tx:
        assert tx.trials.last(untested.id) == trial


def test_the_test_message_goes_to_the_mailbox_itself_and_becomes_no_email(ports, store, gmail, untested, profile):
    """It is noted before it is sent."""
    run(ports)

    [raw] = gmail.sent
    assert message_from_bytes(raw)["Subject"] == "Your mailbox is now connected to gmailsync"
    assert message_from_bytes(raw)["To"] == "alice@contoso.com"
    assert pull(ports, untested, profile) == Pulled(test_messages=1)


def test_the_access_token_is_renewed_although_it_lives(ports, oauth, untested):
    """Only a renewal proves that the grant is good."""
    run(ports)

    assert oauth.refreshes == 1


@pytest.mark.parametrize(
    ("prepare", "failed", "skipped", "code"),
    [
        (
            lambda ports, _: administration.set_profile(ports, "Gmail", administration.ProfileChange(active=False)),
            flow.PROFILE,
            set(ALL) - {flow.PROFILE, flow.MAILBOX},
            "mailbox.not-ready",
        ),
        (
            lambda ports, _: administration.remove_profile(ports, "Gmail"),
            flow.PROFILE,
            set(ALL) - {flow.PROFILE, flow.MAILBOX},
            "mailbox.not-ready",
        ),
        (
            lambda ports, _: administration.reject(ports, "alice@contoso.com"),
            flow.MAILBOX,
            {flow.ACCESS, flow.IMAP_SIGN_IN, flow.INBOX, flow.SMTP_SIGN_IN, flow.SENT, flow.RECEIVED},
            "mailbox.not-ready",
        ),
        (
            lambda ports, mailbox: _forget_grant(ports, mailbox),
            flow.SIGNED_IN,
            {flow.ACCESS, flow.IMAP_SIGN_IN, flow.INBOX, flow.SMTP_SIGN_IN, flow.SENT, flow.RECEIVED},
            "sign-in.missing",
        ),
    ],
    ids=["profile inactive", "no profile", "not approved", "not signed in"],
)
def test_what_depends_on_a_failed_stage_is_skipped(ports, store, untested, prepare, failed, skipped, code):
    """What does not depend on it is tried all the same; the alert has the advice."""
    prepare(ports, untested)

    trial = run(ports)

    assert {name for name, state in states(trial).items() if state is FAILED} == {failed}
    assert {name for name, state in states(trial).items() if state is SKIPPED} == skipped
    [stage] = [stage for stage in trial.stages if stage.state is FAILED]
    assert (stage.code, bool(stage.fix)) == (code, True)
    assert open_codes(store) == [code]
    assert not stored(store).incoming_enabled


def _forget_grant(ports, mailbox):
    with ports.store.begin() as tx:
        tx.grants.remove(mailbox.id)


@pytest.mark.parametrize(
    ("step", "trouble", "failed", "incoming", "outgoing"),
    [
        ("imap_greeting", HostNotFound("no host"), flow.IMAP_CONNECTION, TestStatus.FAILURE, TestStatus.SUCCESS),
        ("imap", ImapDisabled("off"), flow.IMAP_SIGN_IN, TestStatus.FAILURE, TestStatus.SUCCESS),
        ("open_folder", ImapDisabled("off"), flow.INBOX, TestStatus.FAILURE, TestStatus.SUCCESS),
        ("smtp_greeting", ConnectFailed("no"), flow.SMTP_CONNECTION, TestStatus.SUCCESS, TestStatus.FAILURE),
        ("smtp_sign_in", TokenRefused("no"), flow.SMTP_SIGN_IN, TestStatus.SUCCESS, TestStatus.FAILURE),
        ("send", SendRejected("no", reply_code=550), flow.SENT, TestStatus.SUCCESS, TestStatus.FAILURE),
        ("send", SendInDoubt("lost"), flow.SENT, TestStatus.SUCCESS, TestStatus.FAILURE),
    ],
)
def test_a_direction_fails_alone(ports, store, gmail, untested, step, trouble, failed, incoming, outgoing):
    """The other direction passes and is enabled."""
    gmail.troubles[step] = [trouble]

    trial = run(ports)

    after = stored(store)
    assert not trial.ok
    assert states(trial)[failed] is FAILED
    assert states(trial)[flow.RECEIVED] is SKIPPED
    assert (after.incoming_status, after.outgoing_status) == (incoming, outgoing)
    assert after.incoming_enabled is (incoming is TestStatus.SUCCESS)
    assert after.outgoing_enabled is (outgoing is TestStatus.SUCCESS)
    assert open_codes(store) == [trouble.code]


def test_a_test_message_that_does_not_arrive_fails_incoming(ports, store, clock, gmail, untested):
    """The Inbox is asked for two minutes; sending has been proven by then."""
    gmail.delivers = False
    before = clock.now()

    trial = run(ports)

    after = stored(store)
    assert clock.now() - before >= ARRIVAL_DEADLINE
    assert trial.stages[-1].code == "test.message-missing"
    assert trial.stages[-1].seconds >= ARRIVAL_DEADLINE.total_seconds()
    assert (after.incoming_status, after.outgoing_status) == (TestStatus.FAILURE, TestStatus.SUCCESS)


def test_a_test_message_that_takes_a_while_is_waited_for(ports, clock, gmail, untested):
    """The Inbox is looked into again and again."""
    gmail.delivers = False
    sleep = clock.sleep

    def sleep_and_let_it_arrive(delay):
        sleep(delay)
        if len(gmail.inbox) == 0 and clock.now().second >= 6:
            gmail.deliver(gmail.sent[0])

    clock.sleep = sleep_and_let_it_arrive

    assert run(ports).ok


@pytest.mark.parametrize(
    ("incoming", "outgoing", "absent"),
    [
        (DeliveryMethod.NONE, DeliveryMethod.SERVER_SIDE_SYNC, flow.INCOMING_STAGES),
        (DeliveryMethod.SERVER_SIDE_SYNC, DeliveryMethod.NONE, flow.OUTGOING_STAGES),
    ],
)
def test_a_direction_that_is_not_carried_has_no_stages(ports, store, untested, incoming, outgoing, absent):
    """The test passes without it, and it stays untested."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(untested, incoming=incoming, outgoing=outgoing))

    trial = run(ports)

    after = stored(store)
    assert trial.ok
    assert set(states(trial)) == set(ALL) - absent
    assert (after.incoming_enabled, after.outgoing_enabled) == (
        incoming is not DeliveryMethod.NONE,
        outgoing is not DeliveryMethod.NONE,
    )


def test_a_mailbox_with_neither_direction_fails(ports, store, untested):
    """There would be nothing to enable."""
    with store.begin() as tx:
        tx.mailboxes.save(replace(untested, incoming=DeliveryMethod.NONE, outgoing=DeliveryMethod.NONE))

    trial = run(ports)

    assert states(trial)[flow.MAILBOX] is FAILED
    assert not stored(store).incoming_enabled


def test_a_later_success_resolves_the_alerts(ports, store, gmail, untested):
    """The cause is gone, so is the alert."""
    gmail.troubles["imap"] = [ImapDisabled("off")]
    run(ports)

    run(ports)

    assert open_codes(store) == []


def test_another_failure_replaces_the_alert(ports, store, gmail, oauth, untested):
    """Only what the last test found is open."""
    gmail.troubles["imap"] = [ImapDisabled("off")]
    run(ports)
    oauth.refreshed = GrantDead("dead", google_error="invalid_grant")

    run(ports)

    assert open_codes(store) == ["oauth.grant-dead"]


def test_the_servers_own_line_is_in_the_evidence_of_a_failure(ports, gmail, untested):
    """Support sees the same words as the customer."""
    line = "NO [ALERT] Your account is not enabled for IMAP use. (Failure)"
    gmail.troubles["imap"] = [ImapDisabled("IMAP is off", server_line=line)]

    trial = run(ports)

    [stage] = [stage for stage in trial.stages if stage.state is FAILED]
    assert stage.message == f"IMAP is off: {line}"


def test_a_failing_test_does_not_stop_a_running_sync(ports, store, gmail, mailbox):
    """Passing trouble must not disable for good what worked yesterday."""
    gmail.troubles["imap_greeting"] = [ConnectFailed("no")]

    run(ports)

    assert stored(store).incoming_enabled
    assert stored(store).approval is Approval.APPROVED
