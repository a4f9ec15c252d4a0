#!/usr/bin/env bash
# Says which commits an event is about, and fetches what a shallow checkout lacks of them. Writes `history` (empty: all there is) and `partial` to the outputs.
#
# EVENT: name of the event; BASE and HEAD of a pull request or merge group; BEFORE and AFTER of a push; DEFAULT_BRANCH.
# SCAN_PATH: the checkout; SCAN_HISTORY, SCAN_SINCE: what the user wants instead.
set -euo pipefail
note() { echo "::notice title=keysweep::$*"; }
git() { command git -C "${SCAN_PATH:-.}" "$@"; }
is_commit() { [[ $1 =~ ^[0-9a-f]{40,64}$ && ! $1 =~ ^0+$ ]]; }
is_here() { git cat-file -e "$1^{commit}" 2> /dev/null; }

say() {
    echo "history=$1" >> "$GITHUB_OUTPUT"
    echo "partial=$2" >> "$GITHUB_OUTPUT"
    exit 0
}

# Fetches a commit by its id, if the server still has it.
bring() {
    is_here "$1" || git fetch --quiet --no-tags --depth=1 origin "$1" 2> /dev/null || return 1
}

# Whether the clone was cut off at a commit of the range: what such a commit changed cannot be told.
is_cut() {
    local shallow
    shallow=$(git rev-parse --git-path shallow)
    [[ $shallow == /* ]] || shallow=${SCAN_PATH:-.}/$shallow
    [[ -s $shallow ]] && git rev-list "$1..$2" | grep -qxFf "$shallow"
}

# Fetches until every commit of a range has its parents.
complete() {
    local depth
    for depth in 30 300 3000; do
        is_cut "$1" "$2" || return 0
        git fetch --quiet --no-tags --deepen="$depth" origin "$1" "$2" || return 1
    done
    is_cut "$1" "$2" || return 0
    git fetch --quiet --no-tags --unshallow origin "$1" "$2"
}

[[ -z ${SCAN_HISTORY:-}${SCAN_SINCE:-} ]] || say "" false
[[ $(git rev-parse --is-inside-work-tree 2> /dev/null) == true ]] || say "" false

case $EVENT in
    pull_request | pull_request_target | merge_group)
        from=$BASE to=$HEAD
        ;;
    push)
        # All of it, where it is here: a log of a part would close the alerts of the rest.
        [[ $(git rev-parse --is-shallow-repository) == true ]] || say "" false
        from=$BEFORE to=$AFTER
        if ! is_commit "$from" || ! bring "$from"; then
            # A new branch, or one whose former commits are gone: what the default branch does not have.
            from=$(git ls-remote --quiet origin "refs/heads/$DEFAULT_BRANCH" | cut -f1)
        fi
        note "the checkout is shallow, so only what was pushed is scanned; fetch-depth: 0 gives all"
        ;;
    *) say "" false ;;
esac

if is_commit "$from" && is_commit "$to" && [[ $from != "$to" ]] && bring "$from" && bring "$to" && complete "$from" "$to"; then
    echo "The commits of $from..$to: $(git rev-list --count "$from..$to")"
    say "$from..$to" true
fi
echo "::warning title=keysweep::the commits of this event could not be fetched, so all that is checked out is scanned; fetch-depth: 0 in the checkout step gives them"
say "" true
