#!/usr/bin/env bash
# bench.sh [full]: measures the release beside its baselines, adds the figures to bench/results/ and prints them side by
# side. It only runs the load generator in order.
cd "$(dirname "$0")/.."
. tools/env.sh

SIZE=${1:-small}
RESULTS=bench/results/$SIZE.jsonl
BENCH=target/release/live-jury-bench
# One processor for the measured process, one for the load generator and Redis.
SIDE_BY_SIDE=(--node-cores 0 --load-cores 1)
RUNS=5

prerequisites
tools/build.sh release
cargo build --locked --release -p live-jury-bench
bench/baselines/install.sh
mkdir -p bench/results
failed=()

# measure COMMAND…: runs a command that adds its figures. A failure is reported at the end, and the rest still runs.
measure() {
    printf '\n%s  %s\n' "$(date +%T)" "$*"
    "$@" --json "$RESULTS" || failed+=("$*")
}
run() {
    measure "$BENCH" "$@"
}
# The conductor and its stores stay off the processor of the measured process.
side_by_side() {
    measure taskset -c 1 "$BENCH" "$@" "${SIDE_BY_SIDE[@]}"
}
# Each target has one process on one processor. Compared targets run one after the other.
rates() {
    for target in "$@"; do side_by_side rate --subject "$target" --for-s 4; done
}
crowds() {
    for target in "$@"; do side_by_side crowd --subject "$target" --for-s 8; done
}
joins() {
    for target in "$@"; do side_by_side joins --subject "$target"; done
}
# Fan-out alone: tallies are posted, and nobody votes.
posted() {
    side_by_side crowd --subject nchan --for-s 8
    side_by_side crowd --subject axum --publish --for-s 8
}

# A million sockets need a larger connection table in the kernel (docs/operating.md). The rush runs in a network
# namespace with such a table if this user may create one; otherwise it is slower.
CONNECTIONS=4194304
with_large_connection_table() {
    local key=net.ipv4.tcp_child_ehash_entries before
    before=$(sysctl -n "$key" 2>/dev/null || true)
    if sysctl -qw "$key=$CONNECTIONS" 2>/dev/null; then
        measure unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$BENCH" "$@"
        sysctl -qw "$key=$before"
    else
        run "$@"
    fi
}

COMPARED=(live-jury ws bun axum)
for turn in $(seq "$RUNS"); do
    rates "${COMPARED[@]}"
    # One run of the others is precise enough: they are far from the aims.
    [ "$turn" -gt 1 ] || rates socket-io socketioxide
    [ "$turn" -gt 1 ] && [ "$SIZE" != full ] && continue
    crowds "${COMPARED[@]}"
    [ "$turn" -gt 1 ] || { posted; crowds socket-io socketioxide; }
    joins "${COMPARED[@]}"
    [ "$turn" -gt 1 ] || joins socket-io socketioxide
done
for target in "${COMPARED[@]}"; do side_by_side idle --subject "$target"; done
side_by_side idle --forwarded
side_by_side overload
run storm
run facts
run facts --store postgres
run claims
run claims --store postgres
if [ "$SIZE" = full ]; then
    side_by_side proofs
    run sustained --per-s 30000 --for-s 20
    run sustained --per-s 30000 --for-s 20 --no-fsync
    with_large_connection_table rush --jurors 450000
    with_large_connection_table rush --jurors 450000 --spread --waves 2 --pause-s 60
    with_large_connection_table rush --jurors 450000 --spread --busy-core 0
    run rush --jurors 100000 --cluster
    run churn --visits 1000000
    run size --large 1000000
    run market --seeds 1..5
else
    side_by_side proofs --jurors 37500
    run sustained --per-s 30000
    run sustained --per-s 30000 --no-fsync
    run rush --jurors 37500
    run rush --jurors 37500 --spread --waves 2 --pause-s 10
    run churn
    run size --large 100000
fi

printf '\n'
"$BENCH" report "$RESULTS"
[ "${#failed[@]}" -eq 0 ] || fail "These runs failed:" "$(printf '\n  %s' "${failed[@]}")"
