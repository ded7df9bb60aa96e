#!/usr/bin/env bash
# The signing key is replaced twice under load, and what takes part is killed between the steps.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'the keys are replaced under load' || finish
run_lib rotation.ts
finish
