#!/usr/bin/env bash
# Makes what is released, the same bytes from the same commit: an archive with a binary that needs nothing else, checksums, and a list of what is in it (CycloneDX).
#
#   scripts/release.sh FOLDER
#
# The binary is linked with musl where that target and its compiler are installed (`rustup target add x86_64-unknown-linux-musl`, Debian's musl-tools), else
# statically with the C library that is here.
set -euo pipefail
out=$(mkdir -p "${1:?usage: scripts/release.sh FOLDER}" && realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
target=${host/-gnu/-musl}
rustc --print sysroot | { read -r root; [[ -d $root/lib/rustlib/$target/lib ]] && command -v musl-gcc > /dev/null; } || target=$host
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=keysweep-$version-$target
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# Paths of this machine are no part of what is built.
flags="-C target-feature=+crt-static --remap-path-prefix=$PWD=/keysweep --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
RUSTFLAGS=$flags cargo build --locked --profile dist --target "$target"
binary=${CARGO_TARGET_DIR:-target}/$target/dist/keysweep

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
mkdir -p "$staging/$name/man" "$staging/$name/completions"
install -m 755 "$binary" "$staging/$name/keysweep"
install -m 644 README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$staging/$name"
"$binary" man "$staging/$name/man"
for shell in bash zsh fish; do "$binary" completions "$shell" > "$staging/$name/completions/keysweep.$shell"; done
chmod -R u=rwX,go=rX "$staging/$name"
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$staging" -cf - "$name" | gzip -n -9 > "$out/$name.tar.gz"
cargo metadata --locked --format-version 1 --filter-platform "$target" | python3 scripts/sbom.py > "$out/$name.cdx.json"
(cd "$out" && sha256sum "$name.tar.gz" "$name.cdx.json" > SHA256SUMS && cat SHA256SUMS)
