#!/usr/bin/env bash
# Usage: scripts/test.sh [pytest arguments]
# Without arguments: every check and every test. With arguments: only pytest, with these arguments.
set -euo pipefail

# shellcheck source=scripts/setup.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name"; then
            return 0
        fi
    done
    return 1
}

# install PACKAGE REASON: with apt-get, where that can be done without asking.
install() {
    if ! is_root || ! command -v apt-get >/dev/null 2>&1; then
        die "$2; run: sudo apt-get install -y $1"
    fi
    say "Installing $1 ..."
    apt-get update >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y "$1" >&2 ||
        die "$1 could not be installed; see the lines above"
}

cd -- "$PROJECT_ROOT"
set_up dev

if [ -n "${BATCH_DASHBOARD_CHROMIUM:-}" ]; then
    command -v "$BATCH_DASHBOARD_CHROMIUM" >/dev/null ||
        die "BATCH_DASHBOARD_CHROMIUM: '$BATCH_DASHBOARD_CHROMIUM' is not a program"
elif ! BATCH_DASHBOARD_CHROMIUM="$(find_chromium)"; then
    install chromium "the browser tests need Chromium (or set BATCH_DASHBOARD_CHROMIUM to a Chromium or Chrome)"
    BATCH_DASHBOARD_CHROMIUM="$(find_chromium)" || die "Chromium was installed but is not on PATH"
fi
export BATCH_DASHBOARD_CHROMIUM
for program in curl jq; do
    command -v "$program" >/dev/null || install "$program" "the tests of docs/api.md need $program"
done

if [ $# -eq 0 ]; then
    "$PYTHON" -m ruff check .
    "$PYTHON" -m ruff format --check .
    "$PYTHON" -m mypy
fi
# Work stealing keeps neighbouring tests, and so their shared fixtures, on one worker.
exec "$PYTHON" -m pytest -n auto --dist worksteal "$@"
