#!/bin/sh
# Prints the first interpreter on PATH that is Python 3.11 or newer; fails if there is none.
for name in "${NANOTICK_PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        command -v "$name"
        exit 0
    fi
done
exit 1
