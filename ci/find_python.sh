#!/bin/sh
# Print the path of a Python that can make the environment: 3.11 (preferred) or 3.12, with venv.
# PYTHON names another one to use. Where there is none, Debian's is installed if we are root.
set -eu

find_python() {
    for name in ${PYTHON:-python3.11 python3.12 python3}; do
        "$name" -c '
import ensurepip, sys, venv
if not (3, 11) <= sys.version_info[:2] < (3, 13): sys.exit(1)
print(sys.executable)' 2>/dev/null && return 0
    done
    return 1
}

find_python && exit 0
if [ -z "${PYTHON:-}" ]; then
    "$(dirname "$0")/system_packages.sh" python3 python3-venv >&2 && find_python && exit 0
fi
echo "No Python 3.11 or 3.12 with venv was found${PYTHON:+ as $PYTHON}; see docs/install/." >&2
exit 1
