"""Odd PNG files."""

import struct
import zlib

from metadata import (ADOBE_RGB_COLUMNS, PERCEPTUAL, PRO_PHOTO_COLUMNS, gamma_tag, grey_profile, ink_profile, matrix_profile,
                      orientation_entry, rgb_table_profile, rotated_profile)
from picture import ALPHAS, COLORS, GREEN, GREYS, HEIGHT, WIDTH, Picture, quadrant, textured_at

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
PNG_NAMES = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey-alpha", RGB_ALPHA: "rgb-alpha"}
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
DEPTHS = {GREY: [1, 2, 4, 8, 16], RGB: [8, 16], PALETTE: [1, 2, 4, 8], GREY_ALPHA: [8, 16], RGB_ALPHA: [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name, content=b"", checksum=None):
    if checksum is None:
        checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def bad_chunk(name, content=b""):
    return chunk(name, content, zlib.crc32(name + content) ^ 0x55)


def head(color, depth, interlaced=False, width=WIDTH, height=HEIGHT):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))


def samples_at(x, y, color, depth):
    """The samples of a pixel of the quadrants in a PNG of this type."""
    place = quadrant(x, y)
    most = (1 << depth) - 1
    wide = 257 if depth == 16 else 1
    if color == PALETTE:
        return (place % (most + 1),)
    if color in (GREY, GREY_ALPHA):
        grey = round(GREYS[place] * most / 255)
        return (grey,) if color == GREY else (grey, ALPHAS[place] * wide)
    shown = tuple(sample * wide for sample in COLORS[place])
    return shown if color == RGB else (*shown, ALPHAS[place] * wide)


def packed(row, depth):
    if depth == 16:
        return struct.pack(f">{len(row)}H", *row)
    bits = 0
    for sample in row:
        bits = bits << depth | sample
    missing = -len(row) * depth % 8
    return (bits << missing).to_bytes((len(row) * depth + 7) // 8, "big")


def paeth(left, above, corner):
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


def filtered(row, above, step, kind):
    shown = bytearray([kind])
    for index, sample in enumerate(row):
        left = row[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        guess = (0, left, above[index], (left + above[index]) // 2, paeth(left, above[index], corner))[kind]
        shown.append((sample - guess) % 256)
    return bytes(shown)


def scanlines(color, depth, interlaced=False, pixel=None, width=WIDTH, height=HEIGHT):
    """Filtered rows; each filter has its turn."""
    pixel = pixel or (lambda x, y: samples_at(x, y, color, depth))
    step = max(1, CHANNELS[color] * depth // 8)
    lines = b""
    for left, top, across, down in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        above = None
        for number, y in enumerate(range(top, height, down)):
            row = packed([sample for x in range(left, width, across) for sample in pixel(x, y)], depth)
            if row:
                lines += filtered(row, above or bytes(len(row)), step, number % 5)
                above = row
    return lines


def data_chunks(lines, size=None, level=9):
    packed_lines = zlib.compress(lines, level)
    size = size or len(packed_lines)
    return b"".join(chunk(b"IDAT", packed_lines[at:at + size]) for at in range(0, len(packed_lines), size))


def palette_chunk(count=4):
    return chunk(b"PLTE", bytes(sample for index in range(count) for sample in COLORS[index % 4]))


def png(*before, color=RGB, depth=8, interlaced=False, pixel=None, end=chunk(b"IEND"), **data):
    """A PNG with these chunks between IHDR and IDAT."""
    lines = scanlines(color, depth, interlaced, pixel)
    return SIGNATURE + head(color, depth, interlaced) + b"".join(before) + data_chunks(lines, **data) + end


def gamma(value):
    return chunk(b"gAMA", struct.pack(">I", round(value * 100000)))


def chromaticities(*numbers):
    return chunk(b"cHRM", struct.pack(">8I", *(round(number * 100000) for number in numbers)))


SRGB_CHROMATICITIES = chromaticities(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
WIDE_CHROMATICITIES = chromaticities(0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046)


def embedded(icc, compressed=None):
    return chunk(b"iCCP", b"odd\0\0" + (zlib.compress(icc, 9) if compressed is None else compressed))


def code_points(primaries, transfer, matrix=0, full=1):
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def types():
    for color, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                before = [palette_chunk(min(4, 1 << depth))] if color == PALETTE else []
                name = f"png-{PNG_NAMES[color]}-{depth}{'-interlaced' if interlaced else ''}"
                reason = f"colour type {color} with {depth} bits{', Adam7' if interlaced else ''}"
                yield Picture(name, png(*before, color=color, depth=depth, interlaced=interlaced), reason)


def transparency():
    def key(*samples):
        return chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))

    yield Picture("png-key-grey-8", png(key(GREYS[1]), color=GREY), "tRNS names a grey")
    yield Picture("png-key-grey-2", png(key(2), color=GREY, depth=2), "tRNS names a grey of two bits")
    yield Picture("png-key-grey-16", png(key(GREYS[1] * 257), color=GREY, depth=16), "tRNS names a grey of 16 bits")
    yield Picture("png-key-rgb-8", png(key(*GREEN)), "tRNS names a colour")
    yield Picture("png-key-rgb-8-interlaced", png(key(*GREEN), interlaced=True), "tRNS names a colour, Adam7")
    yield Picture("png-key-rgb-16", png(key(*(sample * 257 for sample in GREEN)), depth=16), "tRNS names a colour of 16 bits")
    near = key(*(sample * 257 + 1 for sample in GREEN))
    yield Picture("png-key-rgb-16-near", png(near, depth=16), "tRNS names a colour that only its low bytes distinguish")
    high = key(*(sample + 256 for sample in GREEN))
    yield Picture("png-key-rgb-8-high-bits", png(high), "tRNS of 8-bit colours has bits set above the eighth")
    alphas = chunk(b"tRNS", bytes(ALPHAS))
    yield Picture("png-palette-alpha", png(palette_chunk(), alphas, color=PALETTE), "tRNS has an alpha for each entry")
    short = chunk(b"tRNS", bytes([255, 100]))
    yield Picture("png-palette-alpha-short", png(palette_chunk(), short, color=PALETTE), "tRNS is shorter than PLTE")
    long = chunk(b"tRNS", bytes(ALPHAS + [9, 9]))
    yield Picture("png-palette-alpha-long", png(palette_chunk(), long, color=PALETTE), "tRNS is longer than PLTE")
    profile_chunk = embedded(matrix_profile(ADOBE_RGB_COLUMNS, gamma_tag(2.2)))
    for color in (GREY_ALPHA, RGB_ALPHA):
        icc = embedded(grey_profile(1.8)) if color == GREY_ALPHA else profile_chunk
        for depth in (8, 16):
            yield Picture(f"png-{PNG_NAMES[color]}-{depth}-profile", png(icc, color=color, depth=depth),
                          f"{depth}-bit alpha of 255, 128, 0 and 64 with a colour profile")


def color_spaces():
    for value in (1.0, 0.45455, 0.4545, 0.435, 0.43, 0.475, 0.48, 0.5, 0.55, 0.0, 20.0):
        yield Picture(f"png-gamma-{value:g}", png(gamma(value)), f"gAMA {value:g} alone")
    yield Picture("png-gamma-1-grey", png(gamma(1), color=GREY), "gAMA 1 of a grey picture")
    yield Picture("png-gamma-1-grey-16", png(gamma(1), color=GREY, depth=16), "gAMA 1 of a grey picture of 16 bits")
    yield Picture("png-gamma-1-palette", png(gamma(1), palette_chunk(), color=PALETTE), "gAMA 1 of a palette")
    yield Picture("png-gamma-1-rgb-16", png(gamma(1), depth=16), "gAMA 1 of 16 bits")
    for name, chunk_of_values in (("srgb", SRGB_CHROMATICITIES), ("wide", WIDE_CHROMATICITIES)):
        yield Picture(f"png-chromaticities-{name}", png(chunk_of_values), "cHRM alone")
        for value in (0.45455, 1.0):
            yield Picture(f"png-gamma-{value:g}-chromaticities-{name}", png(gamma(value), chunk_of_values),
                          f"gAMA {value:g} with cHRM")
    zeros = chromaticities(0, 0, 0, 0, 0, 0, 0, 0)
    yield Picture("png-gamma-chromaticities-zero", png(gamma(0.45455), zeros), "gAMA with a cHRM of zeros")
    flat = chromaticities(0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.64, 0.33)
    yield Picture("png-gamma-1-chromaticities-flat", png(gamma(1), flat), "gAMA 1 with a cHRM of three equal primaries")
    warm = chromaticities(0.3457, 0.3585, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    yield Picture("png-gamma-1-chromaticities-d50", png(gamma(1), warm), "gAMA 1 with a cHRM whose white is D50")
    yield Picture("png-gamma-twice", png(gamma(1), gamma(0.45455)), "two gAMA chunks that contradict each other")
    yield Picture("png-gamma-1-alpha", png(gamma(1), color=RGB_ALPHA), "gAMA 1 with alpha")
    srgb = chunk(b"sRGB", b"\0")
    yield Picture("png-srgb", png(srgb), "sRGB alone")
    yield Picture("png-srgb-gamma-1", png(gamma(1), srgb), "sRGB with a gAMA that contradicts it")
    yield Picture("png-srgb-gamma-1-chromaticities-wide", png(gamma(1), srgb, WIDE_CHROMATICITIES),
                  "sRGB with gAMA and cHRM that contradict it")
    rotated = embedded(rotated_profile())
    yield Picture("png-profile-rotated", png(rotated), "a profile that exchanges the colours")
    yield Picture("png-profile-gamma-1", png(gamma(1), rotated), "iCCP with a gAMA that contradicts it")
    yield Picture("png-profile-srgb-chunk", png(srgb, rotated), "iCCP and sRGB, which exclude each other")
    yield Picture("png-profile-wide", png(embedded(matrix_profile(PRO_PHOTO_COLUMNS, gamma_tag(1.8)))), "a wide gamut")
    yield Picture("png-profile-wide-16", png(embedded(matrix_profile(PRO_PHOTO_COLUMNS, gamma_tag(1.8))), depth=16),
                  "a wide gamut, 16 bits")
    yield Picture("png-profile-palette", png(rotated, palette_chunk(), color=PALETTE), "a profile of a palette")
    yield Picture("png-profile-table", png(embedded(rgb_table_profile())), "a profile with a lookup table")
    yield Picture("png-profile-table-perceptual", png(embedded(rgb_table_profile(PERCEPTUAL))), "a lookup table for one intent")
    yield Picture("png-profile-junk", png(embedded(b"no profile at all" * 9)), "iCCP has junk")
    yield Picture("png-profile-no-deflate", png(embedded(b"", b"junk" * 9)), "iCCP is not compressed by deflate")
    yield Picture("png-profile-inks", png(embedded(ink_profile())), "a CMYK profile in an RGB picture")
    yield Picture("png-profile-grey-in-rgb", png(embedded(grey_profile(1.0))), "a grey profile in an RGB picture")
    yield Picture("png-profile-grey-in-rgb-gamma-1", png(gamma(1), embedded(grey_profile(1.0))),
                  "a grey profile in an RGB picture, and gAMA 1")
    yield Picture("png-profile-rgb-in-grey", png(rotated, color=GREY), "an RGB profile in a grey picture")
    wide_in_grey = embedded(matrix_profile(PRO_PHOTO_COLUMNS, gamma_tag(1.0)))
    yield Picture("png-profile-linear-rgb-in-grey", png(wide_in_grey, color=GREY), "a linear RGB profile in a grey picture")
    yield Picture("png-profile-grey", png(embedded(grey_profile(1.0)), color=GREY), "a grey profile of gamma 1")
    yield Picture("png-profile-junk-gamma-1", png(gamma(1), embedded(b"no profile at all" * 9)), "iCCP has junk, gAMA is 1")
    for primaries in (1, 9, 12):
        for transfer in (1, 8, 13):
            yield Picture(f"png-code-points-{primaries}-{transfer}", png(code_points(primaries, transfer)),
                          f"cICP with primaries {primaries} and transfer {transfer}")
    for primaries, transfer in ((5, 13), (6, 13), (11, 13), (1, 4), (1, 5), (1, 7), (1, 17)):
        yield Picture(f"png-code-points-{primaries}-{transfer}", png(code_points(primaries, transfer)),
                      f"cICP with primaries {primaries} and transfer {transfer}")
    yield Picture("png-code-points-unspecified", png(code_points(2, 2)), "cICP without a statement")
    bad_points = bad_chunk(b"cICP", bytes([12, 13, 0, 1]))
    yield Picture("png-code-points-bad-checksum", png(bad_points), "the checksum of cICP is wrong")
    behind = png(palette_chunk(), code_points(12, 13), color=PALETTE)
    yield Picture("png-code-points-behind-palette", behind, "cICP behind PLTE")
    yield Picture("png-code-points-limited-gamma-1", png(code_points(12, 13, 0, 0), gamma(1)), "a limited range, and gAMA 1")
    yield Picture("png-code-points-unknown", png(code_points(99, 13)), "cICP with unknown primaries")
    yield Picture("png-code-points-unknown-transfer", png(code_points(12, 99)), "cICP with an unknown transfer")
    yield Picture("png-code-points-unknown-gamma-1", png(code_points(99, 13), gamma(1)), "unknown primaries and gAMA 1")
    yield Picture("png-code-points-unknown-profile", png(code_points(99, 13), rotated), "unknown primaries and iCCP")
    yield Picture("png-code-points-12-limited", png(code_points(12, 13, 0, 0)), "cICP of Display P3 with a limited range")
    yield Picture("png-code-points-short", png(chunk(b"cICP", b"\x0c\x0d\0")), "cICP of three bytes")
    yield Picture("png-code-points-late", late_code_points(), "cICP behind IDAT")
    yield Picture("png-code-points-limited", png(code_points(1, 13, 0, 0)), "cICP with a limited range")
    yield Picture("png-code-points-matrix", png(code_points(12, 13, 1)), "cICP with a matrix, which PNG excludes")
    yield Picture("png-code-points-9-16", png(code_points(9, 16)), "cICP with BT.2100 PQ")
    yield Picture("png-code-points-9-18", png(code_points(9, 18)), "cICP with BT.2100 HLG")
    yield Picture("png-code-points-profile", png(code_points(12, 13), rotated), "cICP comes before iCCP")
    yield Picture("png-code-points-gamma", png(code_points(12, 13), gamma(1)), "cICP comes before gAMA")
    yield Picture("png-code-points-grey", png(code_points(12, 8), color=GREY), "cICP of a grey picture")


def late_code_points():
    return png(end=code_points(12, 13) + chunk(b"IEND"))


def structure():
    lines = scanlines(RGB, 8)
    whole = png()
    yield Picture("png-many-data-chunks", png(size=1), "each IDAT has one byte")
    empty = SIGNATURE + head(RGB, 8) + chunk(b"IDAT") + data_chunks(lines, 40) + chunk(b"IDAT") + chunk(b"IEND")
    yield Picture("png-empty-data-chunks", empty, "the first and the last IDAT have no bytes")
    yield Picture("png-stored-data", png(level=0), "IDAT is not compressed")
    split = data_chunks(lines, 40)
    between = SIGNATURE + head(RGB, 8) + split[:52] + chunk(b"tEXt", b"Comment\0odd") + split[52:] + chunk(b"IEND")
    yield Picture("png-text-between-data", between, "another chunk is between the IDAT chunks")
    yield Picture("png-no-end", png(end=b""), "IEND is missing")
    yield Picture("png-trailing-junk", whole + b"junk" * 50, "junk after IEND")
    longer = SIGNATURE + head(RGB, 8) + data_chunks(lines + b"\0" * 500) + chunk(b"IEND")
    yield Picture("png-too-many-rows", longer, "IDAT has more rows than the picture")
    yield Picture("png-bad-text-checksum", png(bad_chunk(b"tEXt", b"Comment\0odd")), "the checksum of tEXt is wrong")
    yield Picture("png-bad-gamma-checksum", png(bad_chunk(b"gAMA", struct.pack(">I", 100000))), "the checksum of gAMA is wrong")
    bad_profile = bad_chunk(b"iCCP", b"odd\0\0" + zlib.compress(rotated_profile(), 9))
    yield Picture("png-bad-profile-checksum", png(bad_profile), "the checksum of iCCP is wrong")
    bad_key = bad_chunk(b"tRNS", struct.pack(">3H", *GREEN))
    yield Picture("png-bad-key-checksum", png(bad_key), "the checksum of tRNS is wrong")
    bad_palette = bad_chunk(b"PLTE", bytes(sample for color in COLORS for sample in color))
    yield Picture("png-bad-palette-checksum", png(bad_palette, color=PALETTE), "the checksum of PLTE is wrong", cut=True)
    bad_data = SIGNATURE + head(RGB, 8) + bad_chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")
    yield Picture("png-bad-data-checksum", bad_data, "the checksum of IDAT is wrong", cut=True)
    stream = zlib.compress(lines)
    bad_sum = SIGNATURE + head(RGB, 8) + chunk(b"IDAT", stream[:-4] + b"\1\2\3\4") + chunk(b"IEND")
    yield Picture("png-bad-stream-checksum", bad_sum, "Adler-32 of the compressed rows is wrong", cut=True)
    no_sum = SIGNATURE + head(RGB, 8) + chunk(b"IDAT", stream[:-4]) + chunk(b"IEND")
    yield Picture("png-no-stream-checksum", no_sum, "Adler-32 of the compressed rows is missing", cut=True)
    yield Picture("png-unknown-chunk", png(chunk(b"oddZ", b"odd")), "an ancillary chunk that nobody has defined")
    yield Picture("png-unknown-critical-chunk", png(chunk(b"ODDZ", b"odd")), "a critical chunk that nobody has defined")
    yield Picture("png-palette-in-rgb", png(palette_chunk()), "a suggested palette")
    yield Picture("png-palette-short", png(palette_chunk(3), color=PALETTE, depth=2), "a pixel is outside the palette")
    yield Picture("png-background", png(chunk(b"bKGD", struct.pack(">3H", 255, 0, 255)), color=RGB_ALPHA), "bKGD, not shown")
    bits = chunk(b"sBIT", bytes([5, 6, 5]))
    yield Picture("png-significant-bits", png(bits), "sBIT has fewer bits than the samples")
    for turn in (3, 6):
        yield Picture(f"png-orientation-{turn}", png(chunk(b"eXIf", orientation_entry(turn))), "eXIf has an orientation")
    for width, height in ((1, 1), (3, 2), (1, 7)):
        small = head(RGB, 8, True, width, height) + data_chunks(scanlines(RGB, 8, True, None, width, height))
        yield Picture(f"png-interlaced-{width}x{height}", SIGNATURE + small + chunk(b"IEND"), "some passes of Adam7 are empty")
    yield from animations(lines)


def animations(lines):
    def frame_control(number, width=WIDTH, height=HEIGHT):
        return chunk(b"fcTL", struct.pack(">5I2H2B", number, width, height, 0, 0, 1, 1, 0, 0))

    second = scanlines(RGB, 8, pixel=lambda x, y: COLORS[3 - quadrant(x, y)])
    control = chunk(b"acTL", struct.pack(">II", 2, 0))
    frame = frame_control(1) + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(second))
    shown = SIGNATURE + head(RGB, 8) + control + frame_control(0) + data_chunks(lines) + frame + chunk(b"IEND")
    yield Picture("png-animated", shown, "APNG: the still is the first frame")
    control = chunk(b"acTL", struct.pack(">II", 1, 0))
    frame = frame_control(0) + chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(second))
    hidden = SIGNATURE + head(RGB, 8) + control + data_chunks(lines) + frame + chunk(b"IEND")
    yield Picture("png-animated-hidden-still", hidden, "APNG: the still is no frame of the animation")


def damage():
    for interlaced in (False, True):
        name = "png-interlaced-cut" if interlaced else "png-cut"
        for packing, level in (("", 9), ("-stored", 0)):
            whole = png(interlaced=interlaced, pixel=textured_at, level=level)
            for percent in (5, 20, 30, 60, 95):
                yield Picture(f"{name}{packing}-{percent}", whole[:len(whole) * percent // 100],
                              f"cut off after {percent} % of its bytes", cut=True)
        for color, depth in ((RGB_ALPHA, 8), (PALETTE, 4), (RGB, 16)):
            before = [palette_chunk()] if color == PALETTE else []
            whole = png(*before, color=color, depth=depth, interlaced=interlaced, level=0)
            yield Picture(f"{name}-{PNG_NAMES[color]}-{depth}-50", whole[:len(whole) // 2], "cut off in the middle", cut=True)
        broken = bytearray(png(interlaced=interlaced, pixel=textured_at))
        broken[len(broken) // 2] ^= 0x10
        name = f"png{'-interlaced' if interlaced else ''}-bad-byte"
        yield Picture(name, bytes(broken), "one byte of the compressed rows is wrong, and so the checksum", cut=True)
        lines = scanlines(RGB, 8, interlaced, textured_at)
        stream = bytearray(zlib.compress(lines, 9))
        stream[len(stream) // 2] ^= 0x10
        resealed = SIGNATURE + head(RGB, 8, interlaced) + chunk(b"IDAT", bytes(stream)) + chunk(b"IEND")
        yield Picture(f"{name}-good-checksum", resealed, "one byte of the compressed rows is wrong", cut=True)
        short = SIGNATURE + head(RGB, 8, interlaced) + data_chunks(lines[:len(lines) // 2]) + chunk(b"IEND")
        yield Picture(f"png{'-interlaced' if interlaced else ''}-too-few-rows", short, "a whole file with half of its rows",
                      cut=True)
    bad_filter = bytearray(scanlines(RGB, 8, pixel=textured_at))
    bad_filter[24 * (1 + 3 * WIDTH)] = 9
    damaged = SIGNATURE + head(RGB, 8) + data_chunks(bytes(bad_filter)) + chunk(b"IEND")
    yield Picture("png-bad-filter", damaged, "row 24 has a filter type that is not defined", cut=True)
    yield from cut_passes()


def cut_passes():
    """Files that end in the middle of each pass; alpha of the second kind distinguishes bare canvas from pixels."""
    for color, pixel in ((RGB, textured_at), (RGB_ALPHA, None)):
        whole = png(color=color, interlaced=True, pixel=pixel, level=0)
        end = whole.index(b"IDAT") + 4 + 2 + 5  # behind the heads of the compressed data and of their only block
        for number, (left, top, across, down) in enumerate(ADAM7, 1):
            rows = len(range(top, HEIGHT, down))
            row = 1 + CHANNELS[color] * len(range(left, WIDTH, across))
            yield Picture(f"png-interlaced-cut-{PNG_NAMES[color]}-pass-{number}", whole[:end + rows // 2 * row + row // 2],
                          f"cut off in the middle of pass {number}", cut=True)
            end += rows * row


def pictures():
    for group in (types, transparency, color_spaces, structure, damage):
        yield from group()
