"""Compares renditions with what headless Chromium shows of the originals; see run.sh."""

import argparse
import collections
import dataclasses
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

import odd_pictures  # noqa: E402
import odd_pngs  # noqa: E402
from servers import AUTHORIZATION, Portrait  # noqa: E402

BROWSER_TIMEOUT = 300  # seconds for all pictures
AGREEING_LEAST = 60
AGREE, DIFFER, ONLY_CHROMIUM, ONLY_PORTRAIT, NEITHER = "agree", "differ", "only Chromium", "only portrait", "neither"
EXACT, LOSSY = (2, 12), (3, 24)  # the highest mean and the highest single difference of a channel
MARGIN = 2                       # pixels beside the border and the quadrants' edges that lossy files don't compare
MISSING = 0.02                   # the share of Chromium's pixels that a rendition of a damaged file may lack


@dataclasses.dataclass
class Expected:
    """An outcome other than `agree`."""
    outcome: str
    reason: str
    mean: float = 255  # the highest mean difference


HDR = "pictures of high dynamic range are refused at the upload"
LATE_ROW = "Chromium shows the last row of blocks as the scan before left it, until the bytes behind it are there"
LONG = "Chromium reads an orientation of type SHORT only; libexif and exiftool read LONG, too"
NO_EXIF = "Chromium ignores EXIF in WebP, which libvips, cwebp -metadata and exiftool know"
NOT_EMBEDDED = "ICC.1 forbids embedded profiles of this class, and Chromium takes them for others"
EXPECTED = {
    "png-animated-hidden-still": Expected(DIFFER, "the still, which Chromium doesn't show, is the picture without APNG"),
    "png-code-points-9-16": Expected(ONLY_CHROMIUM, HDR),
    "png-code-points-9-18": Expected(ONLY_CHROMIUM, HDR),
    "png-interlaced-bad-byte-good-checksum": Expected(DIFFER, "Chromium shows the last row as pass 6 left it", 1),
    "png-palette-alpha-long": Expected(DIFFER, "libpng ignores a tRNS that is longer than PLTE"),
    "png-palette-short": Expected(DIFFER, "Chromium repeats the last colour of the palette; the standard leaves it open"),
    "jpeg-cmyk-bare-profile": Expected(DIFFER, "Chromium is less exact in a table's dark colours", 10),
    "jpeg-cut-progressive-between": Expected(DIFFER, LATE_ROW, 12),
    "jpeg-cut-progressive-scan-10": Expected(DIFFER, LATE_ROW, 1),
    "jpeg-orientation-6-long-big-endian": Expected(DIFFER, LONG),
    "jpeg-orientation-6-long-little-endian": Expected(DIFFER, LONG),
    "jpeg-profile-abstract": Expected(DIFFER, NOT_EMBEDDED),
    "jpeg-profile-link": Expected(DIFFER, NOT_EMBEDDED),
    "gif-no-colours": Expected(DIFFER, "each viewer has its own palette for a file without any"),
    **{f"avif-code-points-9-{transfer}": Expected(ONLY_CHROMIUM, HDR) for transfer in (16, 18)},
    **{f"webp-orientation-{orientation}": Expected(DIFFER, NO_EXIF) for orientation in range(2, 9)},
}

PAGE = """<!doctype html><meta charset="utf-8"><script>
const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", {colorSpace: "srgb", willReadFrequently: true});

function loaded(path) {
    return new Promise(done => {
        const image = new Image();
        image.onload = () => done(image);
        image.onerror = () => done(null);
        setTimeout(() => done(null), 10000);
        image.src = path;
    });
}

async function pixels(path) {
    const image = await loaded(path);
    if (!image || !image.naturalWidth || !image.naturalHeight)
        return null;
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    try {
        context.drawImage(image, 0, 0);
    } catch {
        return null;
    }
    return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function run() {
    for (const path of await (await fetch("/paths")).json()) {
        const shown = await pixels(path);
        const size = shown ? `?width=${shown.width}&height=${shown.height}` : "";
        await fetch(path + size, {method: "POST", body: shown ? shown.data : ""});
    }
    await fetch("/done", {method: "POST"});
}
run();
</script>"""


@dataclasses.dataclass
class Shown:
    """RGBA, not premultiplied, row by row."""
    width: int
    height: int
    pixels: bytes

    def at(self, x, y):
        start = 4 * (y * self.width + x)
        return self.pixels[start:start + 4]

    def is_empty(self):
        return not any(self.pixels[3::4])


class Gallery(http.server.ThreadingHTTPServer):
    """Serves files to Chromium, and collects the pixels that it shows of them."""

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), GalleryHandler)
        self.files = files  # by path
        self.shown = {}
        self.browser = ""  # such as HeadlessChrome/120.0.0.0
        self.done = threading.Event()

    def handle_error(self, *_):
        """Ignores connections that Chromium drops when it ends; missing pixels fail in `show`."""

    def show(self, chromium, folder):
        """Returns what Chromium shows of each file that it can show, by path."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb",
                   "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-dev-shm-usage",
                   f"--user-data-dir={folder}", "--remote-debugging-port=0", f"http://127.0.0.1:{self.server_port}/"]
        with open(f"{folder}.log", "wb") as log:
            browser = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            if not self.done.wait(BROWSER_TIMEOUT):
                raise SystemExit(f"Chromium showed {len(self.shown)} of {len(self.files)} files in {BROWSER_TIMEOUT} s:\n"
                                 f"{pathlib.Path(f'{folder}.log').read_text()[-2000:]}")
        finally:
            os.killpg(browser.pid, signal.SIGTERM)  # its children, too
            browser.wait(timeout=30)
            self.shutdown()
            self.server_close()
        return self.shown


class GalleryHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/":
            self.server.browser = re.search(r"\S*Chrom\S*|$", self.headers["User-Agent"])[0]
            return self.answer(PAGE.encode(), "text/html")
        if self.path == "/paths":
            return self.answer(json.dumps(list(self.server.files)).encode(), "application/json")
        if self.path in self.server.files:
            return self.answer(self.server.files[self.path], f"image/{self.path.rsplit('.')[-1]}")
        return self.answer(b"", "text/plain", 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        target = urllib.parse.urlsplit(self.path)
        size = urllib.parse.parse_qs(target.query)
        if target.path == "/done":
            self.server.done.set()
        elif size:
            self.server.shown[target.path] = Shown(int(size["width"][0]), int(size["height"][0]), body)
        self.answer(b"", "text/plain")

    def answer(self, content, media_type, status=200):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def rendition(portrait, person, picture):
    """Returns the PNG rendition, and the refusal or an empty text."""
    connection = http.client.HTTPConnection("127.0.0.1", portrait.port, timeout=60)
    fields = {"Authorization": AUTHORIZATION}
    connection.request("PUT", f"/api/v1/Person/{person}/Image", picture.content,
                       {**fields, "Content-Type": f"image/{picture.kind}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 201, 204):
        return None, f"PUT {answer.status} {reason_of(body)}"
    # Renditions are not enlarged, so this size leaves the picture as large as it is. Without a size, the answer to a
    # request for the stored type is the stored file.
    connection.request("GET", f"/api/v1/Person/{person}/Image?w=4096&h=4096&type=PNG", headers=fields)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        return None, f"GET {answer.status} {reason_of(body)}"
    if body == picture.content or not body.startswith(odd_pngs.SIGNATURE):
        raise SystemExit(f"{picture.name}: the rendition is the stored file, or no PNG")
    return body, ""


def reason_of(body):
    """Returns the reason in an error answer, a line."""
    return re.sub(r"\s+", " ", body.decode("utf-8", "replace"))[:160]


def on_white(pixel):
    return [sample * pixel[3] / 255 + 255 - pixel[3] for sample in pixel[:3]]


def weighted(pixel):
    """Returns the colours weighted by alpha, and alpha: invisible colours don't count."""
    return [sample * pixel[3] / 255 for sample in pixel[:3]] + [pixel[3]]


def is_compared(picture, shown, x, y):
    if not picture.lossy:
        return True
    if shown.width * shown.height < 100:
        return True
    across = [0, shown.width // 2, shown.width]
    down = [0, shown.height // 2, shown.height]
    return all(not edge - MARGIN <= x < edge + MARGIN for edge in across) and \
        all(not edge - MARGIN <= y < edge + MARGIN for edge in down)


def compare(picture, theirs, ours):
    """Returns the outcome, its figures, and the mean difference of the channel that differs most.

    A damaged file is compared where Chromium shows it, both sides on white: what a viewer shows of the rest is its own
    choice. Other files are compared everywhere, alpha too.
    """
    if (theirs.width, theirs.height) != (ours.width, ours.height):
        return DIFFER, f"{theirs.width}x{theirs.height} in Chromium, {ours.width}x{ours.height} here", 255
    places = [(x, y) for y in range(theirs.height) for x in range(theirs.width) if is_compared(picture, theirs, x, y)]
    seen, note = weighted, ""
    if picture.cut:
        places = [place for place in places if theirs.at(*place)[3]]
        missing = sum(not ours.at(*place)[3] for place in places)
        seen, note = on_white, f", {len(places)} pixels in Chromium, {missing} of them missing here"
        if missing > MISSING * len(places):
            return DIFFER, note[2:], 255
    totals, most, worst = collections.Counter(), 0, (0, 0)
    for place in places:
        for channel, (left, right) in enumerate(zip(seen(theirs.at(*place)), seen(ours.at(*place)))):
            difference = abs(left - right)
            totals[channel] += difference
            if difference > most:
                most, worst = difference, place
    mean = max(totals.values(), default=0) / max(1, len(places))
    highest_mean, highest = LOSSY if picture.lossy else EXACT
    outcome = AGREE if mean <= highest_mean and most <= highest else DIFFER
    return outcome, (f"mean {mean:.2f}, max {most:.0f} at {worst[0]},{worst[1]}{note}; "
                     f"quadrants in Chromium {quadrant_samples(theirs)}, here {quadrant_samples(ours)}"), mean


def quadrant_samples(shown):
    """Returns a pixel in the middle of each quadrant."""
    across = [shown.width // 4, shown.width * 3 // 4]
    down = [shown.height // 4, shown.height * 3 // 4]
    return " ".join("/".join(map(str, shown.at(x, y))) for y in down for x in across)


def judge(picture, theirs, ours, refusal):
    """Returns the outcome, its figures, and the mean difference."""
    if not picture.clear:  # without any pixel, nothing is shown
        theirs = None if theirs and theirs.is_empty() else theirs
        ours = None if ours and ours.is_empty() else ours
    if theirs and ours:
        return compare(picture, theirs, ours)
    if theirs:
        return ONLY_CHROMIUM, f"{theirs.width}x{theirs.height}; {refusal or 'the rendition is empty'}", 255
    if ours:
        return ONLY_PORTRAIT, f"{ours.width}x{ours.height}", 255
    return NEITHER, refusal, 0


def verdict(name, outcome, mean):
    """Returns whether the outcome is acceptable, and a remark."""
    expected = EXPECTED.get(name)
    if expected and outcome == expected.outcome and mean <= expected.mean:
        return True, f" (expected: {expected.reason})"
    if outcome in (DIFFER, ONLY_CHROMIUM):
        return False, " (UNEXPECTED)"
    return True, f" (expected was: {expected.outcome})" if expected else ""


def arguments():
    parser = argparse.ArgumentParser(prog="tests/browser/run.sh", description="Compares renditions with Chromium.")
    parser.add_argument("--server", required=True, help="portrait-server")
    parser.add_argument("--chromium", default="chromium", help="the browser (default: chromium)")
    parser.add_argument("--only", default="", help="files whose name has this text")
    parser.add_argument("--quiet", action="store_true", help="no lines about files that agree")
    parser.add_argument("--keep", help="a folder for the originals, the renditions, and Chromium's pixels as PNG")
    return parser.parse_args()


def main():
    chosen = arguments()
    pictures = [picture for picture in odd_pictures.pictures() if chosen.only in picture.name]
    refusals, files = {}, {}
    with tempfile.TemporaryDirectory(prefix="portrait-browser.", ignore_cleanup_errors=True) as scratch:
        portrait = Portrait(chosen.server, f"{scratch}/data", "--convert-uploads", "webp,avif",
                            "--render-isolation", "process")
        try:
            for person, picture in enumerate(pictures, 1):
                rendered, refusals[picture.name] = rendition(portrait, person, picture)
                files[original_path(picture)] = picture.content
                if rendered:
                    files[rendition_path(picture)] = rendered
        finally:
            portrait.close()
        gallery = Gallery(files)
        shown = gallery.show(chosen.chromium, f"{scratch}/profile")
    if chosen.keep:
        keep(pathlib.Path(chosen.keep), files, shown)
    outcomes, failures = collections.Counter(), 0
    for picture in pictures:
        outcome, figures, mean = judge(picture, shown.get(original_path(picture)), shown.get(rendition_path(picture)),
                                       refusals[picture.name])
        accepted, remark = verdict(picture.name, outcome, mean)
        outcomes[outcome] += 1
        failures += not accepted
        if not (chosen.quiet and outcome == AGREE):
            print(f"{outcome:13} | {picture.name}: {picture.reason} | {figures}{remark}")
    print(f"{outcomes[AGREE]} agree of {len(pictures)}; " +
          ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in (DIFFER, ONLY_CHROMIUM, ONLY_PORTRAIT, NEITHER)) +
          f"; {failures} unexpected; by {gallery.browser}")
    too_few = not chosen.only and outcomes[AGREE] < AGREEING_LEAST
    raise SystemExit(1 if failures or too_few else 0)


def original_path(picture):
    return f"/original/{picture.name}.{picture.kind}"


def rendition_path(picture):
    return f"/rendition/{picture.name}.png"


def keep(folder, files, shown):
    for path, content in files.items():
        target = folder / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if path in shown:
            picture = shown[path]
            lines = b"".join(b"\0" + picture.pixels[at:at + 4 * picture.width]
                             for at in range(0, len(picture.pixels), 4 * picture.width))
            head = odd_pngs.head(odd_pngs.RGB_ALPHA, 8, False, picture.width, picture.height)
            content = odd_pngs.SIGNATURE + head + odd_pngs.data_chunks(lines) + odd_pngs.chunk(b"IEND")
            (folder / f"{path[1:]}.shown.png").write_bytes(content)


if __name__ == "__main__":
    main()
