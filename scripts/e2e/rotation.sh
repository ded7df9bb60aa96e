#!/usr/bin/env bash
# The signing key is replaced twice under load, and what takes part is killed between the steps.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib rotation.ts
finish
