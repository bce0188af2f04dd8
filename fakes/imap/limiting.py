"""What a session says and does when its account has reached a limit (google.md 3.4; 7.3, rows 65 to 68 and 80)."""

from __future__ import annotations

from fakes.imap.context import Context
from fakes.limits import OverVolume, Volume

OVER_VOLUME = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"
TOO_MANY_CONNECTIONS = "NO [ALERT] Too many simultaneous connections. (Failure)"
EXPIRED = "BYE Session expired, please login again."


def ended(context: Context) -> bool:
    """End the session whose time is over, if it is: an IDLE for too long without a word."""
    if context.over:
        return True
    if context.drops_at is not None and context.world.clock.now() >= context.drops_at:
        context.world.note(f"the IMAP session {context.id} idled for too long and was dropped")
    elif context.expired:
        context.replies.untagged(EXPIRED)
    else:
        return False
    context.end()
    context.replies.close()
    return True


def refusal(context: Context) -> str | None:
    """Return what is said in place of carrying a command out because the day's volume is used up; None if it is not."""
    if context.account is None or not context.account.usage.is_shut("imap", context.world.clock.now()):
        return None
    match context.limits.over_volume:
        case OverVolume.REFUSED:
            return OVER_VOLUME
        case OverVolume.EXPIRED:
            return EXPIRED
        case OverVolume.SLOW:
            return None


def completion(context: Context, outcome: str) -> str:
    """Return how a command ended as an account is told that Google slows down, after the delay."""
    delay = context.limits.throttled
    if delay is None:
        return outcome
    if delay:
        context.replies.stall(delay)
    return f"{outcome} [THROTTLED]" if outcome == "OK Success" else outcome


def heard(context: Context, size: int) -> None:
    """Count what a signed-in client sent."""
    if context.account is not None:
        context.account.usage.count(Volume.IMAP_UPLOAD, size, context.limits, context.world.clock.now())
