#!/usr/bin/env bash
# Runs the example of a unit test, 100 runs of a user's class, and prints its duration: the shortest of five, including the
# start of the process.
# usage: tests/unit_test.sh ONBOARDING_TEST_BINARY
set -euo pipefail
best=
for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    output=$("$1")
    took=$((($(date +%s%N) - start) / 1000000))
    grep -qE 'All tests passed \(.* in 7 test cases\)' <<<"$output" || { echo "$output"; exit 1; }
    [ -n "$best" ] && ((best <= took)) || best=$took
done
echo "100 runs of the user's class: $best ms"
