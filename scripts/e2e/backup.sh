#!/usr/bin/env bash
# The drill: a backup of a platform that works meanwhile, restored beside it, compared row by row,
# and worked on; what goes wrong while it is taken, and damage that a restore refuses.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'backup and restore' || finish
run_lib backup.ts
finish
