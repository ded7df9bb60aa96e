#!/usr/bin/env bash
# Every route of every contract as each role, as machines and as nobody: docs/permissions.md holds.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if needs DATA_DIR 'tokens of every role'; then run_lib permissions.ts; fi
verify
finish
