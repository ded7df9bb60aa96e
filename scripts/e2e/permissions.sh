#!/usr/bin/env bash
# Every route of every contract as each role, as machines and as nobody: docs/permissions.md holds.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib permissions.ts
verify
finish
