"""Odd GIF files."""

import struct

from picture import COLORS, HEIGHT, WIDTH, Picture, quadrant

def codes_of(indices, size):
    """Compressed indices, as sub-blocks."""
    clear = 1 << size
    bits, count, out = 0, 0, bytearray()

    def put(code, width):
        nonlocal bits, count
        bits |= code << count
        count += width
        while count >= 8:
            out.append(bits & 255)
            bits >>= 8
            count -= 8

    known, width, word = {(index,): index for index in range(clear)}, size + 1, ()
    put(clear, width)
    for index in indices:
        if word + (index,) in known:
            word += (index,)
            continue
        put(known[word], width)
        known[word + (index,)] = len(known) + 2
        if len(known) + 2 > 1 << width:
            width += 1
        if width > 12:
            put(clear, 12)
            known, width = {(index,): index for index in range(clear)}, size + 1
        word = (index,)
    if word:
        put(known[word], width)
    put(clear + 1, width)
    if count:
        out.append(bits & 255)
    return blocks(bytes(out))


def blocks(content):
    return b"".join(bytes([len(content[at:at + 255])]) + content[at:at + 255]
                    for at in range(0, len(content), 255)) + b"\0"


def color_table(colors, bits):
    return bytes(sample for color in colors for sample in color).ljust(3 << bits, b"\x80")


def screen(width=WIDTH, height=HEIGHT, colors=COLORS, bits=2, background=0, version=b"89a"):
    flags = 0x70 | (0x80 | bits - 1 if colors else 0)
    start = b"GIF" + version + struct.pack("<HHBBB", width, height, flags, background, 0)
    return start + (color_table(colors, bits) if colors else b"")


def control(disposal=0, transparent=None, delay=10):
    flags = disposal << 2 | (transparent is not None)
    return b"\x21\xf9\x04" + struct.pack("<BHBB", flags, delay, transparent or 0, 0)


def frame(width=WIDTH, height=HEIGHT, left=0, top=0, colors=None, interlaced=False, size=2, index=None, data=None):
    """A frame of the four quadrants; `index` returns the colour of a pixel."""
    index = index or (lambda x, y: quadrant(x, y, width, height))
    rows = list(range(height))
    if interlaced:
        rows = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
    flags = (0x40 if interlaced else 0) | (0x81 if colors else 0)
    descriptor = b"," + struct.pack("<HHHHB", left, top, width, height, flags)
    descriptor += color_table(colors, 2) if colors else b""
    if data is None:
        data = codes_of([index(x, y) for y in rows for x in range(width)], size)
    return descriptor + bytes([size]) + data


def pictures():
    end = b";"
    yield Picture("gif-plain", screen() + frame() + end, "none: the plain case")
    yield Picture("gif-87a", screen(version=b"87a") + frame() + end, "the older version")
    yield Picture("gif-interlaced", screen() + frame(interlaced=True) + end, "interlaced")
    yield Picture("gif-local-colours", screen(colors=COLORS[::-1]) + frame(colors=COLORS) + end, "a palette of the frame")
    yield Picture("gif-local-colours-only", screen(colors=None) + frame(colors=COLORS) + end, "no global palette")
    yield Picture("gif-no-colours", screen(colors=None) + frame() + end, "no palette at all")
    yield Picture("gif-transparent", screen() + control(0, 1) + frame() + end, "a transparent colour")
    yield Picture("gif-transparent-outside", screen() + control(0, 200) + frame() + end, "the transparent colour has no entry")
    yield Picture("gif-background", screen(background=3) + frame(40, 30, 10, 8) + end, "a background colour, not shown")
    for size in range(2, 9):
        colors = (COLORS * 64)[:1 << size]
        many = frame(size=size, index=lambda x, y, size=size: quadrant(x, y) + 4 * ((x + y) % (1 << size - 2)))
        yield Picture(f"gif-code-size-{size}", screen(colors=colors, bits=size) + many + end, f"code size {size}")
    large = frame(200, 150, index=lambda x, y: (x * x + y * 7 + x * y // 3) % 4)
    yield Picture("gif-full-table", screen(200, 150) + large + end, "the table of codes becomes full")
    yield Picture("gif-code-beyond-palette", screen(colors=COLORS[:2], bits=1) + frame() + end, "colours beyond the palette")
    yield Picture("gif-screen-larger", screen(90, 70) + frame() + end, "the screen is larger than the frame")
    yield Picture("gif-screen-smaller", screen(40, 30) + frame() + end, "the screen is smaller than the frame")
    yield Picture("gif-screen-narrower", screen(40, 90) + frame() + end, "the screen is narrower than the frame, and taller")
    yield Picture("gif-screen-0", screen(0, 0) + frame() + end, "a screen of 0x0")
    yield Picture("gif-screen-0-wide", screen(64, 0) + frame() + end, "a screen of 64x0")
    yield Picture("gif-screen-0-offset", screen(0, 0) + frame(40, 30, 10, 8) + end, "a screen of 0x0, and a frame at an offset")
    yield Picture("gif-offset", screen() + frame(40, 30, 10, 8) + end, "a frame at an offset")
    yield Picture("gif-offset-transparent", screen() + control(0, 1) + frame(40, 30, 10, 8) + end, "transparent, at an offset")
    yield Picture("gif-offset-beyond", screen() + frame(40, 30, 40, 30) + end, "a frame that ends outside the screen")
    yield Picture("gif-offset-outside", screen() + frame(40, 30, 70, 50) + end, "a frame outside the screen")
    yield Picture("gif-one-pixel", screen(1, 1) + frame(1, 1) + end, "one pixel")
    empty = frame(1, 1, data=b"\0")
    yield Picture("gif-one-pixel-empty", screen(1, 1) + control(0, 0) + empty + end, "one transparent pixel without data",
                  clear=True)
    yield Picture("gif-one-pixel-empty-opaque", screen(1, 1) + empty + end, "one pixel without data", clear=True)
    ended = frame(1, 1, data=blocks(b"\x2c"))
    yield Picture("gif-one-pixel-end-only", screen(1, 1) + ended + end, "one pixel, clear and end codes alone", clear=True)
    tracking = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
    yield Picture("gif-tracking-pixel", tracking, "the usual transparent pixel", clear=True)
    size_0 = bytes.fromhex("4749463839610100010000ff002c00000000010001000002003b")
    yield Picture("gif-tracking-pixel-empty", size_0, "the shortest transparent pixel, without palette and data", clear=True)
    text = b"\x21\x01\x0c" + struct.pack("<HHHHBBBB", 0, 0, 32, 8, 8, 8, 1, 0) + blocks(b"odd")
    yield Picture("gif-plain-text", screen() + text + frame() + end, "a plain-text extension before the frame")
    yield Picture("gif-control-then-text", screen() + control(0, 1) + text + frame() + end,
                  "a graphic control that the plain-text extension uses up")
    yield Picture("gif-comment", screen() + b"\x21\xfe" + blocks(b"odd " * 100) + frame() + end, "a long comment")
    yield Picture("gif-unknown-extension", screen() + b"\x21\x77" + blocks(b"odd") + frame() + end, "an unknown extension")
    yield Picture("gif-control-twice", screen() + control(0, 1) + control(0, 2) + frame() + end, "two graphic controls")
    yield Picture("gif-junk-before-frame", screen() + b"\0\0\0" + frame() + end, "junk before the frame")
    yield Picture("gif-no-end", screen() + frame(), "the trailer is missing")
    yield Picture("gif-trailing-junk", screen() + frame() + end + b"junk" * 50, "junk after the trailer")
    yield from animations(end)
    yield from damage(end)


def animations(end):
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for disposal in range(5):
        first = control(disposal) + frame(40, 30, 10, 8)
        second = control() + frame(20, 20, 5, 5, index=lambda x, y: 3)
        yield Picture(f"gif-animated-disposal-{disposal}", screen() + loop + first + second + end,
                      f"an animation whose first frame has disposal {disposal}")
    for disposal in (2, 3):
        first = control(disposal, 1) + frame()
        second = control(0, 0) + frame(index=lambda x, y: 3 - quadrant(x, y))
        yield Picture(f"gif-animated-transparent-{disposal}", screen() + loop + first + second + end,
                      f"a transparent animation whose first frame has disposal {disposal}")
    second = control() + frame(WIDTH * 2, HEIGHT * 2)
    yield Picture("gif-animated-grows", screen() + loop + control() + frame() + second + end,
                  "the second frame is larger than the screen")
    yield Picture("gif-animated-grows-screen-0", screen(0, 0) + loop + control() + frame() + second + end,
                  "the second frame is larger than the first, and the screen is 0x0")
    small = screen(40, 30) + loop + control() + frame() + second + end
    yield Picture("gif-animated-grows-screen-smaller", small, "each frame is larger than the screen")
    away = control() + frame(20, 20, 60, 40)
    yield Picture("gif-animated-offset-beyond", screen() + loop + control() + frame() + away + end,
                  "the second frame ends outside the screen")


def damage(end):
    def wavy(x, y):
        return (quadrant(x, y) + (x * y // 5) % 2) % 4

    for interlaced in (False, True):
        whole = screen() + frame(index=wavy, interlaced=interlaced) + end
        start = len(screen()) + 11
        for percent in (10, 50, 90):
            at = start + (len(whole) - start) * percent // 100
            yield Picture(f"gif{'-interlaced' if interlaced else ''}-cut-{percent}", whole[:at],
                          f"cut off after {percent} % of its data", cut=True)
    data = codes_of([wavy(x, y) for y in range(HEIGHT) for x in range(WIDTH)], 2)
    plain = b"".join(data[at + 1:at + 1 + data[at]] for at in range(0, len(data) - 1, 256))
    short = screen() + frame(data=blocks(plain[:len(plain) // 2])) + end
    yield Picture("gif-too-few-pixels", short, "a whole file with half of its pixels", cut=True)
    transparent = screen() + control(0, 1) + frame(data=blocks(plain[:len(plain) // 2])) + end
    yield Picture("gif-too-few-pixels-transparent", transparent, "half of its pixels, and a transparent colour", cut=True)
    ended = codes_of([wavy(x, y) for y in range(HEIGHT // 2) for x in range(WIDTH)], 2)
    yield Picture("gif-ends-early", screen() + frame(data=ended) + end, "the end code comes after half of the pixels", cut=True)
    extra = codes_of([wavy(x, y % HEIGHT) for y in range(HEIGHT + 9) for x in range(WIDTH)], 2)
    yield Picture("gif-too-many-pixels", screen() + frame(data=extra) + end, "more pixels than the frame has")
    broken = bytearray(screen() + frame(index=wavy) + end)
    broken[len(broken) // 2] ^= 0x3C
    yield Picture("gif-bad-byte", bytes(broken), "one byte of the data is wrong", cut=True)
    cut = screen() + control() + frame() + control() + frame(index=wavy)[:60]
    yield Picture("gif-animated-cut", cut, "an animation, cut off in its second frame")
