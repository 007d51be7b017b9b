"""Colour profiles and EXIF."""

import struct

SRGB_COLUMNS = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)]
DISPLAY_P3_COLUMNS = [(0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)]
ADOBE_RGB_COLUMNS = [(0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)]
PRO_PHOTO_COLUMNS = [(0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)]
D50 = (0.9642, 1.0, 0.8249)
SRGB_PARAMETERS = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]


def fixed(number):
    return struct.pack(">i", round(number * 65536))


def xyz_tag(numbers):
    return b"XYZ \0\0\0\0" + b"".join(map(fixed, numbers))


def gamma_tag(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve_tag():
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(map(fixed, SRGB_PARAMETERS))


def sampled_srgb_curve_tag():
    values = [round(65535 * linear(index / 1023)) for index in range(1024)]
    return b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *values)


def linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def profile(tags, space=b"RGB ", kind=b"mntr", connection=b"XYZ ", version=0x04200000):
    """An ICC profile of (name, bytes) pairs; tags with equal bytes share them."""
    tags = [(b"desc", b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 6, 28) + "odd".encode("utf-16-be")),
            (b"cprt", b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 4, 28) + "no".encode("utf-16-be")),
            (b"wtpt", xyz_tag(D50)), *tags]
    start = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    placed = {}
    for name, tag in tags:
        if tag not in placed:
            placed[tag] = start + len(content)
            content += tag + bytes(-len(tag) % 4)
        table += name + struct.pack(">II", placed[tag], len(tag))
    size = start + len(content)
    head = struct.pack(">I4sI4s4s4s6H4s", size, b"\0\0\0\0", version, kind, space, connection, 2020, 1, 1, 0, 0, 0, b"acsp")
    head += bytes(28) + b"".join(map(fixed, D50))
    return head.ljust(128, b"\0") + table + content


def matrix_profile(columns, curve, **fields):
    tags = [(name, xyz_tag(column)) for name, column in zip([b"rXYZ", b"gXYZ", b"bXYZ"], columns)]
    return profile(tags + [(name, curve) for name in [b"rTRC", b"gTRC", b"bTRC"]], **fields)


def rotated_profile(**fields):
    """Red is shown as green, green as blue, and blue as red."""
    return matrix_profile(SRGB_COLUMNS[1:] + SRGB_COLUMNS[:1], srgb_curve_tag(), **fields)


def grey_profile(gamma):
    return profile([(b"kTRC", gamma_tag(gamma))], space=b"GRAY")


def lab_of_srgb(color):
    red, green, blue = (linear(sample) for sample in color)
    ratios = [sum(sample * column[row] for sample, column in zip((red, green, blue), SRGB_COLUMNS)) / D50[row]
              for row in range(3)]
    x, y, z = (ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116 for ratio in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def table_tag(inputs, grid, color):
    """An 8-bit lookup table (lut8Type) from the device to Lab; `colour` returns sRGB, 0 to 1."""
    tag = b"mft1\0\0\0\0" + struct.pack(">BBBB", inputs, 3, grid, 0)
    tag += b"".join(fixed(number) for number in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    tag += bytes(range(256)) * inputs
    for index in range(grid ** inputs):
        device = [index // grid ** (inputs - 1 - channel) % grid / (grid - 1) for channel in range(inputs)]
        light, a, b = lab_of_srgb(color(device))
        tag += bytes(max(0, min(255, round(value))) for value in (light * 2.55, a + 128, b + 128))
    return tag + bytes(range(256)) * 3


def ink_color(inks):
    """The colour of these four inks over each other on paper, sRGB, 0 to 1."""
    shown = [1.0, 1.0, 1.0]
    for amount, ink in zip(inks, [(0.1, 0.62, 0.88), (0.9, 0.08, 0.49), (1, 0.93, 0.1), (0.12, 0.12, 0.12)]):
        shown = [sample * (1 - amount + amount * part) for sample, part in zip(shown, ink)]
    return shown


ALL_INTENTS = [b"A2B0", b"A2B1", b"A2B2"]
PERCEPTUAL = ALL_INTENTS[:1]


def table_profile(inputs, grid, color, intents, **fields):
    table = table_tag(inputs, grid, color)
    return profile([(intent, table) for intent in intents], connection=b"Lab ", version=0x02400000, **fields)


def ink_profile(intents=tuple(ALL_INTENTS)):
    return table_profile(4, 9, ink_color, intents, space=b"CMYK", kind=b"prtr")


def rgb_table_profile(intents=tuple(ALL_INTENTS)):
    """A table that exchanges red and blue."""
    return table_profile(3, 17, lambda device: device[::-1], intents)


def orientation_entry(orientation, kind=3, order=">"):
    """A TIFF structure with an orientation alone; kind 3 is SHORT, 4 is LONG."""
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0] if kind == 3 else [orientation]))
    mark = b"MM" if order == ">" else b"II"
    return mark + struct.pack(order + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value + struct.pack(order + "I", 0)
