#!/usr/bin/env bash
# No password, token, link, card, key or person's data in any log, whatever is sent and fails: on a
# platform of its own, which logs as much as it can.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'secrets in logs' || finish
run_lib log-canary.ts
finish
