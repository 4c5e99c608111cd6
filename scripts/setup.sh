# shellcheck shell=bash
# Sourced by serve.sh and test.sh:
#   source setup.sh; set_up runtime|postgresql|dev
# prepares .venv, the Python packages and plotly.js, and leaves PROJECT_ROOT, PYTHON and `die` behind.
#
# Programs of the virtual environment are started as `"$PYTHON" -m name`: that keeps working when
# the checkout moves or its path holds a space, which a script's first line would not.

PROJECT_ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$PROJECT_ROOT/.venv"
PYTHON="$VENV/bin/python"
VENDOR="$PROJECT_ROOT/static/vendor"

die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
    exit "${2:-1}"
}

say() {
    printf '%s\n' "$*" >&2
}

is_root() {
    [ "$(id -u)" -eq 0 ]
}

# A package set is recorded as the text of the files it was installed from. Sets contain each
# other, so installing one satisfies the smaller ones too.
requirements_of() {
    cd -- "$PROJECT_ROOT" || return 1
    case "$1" in
        runtime) cat requirements.txt ;;
        postgresql) cat requirements.txt requirements-postgresql.txt ;;
        dev) cat requirements.txt requirements-postgresql.txt requirements-dev.txt ;;
        *) return 1 ;;
    esac
}

packages_ready() {
    local stamp="$VENV/.installed-$1"
    [ -x "$PYTHON" ] && [ -f "$stamp" ] && [ "$(requirements_of "$1")" = "$(cat -- "$stamp")" ] &&
        "$PYTHON" -I -S -c '' 2>/dev/null
}

plotlyjs_ready() {
    local file
    [ -f "$VENDOR/plotly.json" ] || return 1
    file="$(sed -n 's/.*"file": *"\([^"]*\)".*/\1/p' "$VENDOR/plotly.json")"
    [ -n "$file" ] && [ -s "$VENDOR/$file" ] && [ -s "$VENDOR/$file.gz" ]
}

usable_python() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Prints the Python to build .venv with. Debian's own Python comes without ensurepip, so a Python
# that has it is preferred, and the missing package is installed only when no other is there.
find_python() {
    local candidate first=""
    if [ -n "${BATCH_DASHBOARD_PYTHON:-}" ]; then
        usable_python "$BATCH_DASHBOARD_PYTHON" ||
            die "BATCH_DASHBOARD_PYTHON: '$BATCH_DASHBOARD_PYTHON' is not Python 3.11 or newer"
        first="$BATCH_DASHBOARD_PYTHON"
    else
        for candidate in python3.13 python3.12 python3.11 python3 python; do
            usable_python "$candidate" || continue
            if can_make_venv "$candidate"; then
                command -v "$candidate"
                return
            fi
            first="${first:-$candidate}"
        done
    fi
    [ -n "$first" ] ||
        die "Python 3.11 or newer is required, but not on PATH; install it and run this script again"
    if ! can_make_venv "$first"; then
        install_venv_module "$first"
    fi
    command -v "$first"
}

install_venv_module() {
    local python="$1" versioned
    versioned="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    if ! command -v apt-get >/dev/null 2>&1; then
        die "$python lacks the modules venv and ensurepip; install them and run this script again"
    fi
    if ! is_root; then
        die "$python cannot create virtual environments; run: sudo apt-get install -y $versioned"
    fi
    say "Installing $versioned, which $python needs to create a virtual environment ..."
    {
        apt-get update || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y python3-venv || true
        can_make_venv "$python" || DEBIAN_FRONTEND=noninteractive apt-get install -y "$versioned"
    } >&2 || true
    can_make_venv "$python" ||
        die "$python still cannot create virtual environments; run: apt-get install -y $versioned"
}

install_packages() {
    local set_name="$1" file python smaller
    if ! "$PYTHON" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python="$(find_python)" || exit 1
        say "Creating the virtual environment .venv with $python ..."
        "$python" -m venv --clear "$VENV" || die "the virtual environment could not be created in $VENV"
    fi
    file="requirements-$set_name.txt"
    [ "$set_name" = runtime ] && file="requirements.txt"
    say "Installing the Python packages of $file ..."
    # First, so that an interrupted installation is never taken for a finished one.
    rm -f -- "$VENV"/.installed-*
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        "$PYTHON" -m pip install --quiet --requirement "$PROJECT_ROOT/$file" >&2 ||
        die "the packages of $file could not be installed; see the lines above"
    for smaller in runtime postgresql dev; do
        requirements_of "$smaller" >"$VENV/.installed-$smaller"
        [ "$smaller" = "$set_name" ] && break
    done
    return 0
}

# The basic bundle is a quarter of the full one and draws all our charts. It is taken from npm;
# without npm the full file inside the plotly package serves.
install_plotlyjs() {
    local version temporary package="" bundle
    version="$("$PYTHON" -c 'import plotly.offline as o; print(o.get_plotlyjs_version())')" ||
        die "the installed plotly package does not state which plotly.js it uses"
    if plotlyjs_ready && grep -qF "\"$version\"" "$VENDOR/plotly.json"; then
        return 0
    fi
    say "Installing plotly.js $version ..."
    temporary="$(mktemp -d)" || die "no temporary folder could be created"
    bundle=full
    if command -v npm >/dev/null 2>&1 && (
        cd -- "$temporary" &&
            npm_config_cache="$temporary/cache" npm_config_update_notifier=false \
                npm pack --silent --ignore-scripts --fetch-retries=1 --fetch-timeout=60000 \
                "plotly.js-basic-dist-min@$version" >/dev/null 2>&1
    ); then
        package="$(find "$temporary" -maxdepth 1 -name '*.tgz' -print -quit)"
        bundle=basic
    elif command -v npm >/dev/null 2>&1; then
        say "npm could not fetch plotly.js-basic-dist-min $version; the larger file of the plotly package is used."
    fi
    "$PYTHON" - "$VENDOR" "$version" "$bundle" "$package" <<'PYTHON_END' || {
import gzip
import json
import os
import sys
import tarfile
from pathlib import Path

vendor, version, bundle, package = Path(sys.argv[1]), *sys.argv[2:]
if package:
    with tarfile.open(package) as archive:
        script = archive.extractfile("package/plotly-basic.min.js").read()
else:
    import plotly

    script = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
if f"v{version}".encode() not in script[:300]:
    sys.exit(f"plotly.js does not state that it is version {version}")


def put(name: str, content: bytes) -> None:
    # Replaced in one step: a server that is running never reads half a file.
    draft = vendor / f".{name}.{os.getpid()}"
    draft.write_bytes(content)
    draft.chmod(0o644)
    draft.replace(vendor / name)


vendor.mkdir(parents=True, exist_ok=True)
file = f"plotly-{version}.min.js"
put(file, script)
put(f"{file}.gz", gzip.compress(script, 9, mtime=0))
facts = {"file": file, "version": version, "bundle": bundle}
put("plotly.json", (json.dumps(facts) + "\n").encode())
PYTHON_END
        rm -rf -- "$temporary"
        die "plotly.js $version could not be installed in $VENDOR"
    }
    rm -rf -- "$temporary"
}

set_up_locked() {
    [ -w "$PROJECT_ROOT" ] || die "$PROJECT_ROOT cannot be written to by $(id -un)"
    packages_ready "$1" || install_packages "$1"
    install_plotlyjs
}

# Two starts at once must not install into the same folder together. The lock is the project
# folder itself, so no lock file stays behind.
set_up() {
    if packages_ready "$1" && plotlyjs_ready; then
        return 0
    fi
    if command -v flock >/dev/null 2>&1; then
        (
            flock --nonblock 9 || {
                say "Waiting for another set-up of this checkout to finish ..."
                flock 9
            }
            set_up_locked "$1"
        ) 9<"$PROJECT_ROOT" || exit 1
    else
        (
            lock="$PROJECT_ROOT/.setup.lock"
            while ! mkdir -- "$lock" 2>/dev/null; do
                [ -d "$lock" ] || die "$PROJECT_ROOT cannot be written to by $(id -un)"
                holder="$(cat -- "$lock/pid" 2>/dev/null)" || holder=""
                if [ -n "$holder" ] && ! ps -p "$holder" >/dev/null 2>&1; then
                    rm -rf -- "$lock"
                fi
                sleep 0.5
            done
            trap 'rm -rf -- "$lock"' EXIT
            trap 'exit 1' INT TERM HUP
            printf '%s\n' "$$" >"$lock/pid"
            set_up_locked "$1"
        ) || exit 1
    fi
}
