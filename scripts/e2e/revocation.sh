#!/usr/bin/env bash
# Whoever loses trust is refused at every service within a minute; prints how long each took.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib revocation.ts
verify
finish
