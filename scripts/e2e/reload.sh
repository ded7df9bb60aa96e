#!/usr/bin/env bash
# F19: the gateway reloads kong.yml again and again under load, a wrong one now and then.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'the gateway reloads' || finish
run_lib reload.ts
verify
finish
