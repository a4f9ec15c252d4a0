#!/usr/bin/env bash
# Ends the job as the scan ended, with a word on why.
set -euo pipefail
if [[ ${UPLOAD:-} == failure ]]; then
    echo "::warning title=keysweep::the report was not uploaded to code scanning; is the permission security-events: write given?"
fi
case ${CODE:-} in
    0) ;;
    1) echo "::error title=keysweep::the gate fired: ${FINDINGS:-0} credential(s), ${NEW:-0} of them new, ${SHADOW:-0} shadow identities; see the summary and the log of the scan" ;;
    3) echo "::error title=keysweep::not all could be read, see \"Not read\" in the log; a shallow checkout needs fetch-depth: 0, or history: none" ;;
    *) echo "::error title=keysweep::the scan could not run; see its log" ;;
esac
exit "${CODE:-2}"
