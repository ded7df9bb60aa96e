#!/usr/bin/env bash
# The drill: a backup of a platform that works meanwhile, restored beside it, compared row by row,
# and worked on; what goes wrong while it is taken, and damage that a restore refuses.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [[ -z ${LAUNCHER_PID:-} ]]; then
  skip 'backup and restore' 'only of a platform that scripts/start runs on this machine'
  finish
fi
run_lib backup.ts
finish
