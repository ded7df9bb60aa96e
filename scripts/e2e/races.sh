#!/usr/bin/env bash
# Fifty clients want the same coaches at the same moment, round after round.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib races.ts
verify
finish
