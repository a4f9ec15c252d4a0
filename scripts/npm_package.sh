#!/usr/bin/env bash
# Packs the npm package around a binary of this machine: scripts/npm_package.sh BINARY FOLDER
set -euo pipefail
binary=$(realpath "${1:?usage: scripts/npm_package.sh BINARY FOLDER}")
out=$(mkdir -p "${2:?usage: scripts/npm_package.sh BINARY FOLDER}" && realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/../npm"
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
machine=$(node -p '`${process.platform}-${process.arch}`')
cp package.json keysweep.js "$staging"
install -D -m 755 "$binary" "$staging/binaries/$machine/keysweep"
(cd "$staging" && npm pack --silent --pack-destination "$out")
