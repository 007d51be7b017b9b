#!/usr/bin/env bash
# Tests the server on a full disk: on a file system in memory and, where the machine has loop devices, on ext4 with blocks
# of 4096 and of 1024 bytes. Pictures can be read, removed and erased, the server starts, and saves work again when there
# is room. Skipped (77) where nothing can be mounted.
# usage: full_disk.sh SERVER
set -euo pipefail
server=$1
if [[ ${2-} != mounted ]]; then
    for namespaces in --mount "--user --map-root-user --mount"; do
        # shellcheck disable=SC2086 # several words
        unshare $namespaces true 2>/dev/null && break
        namespaces=
    done
    [[ -n $namespaces ]] || { echo "No mount namespace can be made here"; exit 77; }
    # shellcheck disable=SC2086
    exec unshare $namespaces "$0" "$server" mounted
fi
mount --make-rprivate /

work=$(mktemp -d)
process=
stop() {
    [[ -z $process ]] || kill "-$1" "$process" 2>/dev/null || true
    wait 2>/dev/null || true
    process=
}
clean_up() {
    stop KILL
    umount "$work/disk" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
mkdir "$work/disk"
fail() {
    echo "$1"
    cat "$work/err"
    exit 1
}

# Pictures of 300 KB and of 2 KB: a whole one with random bytes behind its end.
base64 -d >"$work/start.png" <<'END'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
END
{ cat "$work/start.png"; head -c 300000 /dev/urandom; } >"$work/large.png"
{ cat "$work/start.png"; head -c 2000 /dev/urandom; } >"$work/small.png"

fill() {
    cat /dev/zero >"$work/disk/filler$1" 2>/dev/null || true
    sync -f "$work/disk"
    cat /dev/zero >>"$work/disk/filler$1" 2>/dev/null || true
}
# Returns 1 when the server ends by itself.
start() {
    : >"$work/out"
    "$server" --listen 127.0.0.1:0 --data "$work/disk/data" --demo --log-level warning \
        >"$work/out" 2>"$work/err" &
    process=$!
    for ((tries = 0; tries < 600; ++tries)); do
        grep -q 'listening on' "$work/out" && break
        kill -0 "$process" 2>/dev/null || return 1
        sleep 0.1
    done
    url=$(sed -n 's/.* listening on //p' "$work/out")
}
status() {
    curl -s -m 60 -o /dev/null -w '%{http_code}' -u tje0:Tje0 "$@"
}
put() { status -T "$work/$2.png" "$url/api/v1/Person/$1/Image"; }
get() { status "$url/api/v1/Person/$1/Image"; }
remove() { status -X DELETE "$url/api/v1/Person/$1/Image"; }
expect() {
    [[ $2 == "$3" ]] || fail "$1: got $2; $3 is expected"
}
# After a start that has ended.
expect_refusal() {
    local code=0
    wait "$process" || code=$?
    process=
    expect "the exit code on a full disk" "$code" 75
}
save_until_full() {
    local person=$1
    while [[ $(put "$person" large) == 200 ]]; do
        person=$((person + 1))
    done
    large_end=$person
    person=$((person + 100))
    while [[ $(put "$person" small) == 200 ]]; do
        person=$((person + 1))
    done
}

full_disk() {
    start || fail "The server doesn't start on an empty disk"
    save_until_full 1
    [[ $large_end -gt 20 ]] || fail "Only $large_end pictures fit"
    fill 1
    expect "GET on a full disk" "$(get 1)" 200
    expect "readiness on a full disk" "$(status "$url/readyz")" 200
    for person in 1 2 3; do
        expect "DELETE of person $person on a full disk" "$(remove $person)" 204
    done
    "$server" persons erase 4 --data "$work/disk/data" >"$work/receipt" 2>>"$work/err" ||
        fail "The erasure on a full disk isn't proven: $(cat "$work/receipt")"
    expect "GET of an erased person" "$(get 4)" 404
    for ((tries = 0; tries < 100; ++tries)); do
        saved=$(put 5 small)
        [[ $saved != 200 ]] || break
        sleep 0.1
    done
    expect "PUT when pictures were removed" "$saved" 200

    echo "  killed on a full disk"
    save_until_full 500
    fill 2
    stop KILL
    fill 3
    start || fail "The server doesn't start on a full disk"
    expect "GET after a start on a full disk" "$(get 6)" 200
    expect "DELETE after a start on a full disk" "$(remove 6)" 204

    echo "  stopped on a full disk"
    fill 4
    stop TERM
    fill 5
    start || fail "The server doesn't start again on a full disk"
    expect "GET after a stop on a full disk" "$(get 7)" 200
    expect "DELETE after a stop on a full disk" "$(remove 7)" 204

    echo "  without the key of sign-ins"
    stop TERM
    rm "$work/disk/data/sign-in.key"
    fill 6
    if start; then
        expect "GET without the key" "$(get 8)" 200
        stop TERM
    else
        expect_refusal
        grep -q "can't be written" "$work/err" || fail "The reason isn't named"
    fi

    echo "  without the reserve"
    rm "$work/disk/data/reserve"
    fill 7
    if start; then
        expect "GET without the reserve" "$(get 8)" 200
        expect "PUT without the reserve" "$(put 8 small)" 507
        stop TERM
    else
        expect_refusal
        grep -q 'the disk is full' "$work/err" || fail "The reason isn't named"
    fi

    echo "  with room again"
    rm "$work"/disk/filler*
    start || fail "The server doesn't start when there is room again"
    expect "GET when there is room again" "$(get 8)" 200
    expect "PUT when there is room again" "$(put 8 large)" 200
    stop TERM
    "$server" check --data "$work/disk/data" || fail "The folder is damaged"
}

echo "A file system in memory"
mount -t tmpfs -o size=24m none "$work/disk"
full_disk
umount "$work/disk"
for block in 4096 1024; do
    truncate -s 32M "$work/image"
    PATH=$PATH:/usr/sbin mkfs.ext4 -q -F -b $block -m 0 "$work/image"
    mount -o loop "$work/image" "$work/disk" 2>/dev/null || { echo "No loop device can be mounted here"; break; }
    echo "ext4 with blocks of $block bytes"
    full_disk
    umount "$work/disk"
    rm "$work/image"
done
