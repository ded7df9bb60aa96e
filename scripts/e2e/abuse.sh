#!/usr/bin/env bash
# Every route of every contract with each input that it can be abused with, and with tokens that
# are none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib abuse.ts
run_lib tokens.ts
verify
finish
