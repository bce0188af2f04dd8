"""Outcomes of Test & Enable, on both databases."""

from dataclasses import replace
from datetime import timedelta

from gmailsync.model.trial import Stage, StageState, Trial


def test_the_last_trial_is_kept(database, mailbox, now):
    """Stages come back in order with all their words; an earlier trial is forgotten."""
    stages = (
        Stage("reach", StageState.PASSED, 0.25, message="220 smtp.gmail.com ESMTP"),
        Stage(
            "sign in", StageState.FAILED, 1.5, "oauth.grant-dead", "Google said: \N{LEFT DOUBLE QUOTATION MARK}", "Go"
        ),
        Stage("send", StageState.SKIPPED),
    )
    trial = Trial(mailbox.id, mailbox.address, stages)

    with database.begin() as tx:
        before = tx.trials.last(mailbox.id)
        tx.trials.save(replace(trial, stages=stages[:1]), now)
        tx.trials.save(trial, now + timedelta(minutes=1))
    with database.begin() as tx:
        last = tx.trials.last(mailbox.id)

    assert before is None
    assert last == trial
    assert not last.ok


def test_a_trial_goes_with_its_mailbox(database, mailbox, now):
    """Nothing is left of a removed mailbox."""
    with database.begin() as tx:
        tx.trials.save(Trial(mailbox.id, mailbox.address, ()), now)
        tx.mailboxes.remove(mailbox.id)

        assert tx.trials.last(mailbox.id) is None
