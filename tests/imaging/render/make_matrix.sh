#!/usr/bin/env bash
# make_matrix.sh OUTDIR: the pictures of the rendering matrix beside those of support/make_pictures.sh: orientations,
# profiles, disposal methods, extreme shapes and camera sizes.
set -euo pipefail
cd "$1"
export MAGICK_THREAD_LIMIT=2
# ImageMagick as Debian ships it takes no side over 16,000 pixels; a policy that is found earlier counts instead.
mkdir magick
printf '%s\n' '<policymap>' '<policy domain="resource" name="width" value="64KP"/>' \
    '<policy domain="resource" name="height" value="64KP"/>' '</policymap>' > magick/policy.xml
export MAGICK_CONFIGURE_PATH=$PWD/magick

convert -seed 11 -size 120x80 plasma:navy-orange -depth 8 -fill white -draw 'rectangle 4,4 30,14' upright.miff
convert upright.miff -quality 95 jpeg-orientation-1.jpg
for orientation in 1 2 3 4 5 6 7 8; do
    ((orientation == 1)) || cp jpeg-orientation-1.jpg "jpeg-orientation-$orientation.jpg"
    exiftool -q -n -overwrite_original -Orientation="$orientation" "jpeg-orientation-$orientation.jpg"
    convert upright.miff -orient "$(sed -n "${orientation}p" <<< $'TopLeft\nTopRight\nBottomRight\nBottomLeft\nLeftTop\nRightTop\nRightBottom\nLeftBottom')" \
        -compress zip "tiff-orientation-$orientation.tif"
done
convert upright.miff -profile srgb.icc -quality 95 jpeg-srgb-profile.jpg
convert upright.miff -profile srgb.icc -profile cmyk.icc -quality 95 jpeg-cmyk-profile.jpg
convert upright.miff -profile srgb.icc -profile cmyk.icc -compress lzw tiff-cmyk-profile.tif
convert upright.miff -profile srgb.icc PNG24:png-srgb-profile.png
convert upright.miff -profile p3.icc PNG24:png-p3-profile.png
convert upright.miff -profile p3.icc -quality 95 jpeg-p3-profile.jpg
convert upright.miff -profile p3.icc -depth 16 tiff-p3-profile-16bit.tif
convert upright.miff -sampling-factor 4x1,1x1,1x1 -quality 90 jpeg-sampling-4x1.jpg
convert upright.miff -sampling-factor 2x1 -quality 90 jpeg-sampling-2x1.jpg
convert upright.miff -sampling-factor 1x2 -quality 90 -interlace JPEG jpeg-sampling-1x2-progressive.jpg
convert upright.miff -alpha on -channel A -fx 'i/w' +channel PNG32:png-alpha-gradient.png
convert upright.miff -alpha on -channel A -fx 'i/w' +channel -depth 16 -define png:color-type=6 -define png:bit-depth=16 png-alpha-16bit.png
convert upright.miff -colors 4 PNG8:png-palette-4-colours.png
convert upright.miff -colorspace gray -define png:color-type=0 -define png:bit-depth=4 png-grey-4bit.png
# Without gAMA and cHRM, which browsers honour and ImageMagick doesn't.
convert upright.miff -interlace PNG -colors 30 -define png:exclude-chunks=gAMA,cHRM PNG8:png-palette-interlaced.png
convert upright.miff -compress RLE tiff-packbits.tif
convert upright.miff -compress zip -interlace Plane tiff-planar.tif
convert upright.miff -compress lzw -define tiff:rows-per-strip=1 tiff-strip-a-row.tif
convert -delay 20 -dispose Background \( -size 60x60 xc:none -fill red -draw 'circle 20,20 20,5' \) \
    \( -size 60x60 xc:none -fill blue -draw 'circle 40,40 40,25' \) -loop 3 gif-dispose-background.gif
convert -delay 7 -dispose Previous \( upright.miff -resize 60x60! \) \( -size 20x20 xc:lime -repage 60x60+10+10 \) \
    \( -size 20x20 xc:red -repage 60x60+30+30 \) -loop 0 gif-dispose-previous.gif
convert -delay 5 -dispose None \( upright.miff -resize 60x60! \) \( -size 20x20 xc:lime -repage 60x60+10+10 \) \
    -loop 0 gif-dispose-none.gif
for type in png jpg gif tif; do convert -size 1x1 xc:teal "$type-1x1.$type"; done
convert -size 1x30000 gradient:red-blue png-1x30000.png
convert -size 30000x1 xc:green -quality 95 jpeg-30000x1.jpg
convert -size 1x30000 gradient:white-black -colors 32 gif-1x30000.gif
convert -seed 3 -size 1000x750 plasma:fractal -resize 4000x3000! -quality 88 jpeg-12mp.jpg
convert -seed 4 -size 1000x500 plasma:fractal -resize 10000x5000! -quality 80 jpeg-50mp.jpg
rm upright.miff
