#!/usr/bin/env bash
# kill -9 of whoever takes part in a write of the story, between request and answer.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run_lib kills.ts
verify
finish
