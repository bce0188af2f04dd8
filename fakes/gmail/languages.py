"""The names that Gmail gives its own folders: they follow the language of the account (google.md 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fakes.gmail.folders import Role

ENGLISH = "en"

_ORDER = (Role.ALL, Role.DRAFTS, Role.IMPORTANT, Role.SENT, Role.JUNK, Role.FLAGGED, Role.TRASH)

# Japanese, and Gesendet, Alle Nachrichten, Papierkorb, Tous les messages, Corbeille, Todos, Papelera were seen in
# logs; the other names are recalled.
_NAMES = {
    ENGLISH: ("All Mail", "Drafts", "Important", "Sent Mail", "Spam", "Starred", "Trash"),
    "en-GB": ("All Mail", "Drafts", "Important", "Sent Mail", "Spam", "Starred", "Bin"),
    "ja": ("すべてのメール", "下書き", "重要", "送信済みメール", "迷惑メール", "スター付き", "ゴミ箱"),
    "de": ("Alle Nachrichten", "Entwürfe", "Wichtig", "Gesendet", "Spam", "Markiert", "Papierkorb"),
    "fr": ("Tous les messages", "Brouillons", "Important", "Messages envoyés", "Spam", "Suivis", "Corbeille"),
    "es": ("Todos", "Borradores", "Importantes", "Enviados", "Spam", "Destacados", "Papelera"),
}

LANGUAGES: Mapping[str, Mapping[Role, str]] = MappingProxyType(
    {language: MappingProxyType(dict(zip(_ORDER, names, strict=True))) for language, names in _NAMES.items()}
)
"""What follows `[Gmail]/`, by role, for each language of an account."""

INBOX_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ja": "受信トレイ",
        "de": "Posteingang",
        "fr": "Boîte de réception",
        "es": "Recibidos",
    }
)
"""What XLIST calls INBOX, where it is not "Inbox"; Japanese was seen in a log, the others are recalled."""
