"""Which conversation a message belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from fakes.gmail import headers


class Threads:
    """The conversations of one account; a conversation's id is the id of its first message.

    A message joins the conversation of a message that it refers to, or that refers to it (mail
    overtakes mail); failing that, a reply joins the latest conversation of the same subject.
    """

    def __init__(self) -> None:
        self._by_message_id: dict[str, int] = {}
        self._by_subject: dict[str, int] = {}

    def join(self, gm_msgid: int, head: Mapping[str, bytes]) -> int:
        """Return the thread of a message that has just arrived, and remember it for those to come.

        `head` is `headers.first_values` of the message.
        """
        named = [
            message_id
            for name in ("message-id", "references", "in-reply-to")
            for message_id in headers.message_ids(head, name)
        ]
        subject, is_reply = headers.base_subject(headers.text(head, "subject"))

        thread = next((self._by_message_id[name] for name in named if name in self._by_message_id), None)
        if thread is None and is_reply and subject:
            thread = self._by_subject.get(subject)
        if thread is None:
            thread = gm_msgid

        for name in named:
            self._by_message_id.setdefault(name, thread)
        if subject:
            self._by_subject[subject] = thread
        return thread
