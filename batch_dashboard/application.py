"""The application: its settings, its store, its pages and its commands."""

import sys
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from batch_dashboard import commands, views
from batch_dashboard.errors import SettingsError
from batch_dashboard.settings import PROJECT_ROOT, Settings, load_settings
from batch_dashboard.store.engine import Store


def create_app(settings: Settings | None = None) -> Flask:
    """The application; without settings, those of the environment.

    An invalid setting ends the process with a message that names it and states what is valid.
    """
    try:
        settings = settings or load_settings()
    except SettingsError as error:
        sys.exit(f"Batch Dashboard does not start: {error}")
    app = Flask(
        "batch_dashboard",
        template_folder=str(PROJECT_ROOT / "templates"),
        static_folder=str(PROJECT_ROOT / "static"),
        instance_path=str(Path(settings.instance_dir).absolute()),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_SAMESITE="Lax",
        TEMPLATES_AUTO_RELOAD=settings.debug,
    )
    app.extensions["settings"] = settings
    app.extensions["store"] = Store(settings.database_url, settings.database_wait_seconds)
    views.register(app)
    if settings.proxies:
        # The number of proxies whose headers for client, scheme, host and path are trusted.
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops
        )
    commands.register(app)
    return app
