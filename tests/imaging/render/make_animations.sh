#!/usr/bin/env bash
# make_animations.sh OUTDIR: GIFs of 60 x 60 whose frames leave each other all that a GIF's frames can: the canvas, parts
# of it, or what was there before, with a transparent colour, without one, and with one in some frames alone.
set -euo pipefail
cd "$1"
export MAGICK_THREAD_LIMIT=1

whole=('(' -seed 11 -size 60x60 plasma:navy-orange ')')
lime=('(' -size 20x20 xc:lime -repage 60x60+10+10 ')')
red=('(' -size 20x20 xc:red -repage 60x60+30+30 ')')
# With a hole, and so with a transparent colour.
ring=('(' -size 24x24 xc:none -fill purple -draw 'circle 12,12 12,2' -fill none -stroke white -draw 'line 0,0 24,24'
    -repage 60x60+18+18 ')')

animate() { # animate NAME DISPOSAL FRAME…
    convert "${@:3}" -set delay 7 -set dispose "$2" -loop 0 "$1.gif"
}

for disposal in none background previous; do
    animate "whole-first-$disposal" "$disposal" "${whole[@]}" "${lime[@]}" "${red[@]}"
    animate "part-first-$disposal" "$disposal" "${lime[@]}" "${red[@]}" "${lime[@]}"
    animate "transparent-$disposal" "$disposal" "${ring[@]}" "${lime[@]}" "${ring[@]}"
    animate "transparent-later-$disposal" "$disposal" "${whole[@]}" "${ring[@]}" "${red[@]}" "${ring[@]}"
done
# Each frame another way.
convert '(' "${whole[@]}" -set dispose none ')' '(' "${lime[@]}" -set dispose previous ')' \
    '(' "${ring[@]}" -set dispose background ')' '(' "${red[@]}" -set dispose background ')' \
    '(' "${lime[@]}" -set dispose none ')' -set delay 7 -loop 0 each-another.gif
