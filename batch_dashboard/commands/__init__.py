"""`flask --app app …`: the operator's commands."""

from flask import Flask

from batch_dashboard.commands import (
    alerts,
    backup,
    batch_runs,
    database,
    demo,
    ecosystems,
    failures,
    import_runs,
    known_issues,
    plan,
    publishers,
    retention,
    rollups,
    setup,
    spending,
    tokens,
    users,
)


def register(app: Flask) -> None:
    """Add every command."""
    for command in (
        setup.setup,
        database.database,
        rollups.rollups,
        import_runs.import_runs,
        failures.failures,
        known_issues.known_issues,
        alerts.alerts,
        ecosystems.ecosystems,
        plan.plan,
        spending.budgets,
        spending.prices,
        users.users,
        tokens.tokens,
        publishers.publishers,
        batch_runs.runs,
        retention.retention,
        backup.backup,
        backup.restore,
        backup.revocations,
        demo.demo,
    ):
        app.cli.add_command(command)
