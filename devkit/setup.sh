#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes .venv with everything that development, the tests and the demo need. Called by make; safe to repeat.
# Needs Python 3.12 or 3.13 with its venv module, wherever it is; uses uv when it is there, because it is faster.
# `sh devkit/setup.sh --find` only prints the Python it would take, or nothing.
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
LOG=$VENV/install.log

say() { printf '%s\n' "$*" >&2; }

# True when uv is there and runs: version managers put a uv on the PATH that only says that it is switched off.
has_uv() { uv --version >/dev/null 2>&1; }

# True when $1 is a Python of the right version that has the modules $2.
usable() {
    "$1" -c "import $2; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 13))" >/dev/null 2>&1
}

# Where Pythons live, best first: what the user names, the PATH, then the places where installers put them.
candidates() {
    [ -n "${BASE_PYTHON:-}" ] && printf '%s\n' "$BASE_PYTHON"
    for name in python3.12 python3.13 python3 python; do
        command -v "$name" || true
    done
    for version in 3.12 3.13; do
        for folder in \
            "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"*/bin \
            "${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/uv/python}/cpython-$version"*/bin \
            "${ASDF_DATA_DIR:-$HOME/.asdf}/installs/python/$version"*/bin \
            "${XDG_DATA_HOME:-$HOME/.local/share}/mise/installs/python/$version"*/bin \
            /usr/local/bin /usr/bin /opt/homebrew/bin \
            "/usr/local/opt/python@$version/bin" "/opt/homebrew/opt/python@$version/bin" \
            "/Library/Frameworks/Python.framework/Versions/$version/bin" "/opt/python$version/bin"; do
            [ -x "$folder/python$version" ] && printf '%s\n' "$folder/python$version"
        done
    done
}

find_python() {
    candidates | while IFS= read -r candidate; do
        if usable "$candidate" "sys, venv, ensurepip"; then
            printf '%s\n' "$candidate"
            break
        fi
    done
}

no_python() {
    say "No usable Python 3.12 or 3.13 was found (with its venv module)."
    say "Install one, then run make again:"
    say "  Debian, Ubuntu   apt-get install python3.12 python3.12-venv   (or 3.13, whichever your release has)"
    say "  Fedora           dnf install python3.12"
    say "  macOS            brew install python@3.12"
    say "  anywhere         uv python install 3.12, or pyenv install 3.12"
    say "If it is in an unusual place, name it: make setup BASE_PYTHON=/path/to/python3.12"
    exit 1
}

make_venv() {
    if usable "$VENV/bin/python" "sys, pip"; then
        return
    fi
    rm -rf "$VENV"
    python=$(find_python)
    if [ -n "$python" ]; then
        say "Making $VENV with $("$python" --version) ($python)"
        "$python" -m venv "$VENV"
    elif has_uv; then
        say "Making $VENV with uv, which fetches Python 3.12"
        uv venv --quiet --seed --python 3.12 "$VENV" || no_python
    else
        no_python
    fi
}

# pinned FILE...: how many packages they pin for every platform.
pinned() { cat "$@" | grep -v ' ; ' | cut -d ' ' -f 1 | sort -u | grep -c '=='; }

# progress SECONDS TOTAL: how many packages pip has, or how long it takes; a short line that fits every terminal.
progress() {
    count=$(grep '^Collecting' "$LOG" | sort -u | wc -l)
    if [ "$((count))" -ge "$2" ]; then
        printf '\r  unpacking %s packages, %s s   ' "$2" "$1" >&2
    elif [ "$((count))" -gt 0 ]; then
        printf '\r  %s %% (%s of %s packages), %s s ' "$((100 * count / $2))" "$((count))" "$2" "$1" >&2
    else
        printf '\r  working, %s s ' "$1" >&2
    fi
}

# install TITLE TOTAL PIP-ARGUMENTS: runs quietly, shows progress at a terminal, and the end of the log on failure.
install() {
    title=$1
    total=$2
    shift 2
    started=$(date +%s)
    if has_uv; then
        set -- uv pip install --python "$VENV/bin/python" --compile-bytecode "$@"
    else
        set -- "$VENV/bin/python" -u -m pip install --no-input --disable-pip-version-check --prefer-binary \
            --progress-bar off "$@"
    fi
    say "Installing $title"
    "$@" >"$LOG" 2>&1 &
    worker=$!
    trap 'kill "$worker" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$worker" 2>/dev/null; do
        [ -t 2 ] && progress "$(($(date +%s) - started))" "$total"
        sleep 0.3
    done
    [ -t 2 ] && printf '\r                                        \r' >&2
    if ! wait "$worker"; then
        tail -n 15 "$LOG" >&2
        say "Installing $title failed; the whole log is in $LOG"
        exit 1
    fi
    say "  done in $(($(date +%s) - started)) s"
}

if [ "${1:-}" = --find ]; then
    find_python
    exit
fi
make_venv
# The kit as a command that works in every folder: .venv/bin/devkit
make_command() {
    cat >"$VENV/bin/devkit" <<'SCRIPT'
#!/bin/sh
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m devkit "$@"
SCRIPT
    chmod +x "$VENV/bin/devkit"
}

install "1/2: the plugin and the tools around it (one to three minutes, as your network is)" \
    "$(pinned requirements.txt requirements-dev.txt)" -r requirements.txt -r requirements-dev.txt
install "2/2: the workflow engine, and axe for the pages" "$(pinned requirements-engine.txt)" \
    --no-deps -r requirements-engine.txt
make_command
touch "$VENV/.installed"
