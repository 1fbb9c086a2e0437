#!/bin/sh
# Makes .venv with the interpreter of find_python.sh, unless a working one is there.
set -e
if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi
python=$(sh "$(dirname "$0")/find_python.sh")
"$python" -m venv --clear .venv
