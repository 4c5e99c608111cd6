"""People who sign in and send forms, as a browser without JavaScript does."""

import re
from functools import cache
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from batch_dashboard.services.access.sign_in import hash_password
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.store.access import users
from batch_dashboard.store.engine import Store
from tests.factories import NOW

PASSWORD = "four words nobody connects"
PAGE = {"Accept": "text/html"}
SOMEBODY = Actor("test", "192.0.2.1")


@cache
def _stored_password() -> str:
    # Hashing takes as long as it should: once is enough for all tests of a process.
    return hash_password(PASSWORD)


def make_user(store: Store, name: str, role: str) -> None:
    """A user with PASSWORD, and the entry of the audit log that tells of it."""
    with changing(store, SOMEBODY, NOW) as change:
        users.insert_user(change.connection, name, _stored_password(), role, NOW)
        change.record("add user", name, None, {"role": role})


class Visitor:
    """One browser."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def open(self, path: str) -> TestResponse:
        """A page."""
        return self.client.get(path, headers=PAGE)

    def token(self, path: str) -> str:
        """The token of the first form of a page."""
        text = self.open(path).text
        found = re.search(r'name="form_token" value="([^"]+)"', text)
        assert found, f"{path} has no form: {text[:2000]}"
        return found[1]

    def send(self, path: str, page: str | None = None, **fields: Any) -> TestResponse:
        """A form of a page (by default of the same path), filled in."""
        return self.client.post(
            path, data={"form_token": self.token(page or path), **fields}, headers=PAGE
        )

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        """The sign-in form."""
        return self.send("/sign-in", name=name, password=password)

    def said(self, answer: TestResponse) -> str:
        """What the page after a change says."""
        assert answer.status_code == 303, (answer.status_code, answer.text[-3000:])
        page = self.open(answer.headers["Location"])
        assert page.status_code == 200, page.text
        found = re.search(r'<div class="notice flash" role="status">.*?<p>(.*?)</p>', page.text)
        return unescape(found[1]) if found else ""
