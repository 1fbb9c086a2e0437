#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS each, with stable Rust and no installed helper.
#
# The instrumentation is what cargo-fuzz asks of the compiler; `cargo +nightly fuzz run NAME` works as well and adds
# AddressSanitizer. The corpus in fuzz/corpus begins with messages of the bundled recordings.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-10}
if ! command -v c++ >/dev/null 2>&1; then
    echo "fuzz: skipped, libFuzzer needs a C++ compiler (sudo apt-get install build-essential)"
    exit 0
fi
host=$(rustc -vV | sed -n 's/^host: //p')
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0"
flags="$flags --cfg fuzzing"
case $host in x86_64-*) flags="-Ctarget-cpu=x86-64-v2 $flags" ;; esac

RUSTFLAGS="$flags" cargo build --quiet --release --manifest-path fuzz/Cargo.toml --target-dir fuzz/target --target "$host"
python=.venv/bin/python
[ -x "$python" ] || python=$(sh scripts/find_python.sh)
"$python" scripts/fuzz_seeds.py fuzz/corpus
mkdir -p fuzz/artifacts
for target in $(sed -n 's/^name = "\(fuzz_.*\)"/\1/p' fuzz/Cargo.toml); do
    log="fuzz/artifacts/$target.log"
    if "fuzz/target/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="fuzz/artifacts/$target-" "fuzz/corpus/$target" >"$log" 2>&1; then
        echo "fuzz: $target, $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\).*/\1 runs in \2 s, nothing found/p' "$log")"
    else
        tail -n 40 "$log" >&2
        echo "error: $target failed; the input that does it is in fuzz/artifacts" >&2
        exit 1
    fi
done
rm -rf /dev/shm/nanotick-fuzz-*
