#!/bin/sh
# Names each tool that the build needs and this machine lacks, one sentence each, with the command that installs it.
set -u
missing=0
say() { echo "error: $1" >&2; echo "hint: $2" >&2; missing=1; }

here=$(dirname "$0")
python=$(sh "$here/find_python.sh") || python=
if [ -z "$python" ]; then
    say "Python 3.11 or newer was not found." "sudo apt-get install python3 python3-venv"
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    say "Python's venv module is not installed." "sudo apt-get install python3-venv"
fi
if ! command -v cc >/dev/null 2>&1; then
    say "A C compiler (cc) was not found; Rust needs it to link." "sudo apt-get install build-essential"
fi
if ! command -v cargo >/dev/null 2>&1; then
    say "The Rust toolchain (cargo) was not found." "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
else
    version=$(cargo --version | cut -d' ' -f2)
    minor=$(echo "$version" | cut -d. -f2)
    wanted=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' "$here/../Cargo.toml")
    if [ "$(echo "$version" | cut -d. -f1)" = 1 ] && [ "$minor" -lt "$wanted" ]; then
        say "Rust 1.$wanted or newer is needed, and cargo here is $version." \
            "rustup update stable   (or install it: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh)"
    fi
fi
exit "$missing"
