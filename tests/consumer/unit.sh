#!/usr/bin/env bash
# Checks that systemd verifies the packaged unit without a message, and that its exposure level is at most 1.5.
# usage: tests/consumer/unit.sh SERVER
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unit=$folder/portrait-server.service
# Without the man page, which is not installed.
sed -e "s|^ExecStart=/usr/bin/portrait-server|ExecStart=$1|" -e '/^Documentation=man:/d' \
    "$(dirname "$0")/../../examples/server/portrait-server.service" > "$unit"
messages=$(systemd-analyze verify "$unit" 2>&1) || { echo "$messages"; exit 1; }
[[ -z $messages ]] || { echo "$messages"; exit 1; }
# The threshold is in tenths; a service without any restriction has 10.0.
systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" 2>&1 | tail -n 1
