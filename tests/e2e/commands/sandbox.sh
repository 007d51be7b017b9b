#!/usr/bin/env bash
# Tests the commands on a data folder whose server runs in the packaged unit's sandbox: there the folders of backups,
# exports and imports are read-only or missing, as by ProtectSystem=strict, ProtectHome and PrivateTmp, in a user
# namespace, as by PrivateUsers, and without capabilities. Skipped (77) where no namespace can be made.
# usage: sandbox.sh SERVER UNIT
set -euo pipefail
server=$1
for restriction in ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateUsers=yes CapabilityBoundingSet=; do
    grep -qx "$restriction" "$2" || { echo "The unit has no $restriction: change this test, too"; exit 1; }
done
for namespaces in --mount "--user --map-root-user --mount"; do
    # shellcheck disable=SC2086 # several words
    unshare $namespaces true 2>/dev/null && break
    namespaces=
done
[[ -n $namespaces ]] || { echo "No mount namespace can be made here"; exit 77; }

folder=$(mktemp -d)
process=
clean_up() {
    [[ -z $process ]] || kill "$process" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap clean_up EXIT
mkdir "$folder/state" "$folder/read-only" "$folder/hidden"

# shellcheck disable=SC2016,SC2086 # the inner shell expands its arguments; several words
unshare $namespaces bash -euc '
    mount --make-rprivate /
    mount --bind "$1" "$1"
    mount --bind "$1/state" "$1/state"
    mount -o remount,bind,ro "$1"
    mount -t tmpfs none "$1/hidden"
    mount -o remount,ro "$1/hidden"
    ! touch "$1/read-only/file" 2>/dev/null
    exec unshare --user --map-root-user \
        setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \
        "$2" --listen 127.0.0.1:0 --data "$1/state/data" --demo --log-level warning' \
    - "$folder" "$server" >"$folder/state/out" 2>"$folder/state/err" &
process=$!
for ((tries = 0; tries < 600; ++tries)); do
    grep -q 'listening on' "$folder/state/out" && break
    kill -0 "$process" || { cat "$folder/state/err"; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.* listening on //p' "$folder/state/out")
base64 -d >"$folder/picture.png" <<'END'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
END
for person in 1 2 3; do
    curl -sSf -o /dev/null -u tje0:Tje0 -T "$folder/picture.png" "$url/api/v1/Person/$person/Image"
done

command() {
    echo "portrait-server $*"
    "$server" "$@" --data "$folder/state/data"
}
for target in read-only hidden; do
    command backup "$folder/$target/backup"
    command backup "$folder/$target/backup"
    command export "$folder/$target/pictures"
    [[ $(find "$folder/$target/pictures" -name '*.png' | wc -l) == 3 ]]
    "$server" check --data "$folder/$target/backup"
    "$server" restore "$folder/$target/backup" --data "$folder/$target/restored"
    "$server" check --data "$folder/$target/restored"
    curl -sSf -o /dev/null -u tje0:Tje0 -X DELETE "$url/api/v1/Person/2/Image"
    command import "$folder/$target/pictures" | grep -F '1 pictures added, 2 were there already'
    printf '2001,Ada\n' >"$folder/$target/persons.csv"
    command persons import "$folder/$target/persons.csv"
done
