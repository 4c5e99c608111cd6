"""The field's words: results and runner operating systems."""

PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"
RESULTS = (PASSED, FAILED, SKIPPED)

# What minutes are billed for; `platform` is where one recipe result ran.
MACOS = "macos"
LINUX = "linux"
RUNNER_OS = (MACOS, LINUX)
RUNNER_OS_NAMES = {MACOS: "macOS", LINUX: "Linux"}
# What the jobs of a batch run ran on; budgets and prices are those of RUNNER_OS.
JOB_RUNNER_OS_NAMES = {**RUNNER_OS_NAMES, "windows": "Windows", "other": "other"}
