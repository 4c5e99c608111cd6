"""Settings, read once from the environment; an invalid one stops the start and is named.

Source: docs/configuration.md, which a test keeps complete.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from batch_dashboard.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# A name, an IPv4 address, or an IPv6 address without its brackets.
HOST_NAME = re.compile(r"[a-z0-9._:-]+", re.ASCII)

T = TypeVar("T")
D = TypeVar("D")

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}

VERSION = "0.2.0"

MIN_TOKEN_LENGTH = 16
MIN_SECRET_LENGTH = 32


@dataclass(frozen=True)
class Settings:
    """All settings, checked. Secrets are not part of the representation."""

    database_url: str
    instance_dir: Path
    ingest_token: str | None
    secret_key: str
    max_body_bytes: int
    database_wait_seconds: float
    statement_seconds: float
    public: bool
    url: str | None
    alert_urls: tuple[str, ...]
    metrics_token: str | None
    metrics_public: bool
    proxies: int
    debug: bool
    allowed_hosts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Settings(instance_dir={str(self.instance_dir)!r}, public={self.public})"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from environment variables.

    Raises SettingsError that names the first invalid variable and states what is valid.
    """
    env = os.environ if environ is None else environ
    instance_dir = _read(env, "BATCH_DASHBOARD_INSTANCE_DIR", _folder, PROJECT_ROOT / "instance")
    return Settings(
        database_url=_read(
            env,
            "BATCH_METRICS_DATABASE_URL",
            _database_url,
            f"sqlite:///{instance_dir / 'batch_dashboard.db'}",
        ),
        instance_dir=instance_dir,
        ingest_token=_read(env, "BATCH_METRICS_TOKEN", _token, None),
        secret_key=_read(env, "BATCH_DASHBOARD_SECRET_KEY", _secret, None)
        or _kept_secret(instance_dir / "secret_key"),
        max_body_bytes=_read(env, "BATCH_METRICS_MAX_BODY_MIB", _whole_number(1, 1024), 64)
        * 1024
        * 1024,
        database_wait_seconds=_read(
            env, "BATCH_METRICS_DATABASE_WAIT_SECONDS", _number(0.1, 300), 30.0
        ),
        statement_seconds=_read(env, "BATCH_METRICS_STATEMENT_SECONDS", _number(0.001, 3600), 10.0),
        public=_read(env, "BATCH_DASHBOARD_PUBLIC", _flag, True),
        url=_read(env, "BATCH_DASHBOARD_URL", _web_address, None),
        alert_urls=_read(env, "BATCH_DASHBOARD_ALERT_URLS", _alert_urls, ()),
        metrics_token=_read(env, "BATCH_DASHBOARD_METRICS_TOKEN", _token, None),
        metrics_public=_read(env, "BATCH_DASHBOARD_METRICS_PUBLIC", _flag, False),
        proxies=_read(env, "BATCH_DASHBOARD_PROXIES", _whole_number(0, 10), 0),
        debug=_read(env, "BATCH_DASHBOARD_DEBUG", _flag, False),
        allowed_hosts=_read(env, "BATCH_DASHBOARD_ALLOWED_HOSTS", _host_names, ()),
    )


def _read(env: Mapping[str, str], name: str, parse: Callable[[str], T], default: D) -> T | D:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _flag(text: str) -> bool:
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"{text!r} is not valid; use 1 for yes or 0 for no")


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        wanted = f"{text!r} is not a number from {low:g} to {high:g}"
        try:
            value = float(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not low <= value <= high:
            raise ValueError(wanted)
        return value

    return parse


def _folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    return path


def _database_url(text: str) -> str:
    # The value may hold a password, so no message repeats it.
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        if text.startswith(scheme):
            return "postgresql+psycopg://" + text.removeprefix(scheme)
    raise ValueError(
        "not a supported database URL; use sqlite:///path/to/file.db "
        "or postgresql://user:password@host/database"
    )


def _web_address(text: str) -> str:
    address = urlsplit(text)
    is_usable = address.scheme in ("http", "https") and address.hostname
    if not is_usable or address.query or address.fragment or address.username is not None:
        raise ValueError(
            f"{text!r} is not a valid base address for links; "
            "use https://dashboard.example.org or https://example.org/dashboard"
        )
    if not text.isascii() or any(c.isspace() for c in text):
        raise ValueError(
            f"{text!r} has characters that are not allowed in an address; write the host as xn--… "
            "and other characters as %…"
        )
    return text.rstrip("/")


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(text.lower().split())
    for name in names:
        if not HOST_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a host name; use names separated by spaces and without ports, "
                "such as dashboard.internal 192.0.2.7"
            )
    return names


def _alert_urls(text: str) -> tuple[str, ...]:
    # They may hold passwords, so no message repeats one.
    urls = tuple(text.split())
    for number, url in enumerate(urls, 1):
        if "://" not in url:
            raise ValueError(
                f"the {number}. of {len(urls)} is not an Apprise URL; separate URLs by spaces and "
                "write each like mailto://user:password@example.org"
            )
    return urls


def _token(text: str) -> str:
    if len(text) < MIN_TOKEN_LENGTH or any(c.isspace() for c in text) or not text.isascii():
        raise ValueError(
            f"a token must have at least {MIN_TOKEN_LENGTH} ASCII characters and no spaces"
        )
    return text


def _secret(text: str) -> str:
    if len(text) < MIN_SECRET_LENGTH:
        raise ValueError(f"a secret key must have at least {MIN_SECRET_LENGTH} characters")
    return text


def _kept_secret(path: Path) -> str:
    """The secret key, created at the first start in a file that only its owner can read."""
    try:
        return _secret(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise SettingsError(f"BATCH_DASHBOARD_SECRET_KEY: {path} cannot be used: {error}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            # A link never replaces: of two processes at once, the first one's secret stays.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return _secret(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise SettingsError(
            f"BATCH_DASHBOARD_INSTANCE_DIR: {path.parent} cannot be written to: {error.strerror}"
        ) from None
