#!/usr/bin/env bash
# What every contract promises, at each of its routes: keys, entity tags and pages.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if needs DATABASE_URL 'what keys keep from happening twice'; then run_lib keys.ts; fi
run_lib tags.ts
run_lib pages.ts
verify
finish
