#!/usr/bin/env bash
# Puts keysweep on the path of the steps that follow: a binary that is pinned by its digest, the one that is there, or one built from this repository.
#
# BINARY_URL, BINARY_SHA256: a binary or a .tar.gz that holds one; SOURCE: this repository.
set -euo pipefail
fail() { echo "::error title=keysweep::$*"; exit 1; }

bin=$RUNNER_TEMP/keysweep-bin
if [[ -n ${BINARY_URL:-} ]]; then
    [[ ${BINARY_SHA256:-} =~ ^[0-9a-fA-F]{64}$ ]] || fail "binary-url needs binary-sha256, 64 hexadecimal digits: what is downloaded is run only if its digest is the one you pinned"
    mkdir -p "$bin"
    curl --fail --silent --show-error --location --retry 3 --proto '=https,file' --proto-redir '=https' --output "$bin/download" -- "$BINARY_URL" || fail "the binary could not be downloaded"
    if ! echo "${BINARY_SHA256,,}  $bin/download" | sha256sum --check --status; then
        found=$(sha256sum "$bin/download" | cut -d' ' -f1)
        rm -f "$bin/download"
        fail "the binary has the digest $found, not the one that is pinned; it was not run"
    fi
    case $BINARY_URL in
        *.tar.gz | *.tgz) tar -xzf "$bin/download" -C "$bin" --strip-components=1 --wildcards '*/keysweep' ;;
        *) mv "$bin/download" "$bin/keysweep" ;;
    esac
    chmod +x "$bin/keysweep"
    echo "$bin" >> "$GITHUB_PATH"
    "$bin/keysweep" --version
elif command -v keysweep > /dev/null; then
    keysweep --version
else
    command -v cargo > /dev/null || fail "neither keysweep nor cargo is on the PATH, and no binary-url is given; install Rust in a step before this one"
    cargo install --locked --path "$SOURCE" --root "$RUNNER_TEMP/keysweep"
    echo "$RUNNER_TEMP/keysweep/bin" >> "$GITHUB_PATH"
fi
