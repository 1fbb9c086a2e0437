#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS each, with stable Rust and no installed helper.
#
# The instrumentation is what cargo-fuzz asks of the compiler; `cargo +nightly fuzz run NAME` on fuzz/ works as well,
# and adds AddressSanitizer.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-10}
if [ ! -f fuzz/Cargo.toml ]; then
    echo "fuzz: skipped, there are no targets"
    exit 0
fi
if ! command -v c++ >/dev/null 2>&1; then
    echo "fuzz: skipped, libFuzzer needs a C++ compiler (sudo apt-get install build-essential)"
    exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
flags="-Ctarget-cpu=x86-64-v2"
case $host in x86_64-*) ;; *) flags="" ;; esac
flags="$flags -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0"
flags="$flags -Cdebug-assertions --cfg fuzzing"

RUSTFLAGS="$flags" cargo build --quiet --release --manifest-path fuzz/Cargo.toml --target "$host"
for target in $(sed -n 's/^name = "\(fuzz_.*\)"/\1/p' fuzz/Cargo.toml); do
    corpus="fuzz/corpus/$target"
    seeds="fuzz/seeds/$target"
    mkdir -p "$corpus" fuzz/artifacts
    [ -d "$seeds" ] || seeds=
    log="fuzz/artifacts/$target.log"
    # shellcheck disable=SC2086
    if "fuzz/target/$host/release/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 \
        -artifact_prefix="fuzz/artifacts/$target-" "$corpus" $seeds >"$log" 2>&1; then
        echo "fuzz: $target, $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\).*/\1 runs in \2 s, no failure/p' "$log")"
    else
        tail -n 40 "$log"
        echo "fuzz: $target FAILED; the input is in fuzz/artifacts" >&2
        exit 1
    fi
done
