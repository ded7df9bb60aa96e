#!/usr/bin/env bash
# A real Prometheus watches this platform under the mixed load: each question of each dashboard and
# alert gives data, and what services serve is what docs/observability.md says.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v prometheus >/dev/null; then
  skip 'dashboards and alerts over a loaded platform' 'there is no prometheus here'
elif needs LAUNCHER_PID 'dashboards and alerts over a loaded platform'; then
  run_lib observability.ts
fi
finish
