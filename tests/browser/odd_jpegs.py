"""Odd JPEG files, by cjpeg, jpegtran and ImageMagick's convert, and by a writer of flat blocks."""

import pathlib
import struct
import subprocess
import tempfile

from metadata import (ADOBE_RGB_COLUMNS, DISPLAY_P3_COLUMNS, PERCEPTUAL, PRO_PHOTO_COLUMNS, SRGB_COLUMNS, gamma_tag,
                      grey_profile, ink_profile, matrix_profile, orientation_entry, profile, rgb_table_profile,
                      rotated_profile, sampled_srgb_curve_tag, srgb_curve_tag, xyz_tag)
from picture import COLORS, HEIGHT, WIDTH, Picture, color_at, quadrant, textured_at

def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


SOI, EOI = b"\xff\xd8", b"\xff\xd9"
JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform):
    return segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))


# The standard table for DC, and one with the end of block alone for AC.
DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
DC_TABLE = bytes([0x00, *DC_COUNTS, *range(12)])
AC_TABLE = bytes([0x10, 1, *[0] * 15, 0])


def dc_codes():
    codes, code, symbol = {}, 0, 0
    for length, count in enumerate(DC_COUNTS, 1):
        for _ in range(count):
            codes[symbol] = f"{code:0{length}b}"
            code, symbol = code + 1, symbol + 1
        code *= 2
    return codes


def flat_scan(planes):
    """The compressed data of blocks that have one value each."""
    codes = dc_codes()
    bits, last = [], [0] * len(planes)
    for y in range(0, HEIGHT, 8):
        for x in range(0, WIDTH, 8):
            for index, plane in enumerate(planes):
                level = plane[quadrant(x, y)] - 128
                change, last[index] = level - last[index], level
                size = abs(change).bit_length()
                bits.append(codes[size])
                if size:
                    bits.append(f"{change if change > 0 else change + (1 << size) - 1:0{size}b}")
                bits.append("0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def flat_jpeg(planes, *before, ids=None, height=HEIGHT):
    """A baseline JPEG without subsampling; `planes` has the samples of each component in the four quadrants."""
    ids = ids or list(range(1, len(planes) + 1))
    frame = struct.pack(">BHHB", 8, height, WIDTH, len(planes)) + b"".join(bytes([name, 0x11, 0]) for name in ids)
    scan = bytes([len(planes)]) + b"".join(bytes([name, 0]) for name in ids) + bytes([0, 63, 0])
    return (SOI + b"".join(before) + segment(0xDB, bytes([0] + [8] * 64)) + segment(0xC0, frame) +
            segment(0xC4, DC_TABLE + AC_TABLE) + segment(0xDA, scan) + flat_scan(planes) + EOI)


def ycc(color):
    red, green, blue = color
    return (round(0.299 * red + 0.587 * green + 0.114 * blue),
            round(128 - 0.168736 * red - 0.331264 * green + 0.5 * blue),
            round(128 + 0.5 * red - 0.418688 * green - 0.081312 * blue))


def planes_of(colors):
    return [list(plane) for plane in zip(*colors)]


def icc_segments(icc, parts=1):
    size = -(-len(icc) // parts)
    return [segment(0xE2, b"ICC_PROFILE\0" + bytes([part + 1, parts]) + icc[part * size:(part + 1) * size])
            for part in range(parts)]


def exif(*arguments):
    return segment(0xE1, b"Exif\0\0" + orientation_entry(*arguments))


def encoded(*options, textured=False, grey=False):
    """A JPEG by cjpeg."""
    pixel = textured_at if textured else color_at
    source = b"P6 %d %d 255\n" % (WIDTH, HEIGHT)
    source += bytes(sample for y in range(HEIGHT) for x in range(WIDTH) for sample in pixel(x, y))
    options = ["-quality", "95", *(["-grayscale"] if grey else []), *options]
    return subprocess.run(["cjpeg", *options], input=source, capture_output=True, check=True).stdout


def transcoded(content, *options):
    return subprocess.run(["jpegtran", *options], input=content, capture_output=True, check=True).stdout


def with_segments(content, *segments):
    """Segments behind JFIF's."""
    return content[:20] + b"".join(segments) + content[20:]


def segments_of(content):
    """Pairs of marker and offset of all segments with a length, in their order."""
    at, found = 2, []
    while True:
        at = content.index(b"\xff", at)
        marker = content[at + 1]
        if marker == 0xD9:
            return found
        if marker in (0, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 2 if marker != 0xFF else 1
            continue
        found.append((marker, at))
        at += 2 + struct.unpack(">H", content[at + 2:at + 4])[0]


def offsets(content, marker):
    return [at for found, at in segments_of(content) if found == marker]


SAMPLINGS = {"444": "1x1", "422": "2x1", "420": "2x2", "411": "4x1", "440": "1x2"}


def jpeg(name, content, reason, cut=False):
    return Picture(name, content, reason, lossy=True, cut=cut)


def types():
    for name, sampling in SAMPLINGS.items():
        yield jpeg(f"jpeg-{name}", encoded("-sample", sampling), f"baseline, {name}")
        yield jpeg(f"jpeg-{name}-progressive", encoded("-progressive", "-sample", sampling), f"progressive, {name}")
    yield jpeg("jpeg-444-optimized", encoded("-optimize", "-sample", "1x1"), "Huffman tables of its own")
    yield jpeg("jpeg-grey", encoded(grey=True), "baseline, grey")
    yield jpeg("jpeg-grey-progressive", encoded("-progressive", grey=True), "progressive, grey")
    yield jpeg("jpeg-rgb", encoded("-rgb"), "RGB, by Adobe's marker")
    yield jpeg("jpeg-arithmetic", encoded("-arithmetic"), "arithmetic coding")
    yield jpeg("jpeg-restarts", encoded("-restart", "2B"), "restart markers")
    yield jpeg("jpeg-restarts-progressive", encoded("-progressive", "-restart", "1"), "progressive with restart markers")
    with tempfile.NamedTemporaryFile("w") as script:
        script.write("0;\n1;\n2;\n")
        script.flush()
        yield jpeg("jpeg-scan-for-each-component", encoded("-scans", script.name), "baseline, a scan for each component")
    rgb = planes_of(COLORS)
    luma = planes_of([ycc(color) for color in COLORS])
    yield jpeg("jpeg-rgb-ids", flat_jpeg(rgb, ids=list(b"RGB")), "RGB, by the names of the components alone")
    yield jpeg("jpeg-rgb-adobe", flat_jpeg(rgb, adobe(0)), "RGB, by Adobe's marker alone")
    yield jpeg("jpeg-rgb-jfif-adobe", flat_jpeg(rgb, JFIF, adobe(0)), "JFIF's marker and Adobe's for RGB")
    yield jpeg("jpeg-ycc-ids-rgb-jfif", flat_jpeg(luma, JFIF, ids=list(b"RGB")), "YCC by JFIF, components named RGB")
    yield jpeg("jpeg-ycc-bare", flat_jpeg(luma), "YCC without any marker")
    yield jpeg("jpeg-ycc-ids-0", flat_jpeg(luma, JFIF, ids=[0, 1, 2]), "YCC with components 0, 1 and 2")
    yield jpeg("jpeg-ycc-ids-odd", flat_jpeg(luma, ids=[7, 8, 9]), "components 7, 8 and 9 without any marker")
    yield jpeg("jpeg-ycc-adobe", flat_jpeg(luma, adobe(1)), "YCC, by Adobe's marker")
    yield jpeg("jpeg-ycc-adobe-unknown", flat_jpeg(luma, adobe(7)), "Adobe's marker with an unknown transform")
    yield jpeg("jpeg-two-components", flat_jpeg(rgb[:2], JFIF), "two components")


def inks():
    """CMYK and YCCK; Adobe's programs store inverted values, 255 is no ink."""
    inks = [(30, 200, 190, 20), (190, 30, 200, 30), (200, 180, 20, 25), (20, 25, 140, 5)]
    inverted = [tuple(255 - sample for sample in ink) for ink in inks]
    # YCC of CMY is that of the opposite colours: decoders return 255 - R as C.
    luma = [(*ycc(ink[:3]), stored[3]) for ink, stored in zip(inks, inverted)]
    luma_of_inks = [(*ycc(stored[:3]), ink[3]) for ink, stored in zip(inks, inverted)]
    for name, icc in (("", []), ("-profile", icc_segments(ink_profile()))):
        also = " with a profile" if icc else ""
        yield jpeg(f"jpeg-cmyk-adobe{name}", flat_jpeg(planes_of(inverted), adobe(0), *icc), f"CMYK as Adobe stores it{also}")
        yield jpeg(f"jpeg-cmyk-bare{name}", flat_jpeg(planes_of(inks), *icc), f"CMYK without Adobe's marker{also}")
        yield jpeg(f"jpeg-ycck-adobe{name}", flat_jpeg(planes_of(luma), adobe(2), *icc), f"YCCK as Adobe stores it{also}")
    perceptual = icc_segments(ink_profile(PERCEPTUAL))
    yield jpeg("jpeg-cmyk-adobe-profile-perceptual", flat_jpeg(planes_of(inverted), adobe(0), *perceptual),
               "a CMYK profile for one intent")
    yield jpeg("jpeg-cmyk-bare-inverted", flat_jpeg(planes_of(inverted)), "inverted CMYK without Adobe's marker")
    yield jpeg("jpeg-cmyk-jfif", flat_jpeg(planes_of(inks), JFIF), "CMYK with JFIF's marker alone")
    yield jpeg("jpeg-cmyk-ids", flat_jpeg(planes_of(inks), ids=list(b"CMYK")), "components named CMYK")
    yield jpeg("jpeg-cmyk-adobe-not-inverted", flat_jpeg(planes_of(inks), adobe(0)), "Adobe's marker, but 255 is full ink")
    yield jpeg("jpeg-ycck-adobe-not-inverted", flat_jpeg(planes_of(luma_of_inks), adobe(2)), "YCCK, but 255 is full ink")
    yield jpeg("jpeg-cmyk-adobe-unknown", flat_jpeg(planes_of(inverted), adobe(7)), "CMYK with an unknown transform")
    srgb = icc_segments(matrix_profile(SRGB_COLUMNS, srgb_curve_tag()))
    yield jpeg("jpeg-cmyk-rgb-profile", flat_jpeg(planes_of(inverted), adobe(0), *srgb), "an RGB profile in a CMYK picture")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "inks.jpg"
        raw = bytes(sample for y in range(HEIGHT) for x in range(WIDTH) for sample in inks[quadrant(x, y)])
        subprocess.run(["convert", "-size", f"{WIDTH}x{HEIGHT}", "-depth", "8", "cmyk:-", "-quality", "95", path],
                       input=raw, check=True)
        content = path.read_bytes()
    yield jpeg("jpeg-cmyk-magick", content, "CMYK by ImageMagick")
    yield jpeg("jpeg-cmyk-magick-progressive", transcoded(content, "-progressive", "-copy", "all"), "progressive CMYK")


def orientations():
    plain = encoded("-sample", "1x1")
    for orientation in range(1, 9):
        yield jpeg(f"jpeg-orientation-{orientation}", with_segments(plain, exif(orientation)), f"orientation {orientation}")
    yield jpeg("jpeg-orientation-6-subsampled", with_segments(encoded(), exif(6)), "orientation 6, 4:2:0")
    yield jpeg("jpeg-orientation-6-little-endian", with_segments(plain, exif(6, 3, "<")), "orientation 6 in little endian")
    for order, name in ((">", "big"), ("<", "little")):
        yield jpeg(f"jpeg-orientation-6-long-{name}-endian", with_segments(plain, exif(6, 4, order)),
                   "orientation stored as LONG")
    yield jpeg("jpeg-orientation-0", with_segments(plain, exif(0)), "orientation 0")
    yield jpeg("jpeg-orientation-9", with_segments(plain, exif(9)), "orientation 9")
    yield jpeg("jpeg-orientation-twice", with_segments(plain, exif(3), exif(6)), "two EXIF segments that contradict each other")
    yield jpeg("jpeg-orientation-before-jfif", SOI + exif(6) + plain[2:], "EXIF before JFIF")
    yield jpeg("jpeg-orientation-late", plain[:offsets(plain, 0xDA)[0]] + exif(6) + plain[offsets(plain, 0xDA)[0]:],
               "EXIF behind the frame header")
    broken = segment(0xE1, b"Exif\0\0MM\0\x2a\0\0\xff\xff")
    yield jpeg("jpeg-exif-broken", with_segments(plain, broken), "EXIF's directory is outside the segment")


def profiles():
    plain = encoded("-sample", "1x1")
    grey = encoded(grey=True)
    curve = srgb_curve_tag()
    wide = matrix_profile(PRO_PHOTO_COLUMNS, gamma_tag(1.8))
    junk = matrix_profile(PRO_PHOTO_COLUMNS, b"junk" * 6)
    no_curve = profile([(name, xyz_tag(column)) for name, column in zip([b"rXYZ", b"gXYZ", b"bXYZ"], PRO_PHOTO_COLUMNS)])
    for name, icc, reason in (
            ("srgb", matrix_profile(SRGB_COLUMNS, curve), "sRGB, version 4"),
            ("srgb-version-2", matrix_profile(SRGB_COLUMNS, sampled_srgb_curve_tag(), version=0x02100000), "sRGB, version 2"),
            ("wide", wide, "a wide gamut"),
            ("display-p3", matrix_profile(DISPLAY_P3_COLUMNS, curve), "Display P3"),
            ("adobe-rgb", matrix_profile(ADOBE_RGB_COLUMNS, gamma_tag(2.19921875), version=0x02100000), "Adobe RGB"),
            ("rotated", rotated_profile(), "a profile that exchanges the colours"),
            ("table", rgb_table_profile(), "a lookup table that exchanges the colours"),
            ("table-perceptual", rgb_table_profile(PERCEPTUAL), "a lookup table for one intent"),
            ("junk-curve", junk, "the curves are junk"),
            ("no-curve", no_curve, "the curves are missing"),
            ("link", rotated_profile(kind=b"link"), "a profile of class link"),
            ("abstract", rotated_profile(kind=b"abst"), "a profile of class abstract"),
            ("scanner", rotated_profile(kind=b"scnr"), "a profile of class scanner"),
            ("printer", rotated_profile(kind=b"prtr"), "a profile of class printer with a matrix"),
            ("version-9", rotated_profile(version=0x09000000), "a profile of version 9"),
            ("no-signature", rotated_profile().replace(b"acsp", b"oddy"), "the signature is wrong"),
            ("cut", rotated_profile()[:300], "the profile is cut off"),
            ("longer", rotated_profile() + b"junk" * 20, "junk after the profile"),
            ("junk", b"no profile at all" * 20, "junk"),
            ("empty", b"", "no bytes"),
            ("grey", grey_profile(1.0), "a grey profile in a colour picture"),
            ("inks", ink_profile(), "a CMYK profile in an RGB picture")):
        yield jpeg(f"jpeg-profile-{name}", with_segments(plain, *icc_segments(icc)), reason)
    yield jpeg("jpeg-profile-in-parts", with_segments(plain, *icc_segments(rotated_profile(), 4)), "a profile in four segments")
    yield jpeg("jpeg-profile-parts-reversed", with_segments(plain, *icc_segments(rotated_profile(), 4)[::-1]),
               "the segments of the profile are reversed")
    yield jpeg("jpeg-profile-part-missing", with_segments(plain, *icc_segments(rotated_profile(), 4)[:3]),
               "a segment of the profile is missing")
    yield jpeg("jpeg-grey-profile", with_segments(grey, *icc_segments(grey_profile(1.0))), "a grey profile of gamma 1")
    yield jpeg("jpeg-grey-profile-linear-rgb",
               with_segments(grey, *icc_segments(matrix_profile(SRGB_COLUMNS, gamma_tag(1.0)))), "an RGB profile in grey")
    yield jpeg("jpeg-rgb-profile", flat_jpeg(planes_of(COLORS), adobe(0), *icc_segments(rotated_profile())),
               "RGB with a profile")


def damage():
    baseline = encoded("-sample", "1x1", textured=True)
    subsampled = encoded(textured=True)
    progressive = encoded("-progressive", textured=True)
    for name, content in (("baseline", baseline), ("420", subsampled)):
        start = offsets(content, 0xDA)[0]
        for percent in (1, 30, 60, 95):
            at = start + 12 + (len(content) - start) * percent // 100
            yield jpeg(f"jpeg-cut-{name}-{percent}", content[:at], f"cut off after {percent} % of its scan", cut=True)
    yield jpeg("jpeg-cut-before-scan", baseline[:offsets(baseline, 0xDA)[0]], "cut off before its first scan", cut=True)
    scans, tables = offsets(progressive, 0xDA), offsets(progressive, 0xC4)
    for number in (1, 2, len(scans)):
        begin = scans[number - 1]
        end = min((at for _, at in segments_of(progressive) if at > begin), default=len(progressive))
        yield jpeg(f"jpeg-cut-progressive-scan-{number}", progressive[:(begin + 12 + end) // 2],
                   f"progressive, cut off in scan {number}", cut=True)
    later = [at for at in tables if at > scans[2]][0]
    yield jpeg("jpeg-cut-progressive-table", progressive[:later + 12], "progressive, cut off in a later DHT", cut=True)
    yield jpeg("jpeg-cut-progressive-between", progressive[:later], "progressive, cut off after some scans", cut=True)
    broken = progressive[:later + 5] + b"\xfe" * 16 + progressive[later + 21:]
    yield jpeg("jpeg-progressive-bad-table", broken, "progressive, a later DHT has wrong counts", cut=True)
    first = [at for at in tables if at < scans[0]][0]
    early = progressive[:first + 5] + b"\xfe" * 16 + progressive[first + 21:]
    yield jpeg("jpeg-progressive-bad-first-table", early, "progressive, the first DHT has wrong counts", cut=True)
    for number in (2, len(scans)):
        damaged = bytearray(progressive)
        damaged[scans[number - 1] + 30] ^= 0x10
        yield jpeg(f"jpeg-progressive-bad-byte-{number}", bytes(damaged), f"progressive, one byte of scan {number} is wrong",
                   cut=True)
    restarts = encoded("-restart", "2B", "-sample", "1x1", textured=True)
    marks = [at for at in range(offsets(restarts, 0xDA)[0] + 12, len(restarts) - 2)
             if restarts[at] == 0xFF and 0xD0 <= restarts[at + 1] <= 0xD7]
    wrong = bytearray(restarts)
    wrong[marks[10] + 1] ^= 3
    yield jpeg("jpeg-restart-wrong", bytes(wrong), "a restart marker has the wrong number", cut=True)
    yield jpeg("jpeg-restart-missing", restarts[:marks[10]] + restarts[marks[11]:], "a restart interval is missing", cut=True)
    byte = bytearray(baseline)
    byte[(offsets(baseline, 0xDA)[0] + len(baseline)) // 2] ^= 0x10
    yield jpeg("jpeg-bad-byte", bytes(byte), "one byte of the scan is wrong", cut=True)
    yield jpeg("jpeg-no-end", baseline[:-2], "EOI is missing", cut=True)
    yield jpeg("jpeg-trailing-junk", baseline + b"junk" * 50, "junk after EOI")
    yield jpeg("jpeg-second-picture", baseline + encoded(grey=True), "another picture after EOI")
    yield jpeg("jpeg-fill-bytes", baseline[:20] + b"\xff" * 9 + baseline[20:], "fill bytes before a marker")
    yield jpeg("jpeg-junk-before-marker", baseline[:20] + b"junk" * 3 + baseline[20:], "junk before a marker")
    yield jpeg("jpeg-height-0", flat_jpeg(planes_of(COLORS), adobe(0), height=0), "height 0, and DNL is missing")
    with_height = flat_jpeg(planes_of(COLORS), adobe(0), height=0)
    yield jpeg("jpeg-height-by-dnl", with_height[:-2] + segment(0xDC, struct.pack(">H", HEIGHT)) + EOI, "height by DNL")
    taller = baseline.replace(struct.pack(">HH", HEIGHT, WIDTH), struct.pack(">HH", HEIGHT * 2, WIDTH), 1)
    yield jpeg("jpeg-too-tall", taller, "the frame header has twice the height of the scan", cut=True)
    no_tables = baseline[:offsets(baseline, 0xC4)[0]] + baseline[offsets(baseline, 0xDA)[0]:]
    yield jpeg("jpeg-no-tables", no_tables, "Motion JPEG: the Huffman tables are missing")


def pictures():
    for group in (types, inks, orientations, profiles, damage):
        yield from group()
