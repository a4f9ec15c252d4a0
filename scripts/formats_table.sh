#!/bin/sh
# Writes the tables of docs/formats.md: what the binary says of each format, and what came of the files of real repositories.
#
#   scripts/formats_table.sh target/debug/keysweep CHECKOUT...
#
# Each checkout is a folder `owner+name`.
set -eu
keysweep=$(realpath "$1")
shift
document=$(dirname "$0")/../docs/formats.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$keysweep" formats --json > "$work/formats"
# What cannot be read to the end makes the command exit with 3; it is in the table.
"$keysweep" formats --json "$@" > "$work/tried" 2> /dev/null || [ $? -eq 3 ]
head=$(sed '/^| format | its files | what is taken from them |$/,$d' "$document")
tail=$(sed -n '/^## What was not read to the end$/,$p' "$document")
{
    printf '%s\n\n' "$head"
    echo '| format | its files | what is taken from them |'
    echo '| --- | --- | --- |'
    jq -r '"| `\(.id)` | \(.files) | \(.takes) |"' "$work/formats"
    printf '\n## Tried on real repositories\n\n'
    printf 'A file may be in several formats. An identity counts wherever it is declared or referred to.\n\n'
    echo '| format | files | read to the end | identities named |'
    echo '| --- | --- | --- | --- |'
    jq -r '"| `\(.id)` | \(.files) | \(.whole) | \(.identities) |"' "$work/tried"
    printf '\n%s\n' "$tail"
} > "$work/document"
mv "$work/document" "$document"
