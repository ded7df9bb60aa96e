#!/usr/bin/env bash
# kill -9 of whoever takes part in a write of the story, between request and answer.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'whoever takes part is killed' || finish
run_lib kills.ts
verify
finish
