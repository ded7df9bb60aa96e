#!/usr/bin/env bash
# A request is followed from the gateway to the last service that hears of it: on a platform of its
# own, whose spans go to a collector of the suite.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'traces' || finish
run_lib traces.ts
finish
