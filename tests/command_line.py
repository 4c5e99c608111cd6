"""The commands of `flask`, run in this process."""

from click.testing import Result
from flask import Flask


def run(app: Flask, *words: str, typed: str = "") -> Result:
    """A command, with what is typed while it runs."""
    return app.test_cli_runner().invoke(args=list(words), input=typed)


def done(app: Flask, *words: str, typed: str = "") -> str:
    """The output of a command that succeeds."""
    result = run(app, *words, typed=typed)
    assert result.exit_code == 0, result.output
    return result.output
