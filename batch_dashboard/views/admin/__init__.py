"""The pages of administrators; who may open them is settled in views/access."""

from batch_dashboard.views.admin import (
    audit,
    batch_runs,
    ecosystems,
    failure_classes,
    known_issues,
    notifications,
    plan,
    publishers,
    retention,
    spending,
    system,
    tokens,
    users,
)

VIEWS = (
    system,
    tokens,
    publishers,
    users,
    ecosystems,
    spending,
    failure_classes,
    known_issues,
    plan,
    batch_runs,
    retention,
    notifications,
    audit,
)
