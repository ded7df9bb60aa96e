#!/usr/bin/env bash
# A platform of the code before, with data and under load, gets today's migrations and then, process
# by process, today's code; nobody notices. FULL=1 also takes one over that is much older.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'an upgrade' || finish
run_lib upgrade.ts
finish
