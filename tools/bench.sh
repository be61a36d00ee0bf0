#!/usr/bin/env bash
# bench.sh [full]: measures the release beside its peers and adds the figures to bench/results/. It only puts the runs in order.
cd "$(dirname "$0")/.."
. tools/env.sh

SIZE=${1:-small}
RESULTS=bench/results/$SIZE.jsonl
BENCH=target/release/live-jury-bench
# One processor for what is measured, one for the load generator and Redis.
SIDE_BY_SIDE=(--node-cores 0 --load-cores 1)
RUNS=5

tools/build.sh release
cargo build --locked --release -p live-jury-bench
bench/peers/install.sh
mkdir -p bench/results

# run SCENARIO [OPTION…]: the conductor and its stores are kept off the nodes' processor where the nodes have one.
run() {
    "$BENCH" "$@" --json "$RESULTS"
}
side_by_side() {
    taskset -c 1 "$BENCH" "$@" "${SIDE_BY_SIDE[@]}" --json "$RESULTS"
}

if [ "$SIZE" = full ]; then
    run rush --jurors 450000
    run churn --visits 1000000
    run size --large 1000000
    exit
fi
for subject in live-jury ws bun axum; do
    for _ in $(seq "$RUNS"); do
        side_by_side rate --subject "$subject" --for-s 4
    done
done
for subject in socket-io socketioxide; do
    side_by_side rate --subject "$subject" --for-s 4
done
for subject in live-jury ws bun axum socketioxide; do
    side_by_side crowd --subject "$subject" --for-s 8
    side_by_side joins --subject "$subject"
    side_by_side idle --subject "$subject"
done
run sustained
run storm
run rush --jurors 37500
run churn
run size --large 100000
