"""The languages that the pages speak."""

from __future__ import annotations

from gmailsync.web.english import ENGLISH
from gmailsync.web.japanese import JAPANESE

LANGUAGES = {texts.tag: texts for texts in (ENGLISH, JAPANESE)}
"""By their language tag; the first is for browsers that know neither."""
