"""Settings from the environment: right ones are taken, wrong ones are named."""

import stat
from pathlib import Path

import pytest

from batch_dashboard.errors import SettingsError
from batch_dashboard.settings import load_settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"BATCH_DASHBOARD_INSTANCE_DIR": str(tmp_path / "instance")}


def test_the_defaults_need_no_environment(environ: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(environ)
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/batch_dashboard.db"
    assert settings.public is True
    assert settings.ingest_token is None
    assert settings.max_body_bytes == 64 * 1024 * 1024


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(
    environ: dict[str, str], tmp_path: Path
) -> None:
    first = load_settings(environ).secret_key
    assert load_settings(environ).secret_key == first
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_told_by_any_of_its_schemes(environ: dict[str, str], scheme: str) -> None:
    settings = load_settings({**environ, "BATCH_METRICS_DATABASE_URL": f"{scheme}://u@h/d"})
    assert settings.database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BATCH_METRICS_DATABASE_URL", "mysql://h/d", "postgresql://"),
        ("BATCH_METRICS_DATABASE_URL", "sqlite://", "sqlite:///"),
        ("BATCH_METRICS_TOKEN", "short", "at least 16"),
        ("BATCH_METRICS_TOKEN", "with a space in the middle", "no spaces"),
        ("BATCH_METRICS_MAX_BODY_MIB", "0", "1 to 1024"),
        ("BATCH_METRICS_MAX_BODY_MIB", "many", "1 to 1024"),
        ("BATCH_METRICS_DATABASE_WAIT_SECONDS", "-1", "0.1 to 300"),
        ("BATCH_METRICS_DATABASE_WAIT_SECONDS", "nan", "0.1 to 300"),
        ("BATCH_DASHBOARD_PUBLIC", "maybe", "use 1 for yes or 0 for no"),
        ("BATCH_DASHBOARD_SECRET_KEY", "short", "at least 32"),
        ("BATCH_DASHBOARD_URL", "dash.example.org", "https://dashboard"),
        ("BATCH_DASHBOARD_URL", "https://", "https://dashboard"),
        ("BATCH_DASHBOARD_URL", "https://a@b/", "https://dashboard"),
        ("BATCH_DASHBOARD_URL", "https://h/?x=1", "https://dashboard"),
        ("BATCH_DASHBOARD_URL", "https://dä.example", "xn--"),
        ("BATCH_DASHBOARD_ALLOWED_HOSTS", "https://inside", "dashboard.internal"),
    ],
)
def test_a_bad_setting_is_named_with_what_would_be_right(
    environ: dict[str, str], name: str, value: str, right: str
) -> None:
    with pytest.raises(SettingsError, match=name) as raised:
        load_settings({**environ, name: value})
    assert right in str(raised.value)


def test_a_database_password_is_never_told(environ: dict[str, str]) -> None:
    url = "oracle://user:hunter2-hunter2@host/db"
    with pytest.raises(SettingsError) as raised:
        load_settings({**environ, "BATCH_METRICS_DATABASE_URL": url})
    assert "hunter2" not in str(raised.value)
    right = load_settings(
        {**environ, "BATCH_METRICS_DATABASE_URL": "postgresql://user:hunter2-hunter2@host/db"}
    )
    assert "hunter2" not in repr(right)


def test_an_instance_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SettingsError, match="BATCH_DASHBOARD_INSTANCE_DIR"):
        load_settings({"BATCH_DASHBOARD_INSTANCE_DIR": str(file)})
