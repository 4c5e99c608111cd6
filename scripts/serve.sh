#!/usr/bin/env bash
set -euo pipefail

# shellcheck source=scripts/setup.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

usage() {
    cat <<'END'
Usage: scripts/serve.sh [--demo] [--host H] [--port N]

Sets up everything Batch Dashboard needs, then serves it until Ctrl-C.

  --demo     serve invented data from a database of its own, instance/demo.db
  --host H   address to listen on (default 127.0.0.1, this machine only; 0.0.0.0 for all)
  --port N   port to listen on, 1 to 65535 (default 8000)
  --help     show this and stop

Settings come from the environment; docs/configuration.md lists them.
END
}

host=127.0.0.1
port=8000
demo=no
while [ $# -gt 0 ]; do
    case "$1" in
        --demo) demo=yes ;;
        --host | --port)
            if [ -z "${2:-}" ]; then die "$1 needs a value; see --help" 2; fi
            if [ "$1" = --host ]; then host="$2"; else port="$2"; fi
            shift
            ;;
        --host=?*) host="${1#*=}" ;;
        --port=?*) port="${1#*=}" ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) die "unknown option '$1'; see --help" 2 ;;
    esac
    shift
done

# The length is checked before the value: a number too long for the shell would be an error there.
if ! [[ "$port" =~ ^[0-9]{1,5}$ ]] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    die "--port: '$port' is not a number from 1 to 65535" 2
fi
port=$((10#$port)) # 08080 is 8080, not octal
host="${host#[}"
host="${host%]}"
[[ "$host" =~ ^[A-Za-z0-9._:%-]+$ ]] || die "--host: '$host' is not an address" 2
address="$host"
[[ "$host" == *:* ]] && address="[$host]"

cd -- "$PROJECT_ROOT"
case "${BATCH_METRICS_DATABASE_URL:-}" in
    postgres*) set_up postgresql ;;
    *) set_up runtime ;;
esac

# Asked here, because gunicorn would try for five seconds and then print a traceback.
"$PYTHON" -I -S - "$host" "$port" <<'PYTHON_END' || exit 1
import errno
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
try:
    family, kind, _, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        # Two sockets may bind one port before either listens.
        listener.listen()
except socket.gaierror:
    sys.exit(f"serve.sh: --host: this machine does not know the address '{host}'")
except OSError as error:
    if error.errno == errno.EADDRINUSE:
        sys.exit(f"serve.sh: port {port} of {host} is in use; choose another with --port")
    sys.exit(f"serve.sh: cannot listen on port {port} of {host}: {error.strerror}")
PYTHON_END

if [ "$demo" = yes ] && [ -z "${BATCH_METRICS_DATABASE_URL:-}" ]; then
    instance="${BATCH_DASHBOARD_INSTANCE_DIR:-$PROJECT_ROOT/instance}"
    mkdir -p -- "$instance" || die "$instance cannot be created"
    BATCH_METRICS_DATABASE_URL="sqlite:///$(cd -- "$instance" && pwd -P)/demo.db"
    export BATCH_METRICS_DATABASE_URL
fi

"$PYTHON" -m flask --app app setup
if [ "$demo" = yes ]; then
    "$PYTHON" -m flask --app app demo --if-empty
fi

# Nobody can open 0.0.0.0 or :: in a browser.
case "$host" in
    0.0.0.0) url="http://127.0.0.1:$port" ;;
    ::) url="http://[::1]:$port" ;;
    *) url="http://$address:$port" ;;
esac
now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
if [ -n "${BATCH_METRICS_TOKEN:-}" ]; then
    token_hint="BATCH_METRICS_TOKEN is the token this server was started with; export it there too"
else
    token_hint="first: export BATCH_METRICS_TOKEN=... and the ingest token that the first start printed"
fi
cat <<END

Batch Dashboard is served at $url/  (Ctrl-C stops it)

To post a sample batch run from another terminal
($token_hint):

curl -sS "$url/batch-metrics" -H "Authorization: Bearer \$BATCH_METRICS_TOKEN" -H "Content-Type: application/json" -d '{"batch_id": "sample", "ecosystem": "homebrew", "started_at": "$now", "total_recipes": 2, "macos_minutes": 4.2, "linux_minutes": 1.5, "results": [{"recipe_name": "jq", "ecosystem": "homebrew", "result": "passed", "duration_seconds": 41.5, "platform": "darwin-arm64"}, {"recipe_name": "wget", "ecosystem": "homebrew", "result": "failed", "error_category": "install_failed", "error_message": "Error: checksum mismatch", "duration_seconds": 12.0, "platform": "linux-glibc-x86_64"}]}'

END

# Judges and notifies beside the server, whose process keeps this shell's number, and is started again
# should it end before that one does.
server=$$
(
    while kill -0 "$server" 2>/dev/null; do
        "$PYTHON" -m flask --app app alerts watch --while "$server" || true
        sleep 2
    done
) </dev/null &

exec "$PYTHON" -m gunicorn -c gunicorn.conf.py app:app --bind "$address:$port"
