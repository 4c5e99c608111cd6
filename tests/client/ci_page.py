"""The instructions of docs/ci.md."""

import re

from batch_dashboard.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "https://dashboard.example.org"
VALIDATE = """#!/bin/sh
printf '%s\\n' '{"recipe_name": "jq", "result": "passed", "duration_seconds": 2.5}'
printf '%s\\n' '{"recipe_name": "wget", "result": "failed", "error_message": "Error: no mirror"}'
"""
# Scripts of a workflow that follows the plan: of the recipes in a file, only wget fails.
PLAN_SCRIPTS = {
    "list-recipes.sh": """#!/bin/sh
printf '{"recipe_name": "%s", "recipe_version": "1.0"}\\n' jq wget
""",
    "validate.sh": """#!/bin/sh
while read -r name; do
    result=passed
    if [ "$name" = wget ]; then result=failed; fi
    printf '{"recipe_name": "%s", "recipe_version": "1.0", "result": "%s"}\\n' "$name" "$result"
done <"$1"
""",
}


def blocks(section: str, language: str) -> list[str]:
    """The blocks of code in a section of the page."""
    [text] = [part for part in PAGE.split("\n## ") if part.startswith(f"{section}\n")]
    return [code for kind, code in BLOCK.findall(text) if kind == language]
