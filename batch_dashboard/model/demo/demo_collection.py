"""The generated recipe collection of the demo data: ecosystems, recipes, failures."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple


class Failure(NamedTuple):
    """A way to fail: a category, and a message with places for what differs each time."""

    category: str | None
    message: str | None
    # How long it takes to fail, in durations of a pass.
    share_of_duration: float
    # Beginning of the platforms it happens on; "" is all of them.
    platform: str = ""


class Ecosystem(NamedTuple):
    """How one ecosystem's batch runs come and go; rates and shares are 0…1."""

    name: str
    size: float  # recipes of a run, beside other ecosystems
    runs_a_weekday: float
    start_hours: tuple[int, ...]
    failure_rate_then: float  # two years ago
    failure_rate_now: float
    macos_share: float
    empty_share: float
    recipe_names: tuple[str, ...]
    first_day: int = 0
    last_days_ago: int = 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HOMEBREW = "homebrew"
STUCK_RECIPE = "imagemagick"
FLAKY_ECOSYSTEM = "npm"
FLAKY_RECIPE = "@playhouse/test-runner"
SILENT_ECOSYSTEM = "rubygems"

ECOSYSTEMS = (
    Ecosystem(
        *(HOMEBREW, 9.0, 2.4, (5, 13, 19), 0.30, 0.06, 0.16, 0.08),
        recipe_names=_names(
            "ripgrep wget jq yq tmux neovim ffmpeg openssl@3 python@3.12 node@20 git-lfs cmake "
            "pandoc sqlite htop tree fzf gnupg libvips nginx redis postgresql@16 go-task socat "
            "graphviz coreutils gawk gnu-sed zstd xz curl aria2 rsync mtr nmap shellcheck "
            "hyperfine just direnv starship zoxide llvm ninja meson protobuf grpc libgit2"
        ),
    ),
    Ecosystem(
        *("npm", 5.5, 1.6, (3, 15), 0.16, 0.03, 0.04, 0.10),
        recipe_names=_names(
            "typescript eslint prettier vite esbuild rollup webpack-cli @angular/cli @vue/cli "
            "@nestjs/cli nodemon pm2 serve http-server jest mocha vitest turbo nx lerna yarn pnpm "
            "@biomejs/biome @openapitools/openapi-generator-cli npm-check-updates concurrently "
            "rimraf tsx zx husky lint-staged commitizen semantic-release sass less postcss-cli"
        ),
    ),
    Ecosystem(
        *("pypi", 5.0, 1.0, (2,), 0.14, 0.02, 0.05, 0.10),
        recipe_names=_names(
            "black ruff mypy pytest httpie poetry pipenv tox nox ansible-core yt-dlp cookiecutter "
            "pre-commit flake8 isort bandit jupyterlab mkdocs sphinx twine uvicorn gunicorn scrapy "
            "csvkit visidata awscli glances pgcli litecli datasette sqlfluff yamllint"
        ),
    ),
    Ecosystem(
        *("crates.io", 5.0, 1.0, (4,), 0.10, 0.008, 0.04, 0.12),
        recipe_names=_names(
            "bat fd-find exa sd tokei bottom dust procs cargo-edit cargo-audit cargo-nextest "
            "cargo-watch mdbook wasm-pack trunk sqlx-cli diesel_cli bandwhich broot gitui delta "
            "nu helix-term zellij alacritty xsv hexyl pastel navi tealdeer difftastic"
        ),
    ),
    Ecosystem(
        *("github", 4.0, 0.9, (6,), 0.36, 0.09, 0.06, 0.15),
        recipe_names=_names(
            "sharkdp/bat sharkdp/fd dandavison/delta junegunn/fzf cli/cli derailed/k9s "
            "jesseduffield/lazygit charmbracelet/glow hadolint/hadolint mikefarah/yq "
            "aquasecurity/trivy goreleaser/goreleaser casey/just ajeetdsouza/zoxide "
            "zellij-org/zellij helix-editor/helix stedolan/jq restic/restic rclone/rclone "
            "caddyserver/caddy helm/helm kubernetes-sigs/kind"
        ),
        first_day=110,
    ),
    Ecosystem(
        *("cask", 2.2, 0.8, (7,), 0.12, 0.025, 1.0, 0.12),
        recipe_names=_names(
            "iterm2 firefox visual-studio-code rectangle vlc docker keepassxc obsidian inkscape "
            "gimp blender audacity handbrake libreoffice thunderbird wireshark dbeaver-community "
            "insomnia alt-tab stats font-fira-code"
        ),
    ),
    Ecosystem(
        *("nix", 3.0, 0.8, (0,), 0.08, 0.008, 0.08, 0.22),
        recipe_names=_names(
            "hello nixfmt statix deadnix alejandra cachix direnv nil niv home-manager colmena "
            "agenix sops treefmt nurl manix comma nix-tree nvd morph disko"
        ),
        first_day=240,
    ),
    Ecosystem(
        *(SILENT_ECOSYSTEM, 3.0, 0.9, (1,), 0.20, 0.07, 0.05, 0.12),
        recipe_names=_names(
            "bundler rails jekyll rubocop rake sinatra fastlane cocoapods asciidoctor puma "
            "solargraph brakeman rspec-core pry thor foreman kramdown nokogiri sass-embedded"
        ),
        last_days_ago=92,
    ),
)

_KINDS = _names(
    "amber brisk calm deft early faint glad hollow idle jolly keen lunar mellow nimble opal plain "
    "quick rapid silent tidy urban vivid warm young zesty"
)
_THINGS = _names(
    "anchor beacon cipher docker-lint editor fetch graph hash index json-view kit log-tail mapper "
    "notes orbit parser queue router sync table unpack vault watcher xml-lint yaml-diff zip-check "
    "bench cache daemon export"
)
_OWNERS = _names("northwind harbor-labs kestrel openfold quarry tinwhistle mossgrove")


def recipe_names(ecosystem: Ecosystem) -> Iterator[str]:
    """The recipes of an ecosystem, well-known names first, then made-up ones without end."""
    yield from ecosystem.recipe_names
    for number in count():
        rest, kind = divmod(number, len(_KINDS))
        rest, thing = divmod(rest, len(_THINGS))
        name = f"{_KINDS[kind]}-{_THINGS[thing]}{f'-{rest + 1}' if rest else ''}"
        owner = _OWNERS[number % len(_OWNERS)]
        if ecosystem.name == "github":
            name = f"{owner}/{name}"
        elif ecosystem.name == "npm" and number % 3 == 0:
            name = f"@{owner}/{name}"
        yield name


# Places: name, leaf (the name behind its last slash), version, ecosystem, sha, other_sha, folder,
# number, port, library.
LASTING_FAILURES = (
    Failure(
        "checksum_mismatch",
        "==> Fetching {name} {version}\n"
        "✓ Downloaded {leaf}-{version}.tar.gz ({number} KiB)\n"
        "Error: checksum mismatch for https://downloads.example.org/{leaf}/{leaf}-{version}.tar.gz\n"
        "  expected: sha256:{sha}\n"
        "  actual:   sha256:{other_sha}",
        0.3,
    ),
    Failure(
        "missing_dep",
        "✓ Read /srv/recipes/{ecosystem}/{leaf}.toml\n"
        "✗ Dependencies\n"
        "Error: no recipe provides '{library}', which {name} needs\n\n"
        "Suggestion: add /srv/recipes/{library}.toml or take the dependency out.",
        0.1,
    ),
    Failure(
        "install_failed",
        "✓ configure\n✗ build\n"
        "/tmp/build-{folder}/{leaf}-{version}/src/main.c:{number}:14: error: implicit declaration "
        "of function '{library}_init'\n"
        "make[1]: Leaving directory '/tmp/build-{folder}/{leaf}-{version}'\n"
        "make: *** [Makefile:{number}: all] Error 2",
        0.8,
    ),
    Failure(
        "validation_failed",
        "✓ Installed {name} {version} to /opt/tools/{leaf}/{version}\n"
        "✗ Check of the version\n"
        "Error: '{leaf} --version' printed 0.0.0, the recipe says {version}",
        1.0,
    ),
    Failure(
        "validation_failed",
        "✓ Unpacked /tmp/work-{folder}/{leaf}.zip\n"
        "✗ Binaries\n"
        "Error: the archive holds no file 'bin/{leaf}'; {number} other files were found",
        0.5,
    ),
    Failure(
        "install_failed",
        "✓ Installed to /opt/tools/{leaf}/{version}\n"
        "/opt/tools/{leaf}/{version}/bin/{leaf}: /lib/libc.so: version 'GLIBC_2.38' not found\n"
        "Error: {name} {version} does not start: wrong C library",
        0.9,
        "linux-musl",
    ),
    Failure(
        "signature_invalid",
        "✓ Mounted /Volumes/{leaf}-{folder}\n"
        "Error: code signature of /Applications/{leaf}.app is not valid (team {folder})",
        0.6,
        "darwin",
    ),
    Failure(
        "generation_failed",
        "✓ Release {version} of {name} found\n"
        "  looked at {number} assets of https://git.example.org/{name}/releases/{version}\n"
        "Error: no release asset of {name} {version} fits this platform",
        0.2,
    ),
    Failure(
        "resolution_failed",
        "✓ Read manifest of {name}@{version}\n"
        "Error: unable to resolve the dependencies of {name}@{version}\n"
        "  needs {library} >= {number}.0, found {library} 1.4.2",
        0.4,
    ),
)
PASSING_FAILURES = (
    Failure(
        "timeout",
        "✓ Fetched {name} {version}\n… still building after {number} s\n"
        "Error: timed out after 1800 s while building {name} {version}",
        2.5,
    ),
    Failure(
        "download_failed",
        "==> Fetching {name} {version}\n"
        "✗ GET https://mirror.example.net/{ecosystem}/{leaf}/{version}/{folder}\n"
        "Error: connection reset by 192.0.2.{port} after {number} of 48211 KiB",
        0.3,
    ),
    Failure(
        "rate_limited",
        "✗ https://api.example.org/packages/{leaf}?page={port}\n"
        "Error: rate limit of https://api.example.org/packages/{leaf} is used up; "
        "resets in {number} s",
        0.1,
    ),
    Failure(
        "disk_full",
        "✓ Unpacked {leaf}-{version}.tar.xz\n"
        "Error: no space left on device: /var/cache/builds/{folder}/{leaf}",
        0.9,
    ),
    Failure("unknown", None, 0.7),
    Failure(None, "Killed\nThe runner was lost: signal {port}", 1.5),
)
INCIDENT_FAILURE = Failure(
    "download_failed",
    "==> Fetching {name} {version}\n"
    "✗ GET https://bottles.example.org/v2/{leaf}/blobs/sha256:{sha}\n"
    "Error: https://bottles.example.org/v2/{leaf}/blobs/sha256:{sha} answered 403 Forbidden: "
    "the anonymous token was refused",
    0.15,
)
# Without placeholders: the message is always exactly the same.
STUCK_FAILURE = Failure(
    "checksum_mismatch",
    "==> Fetching imagemagick 7.1.1-38\n"
    "✓ Downloaded ImageMagick-7.1.1-38.tar.xz (10374 KiB)\n"
    "Error: signature of https://downloads.example.org/im/ImageMagick-7.1.1-38.tar.xz "
    "was made by an unknown key\n"
    "  key: 0x89ab1d63277377a2, recipe: /srv/recipes/homebrew/imagemagick.toml",
    0.3,
)
FLAKY_FAILURE = Failure(
    "validation_failed",
    "✓ Installed {name} {version}\n"
    "✓ Started http://127.0.0.1:4{port}/\n"
    "Error: no answer from http://127.0.0.1:4{port}/health within {number} ms",
    1.4,
)
LIBRARIES = _names("libonig libuv zlib-ng icu4c libssh2 libyaml libffi gmp pcre2 libxml2")
