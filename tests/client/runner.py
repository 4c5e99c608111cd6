"""Runs the composite action and steps of workflows in bash, as a runner would."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from batch_dashboard.settings import PROJECT_ROOT

ACTION_FILE = PROJECT_ROOT / "action.yml"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
LITERAL = re.compile(r"'((?:[^']|'')*)'")
BASH = shutil.which("bash") or "bash"
STEP_SECONDS = 120


class Step(NamedTuple):
    """How a step ended, and the outputs it set."""

    code: int
    log: str
    outputs: dict[str, str]


def load_action() -> dict[str, Any]:
    """The action's metadata."""
    action: dict[str, Any] = yaml.safe_load(ACTION_FILE.read_text(encoding="utf-8"))
    return action


def evaluated(text: str, context: Mapping[str, str]) -> str:
    """A text with its expressions replaced; an unknown name fails the test."""

    def value(match: re.Match[str]) -> str:
        literal = LITERAL.fullmatch(match[1])
        return literal[1].replace("''", "'") if literal else context[match[1]]

    return EXPRESSION.sub(value, text)


def run_action(
    inputs: Mapping[str, str], environ: Mapping[str, str], folder: Path, github_token: str = "ghs_1"
) -> Step:
    """Run the composite action with inputs, in a folder as workspace."""
    action = load_action()
    assert inputs.keys() <= action["inputs"].keys()
    context = {"github.token": github_token}
    for name, description in action["inputs"].items():
        given = inputs.get(name, description.get("default", ""))
        context[f"inputs.{name}"] = evaluated(str(given), context) if name not in inputs else given
    [step] = action["runs"]["steps"]
    return run_step(step, context, environ, folder)


def run_step(
    step: Mapping[str, Any], context: Mapping[str, str], environ: Mapping[str, str], folder: Path
) -> Step:
    """Run one `run` step in bash, with the files that a runner gives it."""
    output = folder / ".github-output"
    output.write_text("")
    script = folder / ".github-script.sh"
    script.write_text(evaluated(step["run"], context))
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(PROJECT_ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            **{name: evaluated(str(value), context) for name, value in step.get("env", {}).items()},
            **environ,
        },
    )
    lines = [line.partition("=") for line in output.read_text().splitlines()]
    outputs = {name: value for name, separator, value in lines if separator}
    return Step(done.returncode, done.stdout + done.stderr, outputs)
