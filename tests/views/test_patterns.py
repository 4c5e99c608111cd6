"""The page of patterns is there for those who work on them, and for nobody else."""

from collections.abc import Iterator
from dataclasses import replace

from flask.testing import FlaskClient
from jinja2 import Environment, nodes

from batch_dashboard.application import create_app
from batch_dashboard.settings import PROJECT_ROOT, Settings

TEMPLATES = PROJECT_ROOT / "templates"
PATTERNS = "pages/patterns/*.html"
# How the names of macros of panels end.
PANELS = ("_panel", "_figure", "_tile", "_table", "figure", "search_results", "change_counts")
# A part of forms of administrators, which is looked at there.
OF_SOME_PAGES = {"ecosystem_fields"}


def calls(
    node: nodes.Node, imported: dict[str, tuple[str, str]], file: str
) -> set[tuple[str, str]]:
    """The macros that a part of a template calls, each as its file and its name."""
    names = {
        call.node.name for call in node.find_all(nodes.Call) if isinstance(call.node, nodes.Name)
    }
    return {imported.get(name, (file, name)) for name in names}


def imports(template: nodes.Template) -> Iterator[tuple[str, tuple[str, str]]]:
    """What a template imports: the name it uses, and the file and name of the macro."""
    for statement in template.find_all(nodes.FromImport):
        assert isinstance(statement.template, nodes.Const)
        for name in statement.names:
            of_file, used = name if isinstance(name, tuple) else (name, name)
            yield used, (statement.template.value, of_file)


def unseen_macros(*pages: str) -> set[str]:
    """The macros that pages call neither themselves nor within a macro that they call."""
    parser = Environment(extensions=["jinja2.ext.do"], autoescape=True)
    within: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path in TEMPLATES.glob("macros/*.html"):
        file = f"macros/{path.name}"
        template = parser.parse(path.read_text(encoding="utf-8"))
        known = dict(imports(template))
        for macro in template.find_all(nodes.Macro):
            within[file, macro.name] = calls(macro, known, file)
    waiting: set[tuple[str, str]] = set()
    for page in pages:
        template = parser.parse((TEMPLATES / page).read_text(encoding="utf-8"))
        waiting |= calls(template, dict(imports(template)), "")
    seen: set[tuple[str, str]] = set()
    while waiting:
        called = waiting.pop()
        seen.add(called)
        waiting |= within.get(called, set()) - seen
    return {name for _file, name in within.keys() - seen}


def test_every_macro_is_shown(settings: Settings) -> None:
    app = create_app(replace(settings, debug=True))
    answer = app.test_client().get("/patterns")
    app.extensions["store"].close()
    assert answer.status_code == 200
    pages = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.glob(PATTERNS)]
    assert unseen_macros("base.html", *pages) == OF_SOME_PAGES


def test_a_panel_is_drawn_by_a_macro_that_takes_nothing_else() -> None:
    parser = Environment(extensions=["jinja2.ext.do"], autoescape=True)
    macros = [
        macro
        for path in TEMPLATES.glob("macros/*.html")
        for macro in parser.parse(path.read_text(encoding="utf-8")).find_all(nodes.Macro)
        if macro.name.endswith(PANELS)
    ]
    assert len(macros) > 30
    # A table that the caller fills is no panel.
    assert [macro.name for macro in macros if len(macro.args) != 1] == ["data_table"]


def test_elsewhere_there_is_no_such_page(client: FlaskClient) -> None:
    assert client.get("/patterns").status_code == 404
