#!/usr/bin/env bash
# Usage: scripts/screenshots.sh
# Makes the pictures of the README anew, from demo data, with Chromium (see scripts/test.sh).
set -euo pipefail

# shellcheck source=scripts/setup.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

cd -- "$PROJECT_ROOT"
set_up dev
exec "$PYTHON" -m tests.browser.screenshots
