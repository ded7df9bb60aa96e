#!/usr/bin/env bash
# Every route of every contract with each input that it can be abused with, and with tokens that
# are none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if needs LAUNCHER_PID 'what abuse leaves behind, and in whose memory'; then run_lib abuse.ts; fi
if needs DATA_DIR 'tokens made of a good one by its key'; then run_lib tokens.ts; fi
verify
finish
