#!/usr/bin/env bash
# make_pictures.sh OUTDIR: real pictures from real encoders (ImageMagick and the libraries behind it), named for what
# they are. OUTDIR gets the accepted ones, OUTDIR/refused what is no PNG, JPEG, GIF or TIFF. Every picture is 97 x 61
# unless its name says otherwise; jpeg-12mb.jpg is 2200 x 1700.
set -euo pipefail

if [[ $# -ne 1 ]]; then
    echo "usage: make_pictures.sh OUTDIR" >&2
    exit 2
fi
if ! command -v convert > /dev/null; then
    echo "make_pictures.sh needs ImageMagick's convert (Debian package imagemagick)" >&2
    exit 3
fi
mkdir -p "$1/refused"
cd "$1"

# One process with one seed makes the pixels that all others encode.
source=source.miff
convert -seed 7 -size 97x61 plasma:tomato-steelblue -depth 8 "$source"
trap 'rm -f "$source" frame1.png frame2.png thumbnail.jpg' EXIT

# number BYTES VALUE ORDER: VALUE as that many bytes, the big or the little end first.
number() {
    local bytes=$1 value=$2 order=$3 index shift digits text=
    for ((index = 0; index < bytes; ++index)); do
        shift=$((8 * (order == 0 ? bytes - 1 - index : index)))
        printf -v digits '\\x%02x' $((value >> shift & 255))
        text+=$digits
    done
    printf '%b' "$text"
}
be() { number "$1" "$2" 0; }
le() { number "$1" "$2" 1; }
size_of() { stat -c %s "$1"; }

# with_exif IN OUT [THUMBNAIL]: splices an Exif segment in after SOI, with an orientation of 6 and a thumbnail.
with_exif() {
    local thumbnail=${3:-} bytes=0
    [[ -n $thumbnail ]] && bytes=$(size_of "$thumbnail")
    {
        printf '\xff\xd8\xff\xe1'
        be 2 $((2 + 6 + 26 + (bytes ? 42 : 0) + bytes))
        printf 'Exif\0\0II*\0'
        le 4 8
        le 2 1 && le 2 274 && le 2 3 && le 4 1 && le 4 6 # Orientation
        le 4 $((bytes ? 26 : 0))
        if ((bytes)); then
            le 2 3
            le 2 259 && le 2 3 && le 4 1 && le 4 6 # Compression: JPEG
            le 2 513 && le 2 4 && le 4 1 && le 4 68
            le 2 514 && le 2 4 && le 4 1 && le 4 "$bytes"
            le 4 0
            cat "$thumbnail"
        fi
        tail -c +3 "$1"
    } > "$2"
}

# png_chunk NAME: a chunk of what comes in; gzip knows the checksum that PNG uses.
png_chunk() {
    local content checksum
    content=$(mktemp)
    { printf '%s' "$1" && cat; } > "$content"
    be 4 $(($(size_of "$content") - 4))
    cat "$content"
    checksum=$(gzip -c "$content" | tail -c 8 | head -c 4 | od -An -tu4 --endian=little)
    be 4 "$checksum"
    rm -f "$content"
}

# frame_control SEQUENCE: the fcTL chunk of a whole frame of 97 x 61, shown for a tenth of a second.
frame_control() {
    { be 4 "$1" && be 4 97 && be 4 61 && be 4 0 && be 4 0 && be 2 1 && be 2 10 && be 2 0; } | png_chunk fcTL
}

# png_data FILE: what is in the IDAT chunk of a PNG that has IHDR, one IDAT and IEND.
png_data() { tail -c +42 "$1" | head -c -16; }

# encode OPTION… FILE: queues one encoding of the source; `run_encodings` does all that are queued in one process,
# because starting a process is most of the work.
encodings=()
encode() { encodings+=('(' "$source" "${@:1:$#-1}" -write "${*: -1}" -delete 0--1 ')'); }
run_encodings() {
    convert -respect-parentheses "${encodings[@]}" xc:none null:
    encodings=()
}

jpegs() {
    encode -quality 85 -interlace none jpeg-baseline.jpg
    encode -quality 85 -interlace JPEG jpeg-progressive.jpg
    encode -quality 85 -sampling-factor 1x1 -set comment "a comment" jpeg-comment.jpg
    encode -colorspace gray jpeg-grey.jpg
    encode -colorspace CMYK jpeg-cmyk.jpg
    encode -colorspace CMYK -interlace JPEG jpeg-cmyk-progressive.jpg
    encode -resize 32x20! thumbnail.jpg
    run_encodings
    with_exif jpeg-baseline.jpg jpeg-exif.jpg
    with_exif jpeg-progressive.jpg jpeg-exif-thumbnail.jpg thumbnail.jpg
    convert -seed 7 -size 2200x1700 xc:tomato +noise Random -quality 100 -sampling-factor 1x1 jpeg-12mb.jpg
}

pngs() {
    encode PNG24:png-truecolour.png
    encode -alpha on PNG32:png-truecolour-alpha.png
    encode -interlace PNG PNG24:png-interlaced.png
    encode -colors 60 PNG8:png-palette.png
    encode -depth 16 -define png:bit-depth=16 -define png:color-type=2 png-16bit.png
    encode -colorspace gray -define png:bit-depth=16 -define png:color-type=0 png-grey-16bit.png
    encode -monochrome -define png:bit-depth=1 -define png:color-type=0 png-1bit.png
    encode -colorspace gray -alpha on -define png:color-type=4 png-grey-alpha.png
    encode -roll +20+0 -define png:exclude-chunks=all PNG24:frame1.png
    encode -roll +40+0 -define png:exclude-chunks=all PNG24:frame2.png
    run_encodings
    {
        head -c 33 frame1.png
        { be 4 2 && be 4 0; } | png_chunk acTL
        frame_control 0
        png_data frame1.png | png_chunk IDAT
        frame_control 1
        { be 4 2 && png_data frame2.png; } | png_chunk fdAT
        printf '' | png_chunk IEND
    } > png-animated.png
}

gifs() {
    encode -colors 64 GIF87:gif-87a.gif
    encode -colors 64 -set comment "a comment" gif-89a.gif
    encode -colors 64 -interlace GIF gif-interlaced.gif
    encode -colors 16 -fuzz 10% -transparent tomato gif-transparent.gif
    run_encodings
    convert -delay 10 "$source" \( "$source" -roll +20+0 \) \( "$source" -roll +40+0 \) -loop 0 -colors 64 gif-animated.gif
}

tiffs() {
    encode -compress none -endian LSB tiff-little-endian.tif
    encode -compress none -endian MSB tiff-big-endian.tif
    encode -depth 16 -compress none -endian MSB tiff-big-endian-16bit.tif
    encode -depth 16 -compress zip -endian LSB tiff-little-endian-16bit.tif
    encode -depth 32 -define quantum:format=floating-point -compress lzw tiff-float.tif
    encode -monochrome -type bilevel -depth 1 -compress none tiff-1bit.tif
    encode -monochrome -compress Group4 tiff-1bit-g4.tif
    encode -colorspace gray tiff-grey.tif
    encode -colorspace CMYK tiff-cmyk.tif
    encode -colorspace Lab tiff-lab.tif
    encode -alpha on -compress lzw tiff-lzw-alpha.tif
    encode -colors 60 -type palette -compress lzw tiff-palette.tif
    encode -compress jpeg tiff-jpeg.tif
    encode -define tiff:tile-geometry=32x32 tiff-tiled.tif
    encode '(' +clone -resize 50x40! ')' '(' -clone 0 -resize 20x10! ')' tiff-multi-page.tif
    run_encodings
}

refused() {
    encode refused/webp.webp
    encode refused/bmp.bmp
    encode BMP2:refused/bmp-os2.bmp
    encode -resize 32x32! refused/icon.ico
    encode refused/jpeg-2000.jp2
    encode refused/photoshop.psd
    encode TIFF64:refused/bigtiff.tif
    encode refused/heic.heic
    encode refused/avif.avif
    run_encodings
    printf '%s\n' '<?xml version="1.0"?>' '<svg xmlns="http://www.w3.org/2000/svg" width="97" height="61"/>' \
        > refused/drawing.svg
    printf '%s\n' '%PDF-1.4' '1 0 obj<</Type/Catalog>>endobj' 'trailer<</Root 1 0 R>>' '%%EOF' > refused/document.pdf
}

# Starting a process is most of the work, so the groups run side by side, each with one thread.
export MAGICK_THREAD_LIMIT=1
groups=()
for group in jpegs pngs gifs tiffs refused; do
    $group &
    groups+=($!)
done
for group in "${groups[@]}"; do
    wait "$group"
done
