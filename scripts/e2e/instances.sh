#!/usr/bin/env bash
# Two instances of every service at once, on a platform of its own: work is shared and none is done
# twice, whoever asks hears the same of both, and what ends here ends there.
# scripts/e2e/rotation.sh and rolling.sh have two instances as well: keys that rotate, kills.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

needs LAUNCHER_PID 'two instances of every service' || finish
run_lib instances.ts
finish
