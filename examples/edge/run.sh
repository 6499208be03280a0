#!/usr/bin/env bash
# Runs the example from beginning to end. --keep leaves it running, --stop ends it then.
# test: serial
set -euo pipefail
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/demo.py" "$@"
