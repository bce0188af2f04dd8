"""What Alembic runs for every command: the steps, on the connection that `migrate` was given.

The caller's transaction is around all of it, so that a database has all steps or none.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
