#!/usr/bin/env bash
# bench.sh [full]: measures the release beside its peers, adds the figures to bench/results/ and prints them side by side. It
# only puts the runs in order.
cd "$(dirname "$0")/.."
. tools/env.sh

SIZE=${1:-small}
RESULTS=bench/results/$SIZE.jsonl
BENCH=target/release/live-jury-bench
# One processor for what is measured, one for the load generator and Redis.
SIDE_BY_SIDE=(--node-cores 0 --load-cores 1)
RUNS=5

prerequisites
tools/build.sh release
cargo build --locked --release -p live-jury-bench
bench/baselines/install.sh
mkdir -p bench/results
missing=()

# measure COMMAND…: one that fails is told at the end, and does not cost the others.
measure() {
    printf '\n%s  %s\n' "$(date +%T)" "$*"
    "$@" --json "$RESULTS" || missing+=("$*")
}
run() {
    measure "$BENCH" "$@"
}
# The conductor and its stores are kept off the processor of what is measured.
side_by_side() {
    measure taskset -c 1 "$BENCH" "$@" "${SIDE_BY_SIDE[@]}"
}
# Each has one process on one processor; those that are compared run one after the other.
rates() {
    for subject in "$@"; do side_by_side rate --subject "$subject" --for-s 4; done
}
crowds() {
    for subject in "$@"; do side_by_side crowd --subject "$subject" --for-s 8; done
}
joins() {
    for subject in "$@"; do side_by_side joins --subject "$subject"; done
}
# Where nobody votes and tallies are posted: fan-out alone.
posted() {
    side_by_side crowd --subject nchan --for-s 8
    side_by_side crowd --subject axum --publish --for-s 8
}

# A machine that is to hold a million sockets needs a kernel's table of connections to match (docs/operating.md). Where this user may
# make one, the rush has a network of its own that has it; elsewhere it is slower.
CONNECTIONS=4194304
with_room_for_sockets() {
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
    # The others are known well enough by one run.
    [ "$turn" -gt 1 ] || rates socket-io socketioxide
    [ "$turn" -gt 1 ] && [ "$SIZE" != full ] && continue
    crowds "${COMPARED[@]}"
    [ "$turn" -gt 1 ] || { posted; crowds socket-io socketioxide; }
    joins "${COMPARED[@]}"
    [ "$turn" -gt 1 ] || joins socket-io socketioxide
done
for subject in "${COMPARED[@]}"; do side_by_side idle --subject "$subject"; done
run storm
if [ "$SIZE" = full ]; then
    run sustained --per-s 30000 --for-s 20
    run sustained --per-s 30000 --for-s 20 --no-fsync
    with_room_for_sockets rush --jurors 450000
    run rush --jurors 100000 --cluster
    run churn --visits 1000000
    run size --large 1000000
else
    run sustained --per-s 30000
    run sustained --per-s 30000 --no-fsync
    run rush --jurors 37500
    run churn
    run size --large 100000
fi

printf '\n'
"$BENCH" report "$RESULTS"
[ "${#missing[@]}" -eq 0 ] || fail "These did not run to their end:" "$(printf '\n  %s' "${missing[@]}")"
