#!/usr/bin/env bash
# All services restarted, one process after the other, under 50 requests/s: nobody notices. On a
# platform of its own with two instances of each. FULL=1 sends 12,000 requests, 100 a second.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'a rolling restart' || finish
run_lib rolling.ts
finish
