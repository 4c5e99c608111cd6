"""`/setup`: the steps for a CI system, and whether its first run has arrived."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from batch_dashboard.model.access.publishers import GITHUB, GITLAB, OTHER
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.text import quoting
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.client import uploader_sha256
from batch_dashboard.views.context import connection, settings

JENKINS, CURL = "jenkins", "curl"
SYSTEMS = {GITHUB: "GitHub Actions", GITLAB: "GitLab CI", JENKINS: "Jenkins", CURL: "curl"}
QUOTING = {
    GITHUB: quoting.github,
    GITLAB: quoting.shell,
    JENKINS: quoting.groovy,
    CURL: quoting.shell,
}
IDENTITY, TOKEN = "identity", "token"
DEFAULT_ECOSYSTEM = "homebrew"
DEFAULT_FILES = "results/*"
MAX_LENGTH = 100

blueprint = Blueprint("setup", __name__, url_prefix="/setup")


class Setup(NamedTuple):
    """The requested set-up, and the batch run after which its first one is expected.

    `after` is the id of that run: 0 on an instance that had none, None if the address names none.
    """

    ci: str
    ecosystem: str
    files: str
    auth: str
    after: int | None
    complaints: list[str]

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> "Setup":
        """Parse a query string; invalid parts are replaced and reported."""
        complaints: list[str] = []

        def text(name: str, words: str, default: str) -> str:
            given = nfc(args.get(name, "").strip())
            if len(given) > MAX_LENGTH:
                complaints.append(f"{words} must have at most {MAX_LENGTH} characters.")
            elif not quoting.is_plain(given):
                complaints.append(f"{words} has characters that cannot be seen.")
            elif given:
                return given
            return default

        ci = args.get("ci", GITHUB)
        ci = ci if ci in SYSTEMS else GITHUB
        after = args.get("after", "")
        is_id = after.isascii() and after.isdigit() and len(after) < 20
        return cls(
            ci,
            text("ecosystem", "The ecosystem", DEFAULT_ECOSYSTEM),
            text("files", "The name of the files", DEFAULT_FILES),
            TOKEN if ci == CURL or args.get("auth") == TOKEN else IDENTITY,
            min(int(after), MAX_ROW_ID) if is_id else None,
            complaints,
        )

    @property
    def awaited(self) -> str | None:
        """The ecosystem whose run is waited for; None: any, as there was no run at all."""
        return self.ecosystem if self.after else None

    def query(self, **changes: str) -> dict[str, str]:
        """The parts of a query string that show this, without those that are as by default."""
        chosen = {"ci": self.ci, "ecosystem": self.ecosystem, "files": self.files}
        chosen |= {"auth": self.auth, **changes}
        usual = {
            "ci": GITHUB,
            "ecosystem": DEFAULT_ECOSYSTEM,
            "files": DEFAULT_FILES,
            "auth": TOKEN if chosen["ci"] == CURL else IDENTITY,
        }
        found = {name: value for name, value in chosen.items() if usual.get(name) != value}
        return found | {"after": str(self.after or 0)}


@blueprint.get("")
def index() -> str:
    """The steps for one CI system."""
    conn = connection()
    setup = Setup.parse(request.args)
    if setup.after is None:
        setup = setup._replace(after=batch_runs.find_last_id(conn))
    first_id = batch_runs.find_first_after(conn, setup.after or 0, setup.awaited)
    return render_template(
        "pages/setup/index.html",
        setup=setup,
        systems=SYSTEMS,
        known=[span.ecosystem for span in batch_runs.fetch_ecosystems(conn)],
        first_run=None if first_id is None else batch_runs.find(conn, first_id),
        snippets=_snippets(setup),
        address=_address(),
        is_address_set=settings().url is not None,
        publisher_url=url_for(
            "admin_publishers.new",
            kind=setup.ci if setup.ci in (GITHUB, GITLAB) else OTHER,
            ecosystem=setup.ecosystem,
            audience=None if settings().url else _address(),
        ),
    )


@blueprint.get("/first-run")
def first_run() -> Response:
    """The id of the first run after another one, or null. The page asks for it while it waits."""
    setup = Setup.parse(request.args)
    found = batch_runs.find_first_after(connection(), setup.after or 0, setup.awaited)
    answer = jsonify({"batch_run_id": found})
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _address() -> str:
    return request.url_root.rstrip("/")


def _snippets(setup: Setup) -> dict[str, str]:
    """The snippets by name: `permissions`, `step` and, for jobs in a matrix, `matrix`."""
    names = ("permissions", "step", "matrix") if setup.ci == GITHUB else ("step",)
    sha256 = uploader_sha256()
    return {
        name: render_template(
            f"pages/setup/{setup.ci}_{name}.txt",
            argument=QUOTING[setup.ci],
            address=_address(),
            sha256=sha256,
            uploader=url_for("client.pinned", sha256=sha256, _external=True),
            ecosystem=setup.ecosystem,
            files=setup.files,
            quoted_files=quoting.yaml(setup.files),
            quoted_address=quoting.yaml(_address()),
            with_token=setup.auth == TOKEN,
        ).rstrip("\n")
        + "\n"
        for name in names
    }
