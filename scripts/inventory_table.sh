#!/bin/sh
# Writes the table of exports in docs/inventory.md from what the binary says of itself.
set -eu
cd "$(dirname "$0")/.."
keysweep=${1:-target/debug/keysweep}
head=$(sed '/^| export | is to its records | made by |$/,$d' docs/inventory.md)
{
    printf '%s\n\n' "$head"
    echo '| export | is to its records | made by |'
    echo '| --- | --- | --- |'
    "$keysweep" inventory formats --json |
        jq -r '"| `\(.id)` | \(.source_class) of \(if (.providers | length) == 0 then "any provider" else .providers | join(", ") end) | \(.command | gsub("\\|"; "\\|")) |"'
} > docs/inventory.md.new
mv docs/inventory.md.new docs/inventory.md
