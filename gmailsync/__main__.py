"""`python -m gmailsync` is the same as the command `gmailsync`."""

from __future__ import annotations

import sys

from gmailsync.cli import main

sys.exit(main())
