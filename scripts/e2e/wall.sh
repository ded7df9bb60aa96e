#!/usr/bin/env bash
# Every route of every contract, with another business' token on ids that exist.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib wall.ts
verify
finish
