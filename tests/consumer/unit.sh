#!/usr/bin/env bash
# unit.sh SERVER: systemd takes the packaged unit without a word, and finds little that it leaves open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unit=$folder/portrait-server.service
# The page isn't installed here.
sed -e "s|^ExecStart=/usr/bin/portrait-server|ExecStart=$1|" -e '/^Documentation=man:/d' \
    "$(dirname "$0")/../../examples/server/portrait-server.service" > "$unit"
said=$(systemd-analyze verify "$unit" 2>&1) || { echo "$said"; exit 1; }
[[ -z $said ]] || { echo "$said"; exit 1; }
# In tenths; 10.0 is a service without any restriction.
systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" 2>&1 | tail -n 1
