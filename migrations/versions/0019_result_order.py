"""Indexes of results end with the id: PostgreSQL then finds any page of a run or of a recipe.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_recipe_results_batch_run": ["batch_run_id"],
    "ix_recipe_results_recipe": ["recipe_name", "ecosystem", "started_at"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, "recipe_results")
        op.create_index(name, "recipe_results", [*columns, "id"])


def downgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, "recipe_results")
        op.create_index(name, "recipe_results", columns)
