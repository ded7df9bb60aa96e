#!/usr/bin/env bash
# Two hundred sign-ups, each followed at once by a first call; also while no event gets through.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib signups.ts with-transport
if needs DATABASE_URL 'sign-ups without a transport'; then
  transport stop
  run_lib signups.ts without-transport
  transport start
fi
verify
finish
