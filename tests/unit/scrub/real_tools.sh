#!/usr/bin/env bash
# real_tools.sh SCRUB_FILE: pictures by ImageMagick get every kind of metadata from exiftool; after a scrub exiftool must
# find none of it but the orientation and the profile, and ImageMagick the same pixels. A secret at any place where decoders
# don't look (hide.py) is gone after a scrub, and the pixels are those of the picture without it.
set -euo pipefail

scrub_file=$(realpath "$1")
hide=$(realpath "$(dirname "$0")/hide.py")
for tool in exiftool convert identify python3; do
    command -v "$tool" > /dev/null || { echo "needs $tool (libimage-exiftool-perl, imagemagick, python3)" >&2; exit 3; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export MAGICK_THREAD_LIMIT=1

fail() { echo "FAILED: $*" >&2; exit 1; }

# A matrix profile with sRGB's primaries; Debian has one in no package that is needed otherwise.
profile=$folder/profile.icc
python3 - "$profile" << 'PYTHON'
import struct, sys
def xyz(*values):
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)
text = b"portrait test profile\0"
curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233) + bytes(2)
tags = [
    (b"desc", b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)),
    (b"cprt", b"text" + bytes(4) + text),
    (b"wtpt", xyz(0.9642, 1, 0.8249)),
    (b"rXYZ", xyz(0.4361, 0.2225, 0.0139)), (b"gXYZ", xyz(0.3851, 0.7169, 0.0971)), (b"bXYZ", xyz(0.1431, 0.0606, 0.7141)),
    (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve),
]
table, data = struct.pack(">I", len(tags)), b""
start = 128 + 4 + 12 * len(tags)
for name, content in tags:
    table += name + struct.pack(">II", start + len(data), len(content))
    data += content + bytes(-len(content) % 4)
head = struct.pack(">I4x4s4s4s4s12s4s", start + len(data), b"\2\x10\0\0", b"mntr", b"RGB ", b"XYZ ",
                   struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp") + bytes(28)
head += struct.pack(">3i", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
open(sys.argv[1], "wb").write(head.ljust(128, b"\0") + table + data)
PYTHON

convert -seed 7 -size 97x61 plasma:tomato-steelblue -depth 8 source.png
convert source.png -resize 32x20! -strip thumbnail.jpg
convert source.png -strip -quality 90 baseline.jpg
convert source.png -strip -quality 90 -interlace JPEG progressive.jpg
convert source.png -strip -colorspace gray -quality 90 grey.jpg
convert source.png -strip -colorspace CMYK -quality 90 cmyk.jpg
convert source.png -strip -quality 90 -define jpeg:restart-interval=1 restarts.jpg
convert source.png -strip PNG24:truecolour.png
convert source.png -strip -colors 60 PNG8:palette.png
convert source.png -strip -alpha on -channel A -evaluate multiply 0.5 -interlace PNG PNG32:alpha.png
convert source.png -strip -depth 16 PNG48:deep.png
convert -delay 10 source.png \( source.png -roll +20+0 \) -loop 0 -strip -colors 64 animated.gif

mkdir clean
for picture in *.jpg truecolour.png palette.png alpha.png deep.png animated.gif; do
    "$scrub_file" "$picture" "clean/$picture" > /dev/null
done
cp truecolour.png clean/profile.png
exiftool -q -overwrite_original "-ICC_Profile<=$profile" clean/profile.png > /dev/null

orientation=2
for picture in *.jpg truecolour.png palette.png alpha.png deep.png; do
    [[ $picture == thumbnail.jpg ]] && continue
    tags=(-XMP-dc:Title=secret -XMP-exif:GPSLatitude=59.9 -EXIF:Make=secret -EXIF:UserComment=secret
        -EXIF:GPSLatitude=59.9 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=10.7 -EXIF:GPSLongitudeRef=E
        -n -EXIF:Orientation=$orientation)
    if [[ $picture == *.jpg ]]; then
        tags+=(-Comment=secret -IPTC:Caption-Abstract=secret "-EXIF:ThumbnailImage<=thumbnail.jpg")
    else
        tags+=(-PNG:Comment=secret -PNG:Author=secret "-PNG:ModifyDate=2026:01:02 03:04:05")
    fi
    [[ $picture =~ ^(grey|cmyk) ]] || tags+=("-ICC_Profile<=$profile")
    exiftool -q -m -overwrite_original "${tags[@]}" "$picture" > /dev/null
    [[ $picture == baseline.jpg ]] && cat thumbnail.jpg >> "$picture"
    orientation=$((orientation == 8 ? 2 : orientation + 1))
done
exiftool -q -m -overwrite_original -Comment=secret -XMP-dc:Title=secret animated.gif

# What exiftool tells of the file itself, of the picture, of the one tag that stays, and of the profile.
allowed='^(ExifTool|System|File|JFIF|PNG|PNG-pHYs|PNG-cICP|GIF|Adobe|APP14|Composite|ICC_Profile|ICC-header|ICC-view|ICC-meas)$'
checked=0
for picture in *.jpg truecolour.png palette.png alpha.png deep.png animated.gif; do
    [[ $picture == thumbnail.jpg ]] && continue
    [[ $(exiftool -G1 -s -a "$picture") == *secret* ]] || fail "$picture has nothing to remove"
    "$scrub_file" "$picture" "scrubbed-$picture" > receipt
    [[ -s receipt ]] || fail "$picture: nothing was removed"
    while IFS=$'\t' read -r group tag value; do
        [[ $group == IFD0 && $tag == Orientation ]] && continue
        [[ $group =~ $allowed ]] || fail "$picture still has $group:$tag = $value"
        [[ $tag =~ GPS|Comment|Thumbnail|Author|Title|ModifyDate$|Warning ]] && [[ $tag != FileModifyDate ]] &&
            fail "$picture still has $group:$tag = $value"
        :
    done < <(exiftool -G1 -s -a -u -ee3 -t "scrubbed-$picture")
    [[ $picture =~ ^(grey|cmyk|animated) || $(exiftool -s "scrubbed-$picture") == *ProfileDescription* ]] ||
        fail "$picture has no profile"
    grep -aq secret "scrubbed-$picture" && fail "$picture still holds a text"
    [[ $(identify -format '%# ' "$picture") == "$(identify -format '%# ' "scrubbed-$picture")" ]] ||
        fail "$picture: the pixels changed"
    [[ $(exiftool -n -s3 -IFD0:Orientation "$picture") == "$(exiftool -n -s3 -IFD0:Orientation "scrubbed-$picture")" ]] ||
        fail "$picture: the orientation changed"
    [[ $(exiftool -b -ICC_Profile "$picture" | sha256sum) == "$(exiftool -b -ICC_Profile "scrubbed-$picture" | sha256sum)" ]] ||
        fail "$picture: the profile changed"
    exiftool -s3 -Warning -Error "scrubbed-$picture" | grep . && fail "exiftool warns of scrubbed-$picture"
    ((++checked))
done
((checked == 10)) || fail "$checked pictures were checked"

mkdir hidden
hidden=0
for picture in clean/*; do
    python3 "$hide" "$picture" hidden
    pixels=$(identify -quiet -format '%# ' "$picture")
    name=$(basename "${picture%.*}")
    for file in hidden/"$name"-*; do
        "$scrub_file" "$file" scrubbed > /dev/null || fail "$file is refused"
        grep -aqE 'GPSSEC|SECRET' scrubbed && fail "$file still holds its secret"
        [[ $(identify -quiet -format '%# ' "${file##*.}:scrubbed") == "$pixels" ]] || fail "$file: the pixels changed"
        ((++hidden))
    done
done
((hidden > 300)) || fail "$hidden pictures with a secret were checked"
echo "$checked pictures checked, and $hidden with a secret"
