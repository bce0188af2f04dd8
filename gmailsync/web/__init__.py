"""The sign-in page: mailboxes and how they stand, the way to Google and back, in English and Japanese."""
