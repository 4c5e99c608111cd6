"""`flask --app app …`: the operator's commands."""

from flask import Flask

from batch_dashboard.commands import (
    alerts,
    database,
    demo,
    ecosystems,
    failures,
    import_runs,
    rollups,
    setup,
)


def register(app: Flask) -> None:
    """Add every command."""
    for command in (
        setup.setup,
        database.database,
        rollups.rollups,
        import_runs.import_runs,
        failures.failures,
        alerts.alerts,
        ecosystems.ecosystems,
        demo.demo,
    ):
        app.cli.add_command(command)
