#!/usr/bin/env bash
# Scans, and writes the log, annotations, the job's summary and the outputs. Inputs come as environment variables named SCAN_*: text from a workflow never
# becomes part of a script.
set -euo pipefail

sarif=${SCAN_SARIF:-$RUNNER_TEMP/keysweep.sarif}
lines=$RUNNER_TEMP/keysweep.jsonl
summary=$RUNNER_TEMP/keysweep.md
annotations=$RUNNER_TEMP/keysweep.annotations

options=()
option() { [[ -z $2 ]] || options+=("$1=$2"); }
option --history "${SCAN_HISTORY:-}"
option --since "${SCAN_SINCE:-}"
option --confidence "${SCAN_CONFIDENCE:-}"
option --fail-on "${SCAN_FAIL_ON:-}"
option --org "${SCAN_ORG:-}"
option --baseline "${SCAN_BASELINE:-}"
option --max-size "${SCAN_MAX_SIZE:-}"
option --threads "${SCAN_THREADS:-}"
while IFS= read -r export; do option --inventory "$export"; done <<< "${SCAN_INVENTORY:-}"
read -r -d '' -a further <<< "${SCAN_ARGS:-}" || true
rm -f -- "$sarif" "$lines" "$summary" "$annotations"

# What a repository holds is printed, and must not be taken for commands to the runner.
quiet=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "::stop-commands::$quiet"
code=0
keysweep scan --format text -o - --format sarif -o "$sarif" --format jsonl -o "$lines" --format markdown -o "$summary" --format github -o "$annotations" \
    ${options[@]+"${options[@]}"} ${further[@]+"${further[@]}"} -- "${SCAN_PATH:-.}" || code=$?
echo "::$quiet::"

output() { echo "$1=$2" >> "$GITHUB_OUTPUT"; }
output exit-code "$code"
[[ -s $sarif && -s $lines ]] || exit 0
output sarif-file "$sarif"
output report-file "$lines"
# The last line is the summary.
total() { tail -n 1 "$lines" | sed -nE "s/.*\"$1\":([0-9]+).*/\1/p"; }
for name in findings new shadow skipped; do output "$name" "$(total "$name")"; done

[[ ${SCAN_ANNOTATIONS:-true} != true ]] || cat -- "$annotations"
if [[ ${SCAN_SUMMARY:-true} == true && -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    # GitHub takes 1 MiB a step, and nothing of what is larger.
    if (($(stat -c %s -- "$summary") < 1000000)); then cat -- "$summary"; else echo "keysweep found $(total findings) credentials; the list is too long for a summary."; fi >> "$GITHUB_STEP_SUMMARY"
fi
# GitHub refuses a log of more than 10 MB once packed.
if (($(gzip -c -- "$sarif" | wc -c) > 10000000)); then
    echo "::warning title=keysweep::the log is larger than code scanning takes (10 MB packed); narrow the scan with paths, confidence or a baseline"
fi
