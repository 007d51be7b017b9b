"""Odd WebP and AVIF files, which portrait-server converts, by cwebp, webpmux and heif-enc."""

import pathlib
import struct
import subprocess
import tempfile

from metadata import ADOBE_RGB_COLUMNS, DISPLAY_P3_COLUMNS, gamma_tag, matrix_profile, orientation_entry, srgb_curve_tag
from picture import ALPHAS, GREYS, HEIGHT, WIDTH, Picture, color_at, quadrant

DISPLAY_P3 = matrix_profile(DISPLAY_P3_COLUMNS, srgb_curve_tag())
ADOBE_RGB = matrix_profile(ADOBE_RGB_COLUMNS, gamma_tag(2.2))


class Workshop:
    """Files in a folder, and the programs that make them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def run(self, *command):
        subprocess.run(list(map(str, command)), check=True, cwd=self.folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    def write(self, name, content):
        (self.folder / name).write_bytes(content)
        return name

    def png(self, name, bands, sample_at, depth=8, width=WIDTH, height=HEIGHT):
        """A PNG by convert; `sample_at` gives the samples of a pixel in 8 bits."""
        kind = {1: "gray", 3: "rgb", 4: "rgba"}[bands]
        samples = b"".join(bytes(sample_at(x, y)) for y in range(height) for x in range(width))
        self.write("samples", samples)
        self.run("convert", "-size", f"{width}x{height}", "-depth", 8, f"{kind}:samples", "-depth", depth, "-define",
                 f"png:bit-depth={depth}", "-define", "png:exclude-chunks=all", name)
        return name

    def webp(self, source, *options):
        self.run("cwebp", "-quiet", *options, source, "-o", "made.webp")
        return (self.folder / "made.webp").read_bytes()

    def with_chunk(self, webp, kind, content):
        self.write("plain.webp", webp)
        self.write("chunk", content)
        self.run("webpmux", "-set", kind, "chunk", "plain.webp", "-o", "marked.webp")
        return (self.folder / "marked.webp").read_bytes()

    def animation(self, *options):
        self.run("webpmux", *options, "-o", "animation.webp")
        return (self.folder / "animation.webp").read_bytes()

    def avif(self, source, *options):
        self.run("heif-enc", "-A", *options, source, "-o", "made.avif")
        return (self.folder / "made.avif").read_bytes()


def with_alpha(x, y):
    return (*color_at(x, y), ALPHAS[quadrant(x, y)])


def webps(shop):
    plain = shop.png("plain.png", 3, color_at)
    clear = shop.png("clear.png", 4, with_alpha)
    lossless = shop.webp(plain, "-lossless", "-exact")
    yield Picture("webp-lossless", lossless, "VP8L", lossy=True)
    yield Picture("webp-lossy", shop.webp(plain, "-q", 95), "VP8", lossy=True)
    yield Picture("webp-alpha-lossless", shop.webp(clear, "-lossless", "-exact"), "VP8L with alpha", lossy=True)
    yield Picture("webp-alpha-lossy", shop.webp(clear, "-q", 95, "-exact"), "VP8 with ALPH", lossy=True)
    yield Picture("webp-grey", shop.webp(shop.png("grey.png", 1, lambda x, y: (GREYS[quadrant(x, y)],)), "-q", 95),
                  "grey", lossy=True)
    yield Picture("webp-odd-size", shop.webp(shop.png("odd.png", 3, color_at, width=63, height=47), "-q", 95),
                  "63 x 47 pixels", lossy=True)
    for name, icc in (("display-p3", DISPLAY_P3), ("adobe-rgb", ADOBE_RGB), ("junk", b"no profile" * 20)):
        yield Picture(f"webp-profile-{name}", shop.with_chunk(lossless, "icc", icc), "ICCP", lossy=True)
    for orientation in range(2, 9):
        yield Picture(f"webp-orientation-{orientation}", shop.with_chunk(lossless, "exif", orientation_entry(orientation)),
                      "EXIF", lossy=True)
    shop.write("first.webp", lossless)
    shop.write("second.webp", shop.webp(shop.png("second.png", 3, lambda x, y: (0, 0, 0)), "-lossless"))
    yield Picture("webp-animated", shop.animation("-frame", "first.webp", "+100", "-frame", "second.webp", "+100"),
                  "its first frame", lossy=True)
    small = shop.png("small.png", 3, color_at, width=32, height=24)
    shop.write("small.webp", shop.webp(small, "-lossless"))
    yield Picture("webp-animated-small-first",
                  shop.animation("-frame", "small.webp", "+100+16+12", "-frame", "first.webp", "+100+0+0"),
                  "a first frame that is smaller than the canvas", lossy=True)
    for share in (3, 2):
        yield Picture(f"webp-cut-{share}", lossless[:len(lossless) // share], "cut off", cut=True, lossy=True)


def avifs(shop):
    plain = shop.png("plain.png", 3, color_at)
    deep = shop.png("deep.png", 3, color_at, depth=16)
    clear = shop.png("clear.png", 4, with_alpha)
    best = ("-q", 95)
    whole = shop.avif(plain, *best)
    yield Picture("avif-plain", whole, "8 bits, 4:2:0", lossy=True)
    yield Picture("avif-444", shop.avif(plain, *best, "-p", "chroma=444"), "4:4:4", lossy=True)
    yield Picture("avif-422", shop.avif(plain, *best, "-p", "chroma=422"), "4:2:2", lossy=True)
    yield Picture("avif-narrow-range", shop.avif(plain, *best, "--full_range_flag", 0), "narrow range", lossy=True)
    yield Picture("avif-rgb", shop.avif(plain, *best, "-p", "chroma=444", "--matrix_coefficients", 0), "no matrix",
                  lossy=True)
    yield Picture("avif-bt-709", shop.avif(plain, *best, "--matrix_coefficients", 1), "the matrix of BT.709", lossy=True)
    yield Picture("avif-12-bits", shop.avif(deep, *best, "-b", 12), "12 bits", lossy=True)
    yield Picture("avif-alpha", shop.avif(clear, *best), "alpha", lossy=True)
    yield Picture("avif-alpha-multiplied", shop.avif(clear, *best, "--premultiplied-alpha"),
                  "colours that are multiplied by alpha", lossy=True)
    yield Picture("avif-grey", shop.avif(shop.png("grey.png", 1, lambda x, y: (GREYS[quadrant(x, y)],)), *best),
                  "grey", lossy=True)
    yield Picture("avif-odd-size", shop.avif(shop.png("odd.png", 3, color_at, width=63, height=47), *best),
                  "63 x 47 pixels", lossy=True)
    for primaries, transfer in ((1, 1), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 11), (1, 13), (1, 14), (1, 15), (1, 17), (2, 8),
                                (9, 13), (9, 14), (12, 13), (12, 2), (9, 16), (9, 18)):
        yield Picture(f"avif-code-points-{primaries}-{transfer}",
                      whole.replace(b"nclx\0\2\0\2", b"nclx" + struct.pack(">HH", primaries, transfer)),
                      "colours by code points", lossy=True)
    shop.write("p3.icc", DISPLAY_P3)
    shop.run("convert", plain, "-profile", "p3.icc", "PNG24:profiled.png")
    yield Picture("avif-profile-display-p3", shop.avif("profiled.png", *best), "a profile", lossy=True)
    yield Picture("avif-cut", whole[:len(whole) * 3 // 4], "cut off", cut=True, lossy=True)


def pictures():
    with tempfile.TemporaryDirectory(prefix="portrait-uploads.") as folder:
        shop = Workshop(folder)
        return [*webps(shop), *avifs(shop)]
