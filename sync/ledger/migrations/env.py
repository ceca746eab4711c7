"""Alembic runs this to take the steps, on the connection and in the transaction of ``sync.ledger.upgrade``."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
