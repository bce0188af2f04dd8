"""What becomes of mail in the world: who gets it, where it lies, what bounces, and what Gmail refuses to send."""

from fakes.post.office import Departed, PostOffice
from fakes.post.settings import PostSettings, SendAs, Vacation

__all__ = ["Departed", "PostOffice", "PostSettings", "SendAs", "Vacation"]
