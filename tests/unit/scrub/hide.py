#!/usr/bin/env python3
"""hide.py PICTURE FOLDER: copies of a JPEG, PNG or GIF with a secret at each place where decoders don't look."""
import pathlib
import struct
import sys
import zlib

SECRET = b"GPSSECRET"
source = pathlib.Path(sys.argv[1])
folder = pathlib.Path(sys.argv[2])
original = source.read_bytes()


def write(name, *parts):
    folder.joinpath(f"{source.stem}-{name}{source.suffix}").write_bytes(b"".join(parts))


def jpeg_segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_parts(data):
    """Segments, and behind each SOS the intervals of its scan and the restart markers between them."""
    at, parts = 2, []
    while at < len(data) - 2:
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        parts.append((data[at + 1], data[at:end]))
        at = end
        while parts[-1][0] in (0xDA, *range(0xD0, 0xD8)):
            end = at
            while data[end] != 0xFF or data[end + 1] == 0:
                end += 1
            if 0xD0 <= data[end + 1] <= 0xD7:
                parts += [(None, data[at:end]), (data[end + 1], data[end:end + 2])]
                at = end + 2
            else:
                parts.append((None, data[at:end]))
                at = end
    return parts


def hide_in_jpeg():
    parts = jpeg_parts(original)
    whole = [part for _, part in parts]
    assert b"\xff\xd8" + b"".join(whole) + b"\xff\xd9" == original
    start, end = original[:2], original[-2:]
    first = {
        "com": jpeg_segment(0xFE, SECRET), "app14": jpeg_segment(0xEE, b"Adobe" + SECRET[:3]),
        "app7": jpeg_segment(0xE7, SECRET), "jfif": jpeg_segment(0xE0, b"JFIF\0" + SECRET),
        "icc": jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET), "fill": b"\xff\xff",
        "restart": b"\xff\xd3" + SECRET, "dqt": jpeg_segment(0xDB, b"\3" + SECRET.ljust(64, b".")),
        "dht": jpeg_segment(0xC4, b"\x13" + bytes(15) + b"\x09" + SECRET),
        "dac": jpeg_segment(0xCC, SECRET + b"."), "dri": jpeg_segment(0xDD, SECRET[:2]),
    }
    for name, hidden in first.items():
        if name == "dri" and any(marker == 0xDD for marker, _ in parts) or name != "dri":
            write(name, start, hidden, *whole, end)
    write("stray", start, whole[0], SECRET, *whole[1:], end)
    write("trailer", original, SECRET)
    write("second", original, original.replace(b"JFIF\0", b"GPSSE"), SECRET)
    for index, (marker, part) in enumerate(parts):
        before, after = whole[:index], whole[index + 1:]
        if marker in (0xDB, 0xC4, 0xDD, 0xDA):
            longer = part[:2] + struct.pack(">H", len(part) - 2 + len(SECRET)) + part[4:] + SECRET
            write(f"longer{index}", start, *before, longer, *after, end)
        if marker == 0xEE:
            write(f"adobe{index}", start, *before, jpeg_segment(marker, part[4:] + SECRET), *after, end)
        if marker is None and (index < 12 or index > len(parts) - 3):
            for name, hidden in {"plain": SECRET, "reserved": b"\xff\x02" + SECRET, "stuffed": b"\xff\0" + SECRET}.items():
                write(f"{name}{index}", start, *before, part, hidden, *after, end)


def png_chunk(name, data, error=0):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ error)


def png_chunks(data):
    at, chunks = 8, []
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4:at + 8], data[at + 8:at + 8 + size]))
        at += 12 + size
    return chunks


def hide_in_png():
    chunks = png_chunks(original)
    whole = [png_chunk(*chunk) for chunk in chunks]
    assert original[:8] + b"".join(whole) == original
    names = [name for name, _ in chunks]
    first, last = names.index(b"IDAT"), len(names) - 1 - names[::-1].index(b"IDAT")
    color_type = original[25]
    start = original[:8] + whole[0]
    fixed = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"pHYs": 9, b"sBIT": 4, b"bKGD": 6,
             b"hIST": 2, b"tRNS": 6, b"acTL": 8, b"fcTL": 26, b"iTXt": 5, b"prVt": 5}
    for name, size in fixed.items():
        write(name.decode(), start, png_chunk(name, bytes(size) + SECRET), *whole[1:])
        write(name.decode() + "-behind", *[original[:8], *whole[:-1]], png_chunk(name, bytes(size) + SECRET), whole[-1])
    write("fdAT", original[:8], *whole[:-1], png_chunk(b"fdAT", bytes(4) + SECRET), whole[-1])
    profile = zlib.compress(SECRET * 20)
    write("iCCP", start, png_chunk(b"iCCP", b"name\0\0" + profile), *whole[1:])
    write("IEND", original[:8], *whole[:-1], png_chunk(b"IEND", SECRET))
    write("trailer", original, SECRET)
    write("IDAT", original[:8], *whole[:last + 1], png_chunk(b"IDAT", SECRET), *whole[last + 1:])
    write("IDAT-longer", original[:8], *whole[:last], png_chunk(b"IDAT", chunks[last][1] + SECRET), *whole[last + 1:])
    for index, (name, data) in enumerate(chunks):
        if name == b"iCCP":
            write("profile-name", original[:8], *whole[:index], png_chunk(name, SECRET + data[data.index(b"\0"):]),
                  *whole[index + 1:])
            write("profile-longer", original[:8], *whole[:index], png_chunk(name, data + SECRET), *whole[index + 1:])
    if color_type in (2, 6):
        write("suggestion", original[:8], *whole[:first], png_chunk(b"PLTE", SECRET), *whole[first:])


def gif_extension(label, *blocks):
    return b"\x21" + bytes([label]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def gif_blocks(data):
    at = 13 + (6 << (data[10] & 7) if data[10] & 0x80 else 0)
    blocks = [data[:at]]
    while data[at] != 0x3B:
        end = at + 2
        if data[at] == 0x2C:
            end = at + 11 + (6 << (data[at + 9] & 7) if data[at + 9] & 0x80 else 0)
        while data[end]:
            end += 1 + data[end]
        blocks.append(data[at:end + 1])
        at = end + 1
    return blocks


def hide_in_gif():
    blocks = gif_blocks(original)
    assert b"".join(blocks) + b"\x3b" == original
    between = {
        "comment": gif_extension(0xFE, SECRET), "text": gif_extension(1, bytes(12), SECRET),
        "application": gif_extension(0xFF, b"FRACTINT001", SECRET), "unknown": gif_extension(0x42, SECRET),
        "loops": gif_extension(0xFF, b"NETSCAPE2.0", b"\2" + SECRET), "icc": gif_extension(0xFF, b"ICCRGBG1012", SECRET),
    }
    for name, hidden in between.items():
        write(name, blocks[0], hidden, *blocks[1:], b"\x3b")
        write(name + "-behind", *blocks, hidden, b"\x3b")
    write("trailer", original, SECRET)
    for index, block in enumerate(blocks):
        surplus = block[:-1] + bytes([len(SECRET)]) + SECRET + b"\0"
        if index != 0:
            write(f"surplus{index}", *blocks[:index], surplus, *blocks[index + 1:], b"\x3b")


{".jpg": hide_in_jpeg, ".png": hide_in_png, ".gif": hide_in_gif}[source.suffix]()
