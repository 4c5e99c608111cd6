"""Values inside the snippets of the set-up page: whatever they hold, they execute nothing.

Each function takes text without line breaks or invisible characters (`is_plain`).
"""

import json
import shlex


def is_plain(text: str) -> bool:
    """Whether text has only visible characters and spaces, so that a snippet can contain it.

    Line breaks of any kind would end a block of YAML; marks of direction would show the snippet in
    another order than it is run.
    """
    return text.isprintable()


def shell(text: str) -> str:
    """One argument of a shell command, also inside a block of a YAML file."""
    return shlex.quote(text)


def github(text: str) -> str:
    """One argument of a shell command in a workflow, where `${{` would begin an expression."""
    return _without_expressions(shell(text))


def yaml(text: str) -> str:
    """A value in a YAML file, also in a workflow."""
    return _without_expressions(json.dumps(text, ensure_ascii=False))


def groovy(text: str) -> str:
    """One argument of a shell command inside a `'''` string of a Jenkinsfile."""
    return shell(text).replace("\\", "\\\\")


def _without_expressions(text: str) -> str:
    return text.replace("${{", "${{ '${{' }}")
