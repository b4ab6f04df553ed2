# SPDX-License-Identifier: Apache-2.0
"""What is looked up again and again, of tables that only grow: returns that are due, whose an address is."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Indexes."""
    # It had those that wait only, and what is tried again is looked for too.
    op.drop_index("bridge_returns_waiting", "bridge_returns")
    op.create_index("bridge_returns_due", "bridge_returns", ["state", "next_at"])
    op.create_index("bridge_requesters_of", "bridge_requesters", ["address"])
    op.create_index("bridge_requesters_since", "bridge_requesters", ["since"])
