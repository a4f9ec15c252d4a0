#!/usr/bin/env bash
# Records what the documentation shows of a terminal, as moving pictures: scripts/record.sh BINARY FOLDER
#
# Needs asciinema 2 (from PyPI), svg-term (svg-term-cli from npm) and the folder tests/web after `npm install`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ${1:-} == --play ]]; then
    type() { printf '\033[1;32m$\033[0m '; for ((i = 0; i < ${#1}; i++)); do printf '%s' "${1:i:1}"; sleep 0.02; done; echo; sleep 0.3; eval "$1" || true; sleep 1.2; }
    while IFS= read -r line; do type "$line"; done < "$2"
    exit 0
fi

binary=$(realpath "${1:?usage: scripts/record.sh BINARY FOLDER}")
out=$(realpath "${2:?usage: scripts/record.sh BINARY FOLDER}")
ground=$(mktemp -d)
trap 'rm -rf "$ground"' EXIT
mkdir "$ground/bin" && ln -s "$binary" "$ground/bin/keysweep"
export PATH=$ground/bin:$PATH HOME=$ground KEYSWEEP_NOW=2026-09-01T09:00:00Z GIT_CONFIG_NOSYSTEM=1
git config --global init.defaultBranch main
git config --global user.name 'Ann Example'
git config --global user.email ann@example.org
token() { node --input-type=module -e "import { token } from '$here/../tests/web/organisation.mjs'; console.log(token($1))"; }
mkdir "$ground/shop" && cd "$ground/shop"
git init -q
printf 'import os\n\nTOKEN = "%s"\n' "$(token 0)" > deploy.py
export GIT_AUTHOR_DATE=2026-05-04T09:00:00Z GIT_COMMITTER_DATE=2026-05-04T09:00:00Z
git add . && git commit -qm 'deploy'

record() {
    printf '%s\n' "${@:2}" > "$ground/$1.txt"
    asciinema rec --quiet --overwrite --cols 100 --rows 24 --title "keysweep: $1" --command "$here/record.sh --play $ground/$1.txt" "$ground/$1.cast"
    svg-term --in "$ground/$1.cast" --out "$out/$1.svg" --window --no-cursor
}

record scan 'keysweep scan'
record baseline \
    'keysweep baseline update --reason "before the scanner; OPS-7" --owner web@example.org --expires 2027-03-01' \
    'cut -c1-100 keysweep.baseline' \
    'keysweep scan --short'
printf 'HOST = "api.example.org"\nTOKEN = "%s"\n' "$(token 1)" > job.py
record hook 'keysweep hook install' 'git add job.py' 'git commit -m "a nightly job"'
