#!/usr/bin/env bash
# Runs an example of embedding as its README describes, and checks its output and answers.
# usage: tests/embed.sh no_http|existing_server|httplib BINARY
set -euo pipefail
example=$1
binary=$(realpath "$2")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
convert -size 97x61 plasma: ada.jpg
echo text >text.txt

expect() { # expect EXPECTED FOUND
    [ "$1" = "$2" ] || { printf 'expected: %s\nfound:    %s\n' "$1" "$2"; exit 1; }
}
status() { curl -sS -m 20 -o answer -w '%{http_code}' "$@"; }
fails_with() { # fails_with CODE COMMAND…
    local expected=$1 code=0
    shift
    "$@" >out 2>err || code=$?
    expect "$expected" "$code"
}
# Starts the server and leaves its address in `address`.
start() {
    rm -f output # it may have the address of an earlier start
    "$binary" "$@" >output 2>errors &
    server=$!
    for _ in $(seq 300); do
        address=$(grep -m1 -o 'http://127.0.0.1:[0-9]*' output || true)
        [ -z "$address" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "$binary didn't start"
    cat errors
    exit 1
}
stop() {
    kill -INT "$server"
    wait "$server"
    server=
    expect ended "$(tail -n1 output)"
}

case $example in
no_http)
    "$binary" photos add 7 Ada
    expect "stored blob 1" "$("$binary" photos save 7 ada.jpg)"
    expect "replaced blob 1" "$("$binary" photos save 7 ada.jpg)"
    expect "blob 1, image/jpeg, 97 x 61, $(stat -c%s ada.jpg) bytes" "$("$binary" photos show 7)"
    "$binary" photos write 7 copy.jpg
    cmp ada.jpg copy.jpg
    fails_with 1 "$binary" photos save 7 text.txt
    expect "album: The bytes are not a PNG, JPEG, GIF or TIFF picture (image.unknown_format)" "$(cat err)"
    fails_with 1 "$binary" photos save 8 ada.jpg
    grep -q 'person.unknown' err
    fails_with 1 "$binary" photos save -7 ada.jpg
    grep -q 'person.invalid_id' err
    fails_with 2 "$binary" photos save 7
    expect "removed" "$("$binary" photos remove 7)"
    expect "there was no picture" "$("$binary" photos remove 7)"
    ;;
existing_server)
    start pictures
    ada=(-H "Authorization: Bearer ada's key")
    grace=(-H "Authorization: Bearer grace's key")
    image=$address/pictures/api/v1/Person/1/Image
    expect Ada "$(curl -sS -m 20 "$address/staff/1")"
    expect 404 "$(status "$address/staff/3")"
    expect 404 "$(status "$address/picturesapi/v1/Person/1/Image")"
    expect 401 "$(status "$image")"
    expect 404 "$(status "${ada[@]}" "$image")"
    expect 403 "$(status "${grace[@]}" -T ada.jpg -H 'Content-Type: image/jpeg' "$image")"
    expect 200 "$(status "${ada[@]}" -T ada.jpg -H 'Content-Type: image/jpeg' "$image")"
    expect 1 "$(cat answer)"
    expect 200 "$(status "${grace[@]}" "$image")"
    cmp ada.jpg answer
    expect 200 "$(status "${grace[@]}" -I "$image")"
    expect 400 "$(status "${ada[@]}" -T ada.jpg -H 'Content-Type: image/jpeg' "${image/Person\/1/Person\/3}")"
    stop
    start pictures # the picture was durable
    expect 200 "$(status "${ada[@]}" "$address/pictures/api/v1/Person/1/Image")"
    cmp ada.jpg answer
    expect 204 "$(status "${ada[@]}" -X DELETE "$address/pictures/api/v1/Person/1/Image")"
    stop
    ;;
httplib)
    start
    image=$address/api/v1/Person/7/Image
    expect 401 "$(status "$image")"
    expect 401 "$(status -u ada:wrong "$image")"
    expect 200 "$(status -u ada:lovelace -T ada.jpg -H 'Content-Type: image/jpeg' "$image")"
    expect 200 "$(status -u ada:lovelace "$image")"
    cmp ada.jpg answer
    expect 200 "$(status -u ada:lovelace -I "$image")"
    grep -qi "^content-length: $(stat -c%s ada.jpg)" answer
    expect 206 "$(status -u ada:lovelace -r 10-19 "$image")"
    cmp <(tail -c+11 ada.jpg | head -c10) answer
    expect 415 "$(status -u ada:lovelace -T text.txt -H 'Content-Type: text/plain' "$image")"
    expect 204 "$(status -u ada:lovelace -X DELETE "$image")"
    expect 404 "$(status -u ada:lovelace "$image")"
    stop
    ;;
*)
    echo "tests/embed.sh: Unknown example '$example'; no_http, existing_server and httplib are accepted" >&2
    exit 2
    ;;
esac
