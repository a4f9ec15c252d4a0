#!/usr/bin/env bash
# The packages that carry the binary, built from local files, installed, and used: tests/packages.sh BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fail() { printf 'packages: %s\n' "$*" >&2; exit 1; }
ground=$(mktemp -d)
trap 'rm -rf "$ground"' EXIT
version=$("$binary" --version)
mkdir "$ground/code"
echo 'answer = 42' > "$ground/code/clean.py"

# A package is what it carries: it says the same version, and hands its arguments and exit code on.
try() {
    local how=$1 program=$2 code=0
    [[ $("$program" --version) == "$version" ]] || fail "$how: another version"
    "$program" scan --history none -q "$ground/code" > "$ground/out" || code=$?
    ((code == 0)) || fail "$how: exit code $code"
    code=0
    "$program" scan "$ground/nowhere" > "$ground/out" 2> "$ground/err" || code=$?
    ((code == 2)) && grep -q "there is no such file" "$ground/err" || fail "$how: exit code $code for a wrong path"
    echo "packages: $how: $version"
}

stripped=$ground/keysweep
strip -o "$stripped" "$binary"
scripts/npm_package.sh "$stripped" "$ground/npm" > "$ground/packed"
npm install --silent --no-audit --no-fund --offline --prefix "$ground/node" "$ground"/npm/keysweep-*.tgz
try npm "$ground/node/node_modules/.bin/keysweep"
[[ $(node -p "require('./npm/package.json').version") == "${version#* }" ]] || fail "npm/package.json has another version"

python3 -m venv "$ground/venv"
"$ground/venv/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.8,<2'
# The profile of the tests, so that nothing is compiled anew.
"$ground/venv/bin/maturin" build --quiet --locked --profile dev --out "$ground/wheel"
"$ground/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$ground"/wheel/keysweep-*.whl
try wheel "$ground/venv/bin/keysweep"
