"""Makes odd PNG, JPEG, GIF, WebP and AVIF files: `python3 odd_pictures.py FOLDER` writes them. Needs the programs of
BROWSER_PACKAGES; equal versions of these make equal bytes."""

import pathlib
import sys

import odd_gifs
import odd_jpegs
import odd_pngs
import odd_uploads


def pictures():
    made = [*odd_pngs.pictures(), *odd_jpegs.pictures(), *odd_gifs.pictures(),
            *odd_uploads.pictures()]
    if len({picture.name for picture in made}) < len(made):
        raise SystemExit("Two pictures have one name")
    return made


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures():
        (folder / f"{picture.name}.{picture.kind}").write_bytes(picture.content)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
