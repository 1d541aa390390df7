"""Alembic's entry point. The connection comes from telephone.store.migrate, inside its transaction.

To add a table: change its module in telephone/store/tables/, then write the next file in versions/ (the test
that compares the two prints what is missing).
"""

from alembic import context

from telephone.store.tables.games import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
