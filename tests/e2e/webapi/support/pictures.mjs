// The pictures of tests/support/make_pictures.sh.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the bytes of a picture by its file's name. */
export const picture = (name) => readFileSync(join(process.env.PORTRAIT_PICTURES, name));

/** One picture of each format, and two of several MiB. */
export const pictures = [
    { name: 'png-truecolour.png', type: 'image/png' },
    { name: 'jpeg-progressive.jpg', type: 'image/jpeg' },
    { name: 'gif-animated.gif', type: 'image/gif' },
    { name: 'tiff-multi-page.tif', type: 'image/tiff' },
    { name: 'png-5mb.png', type: 'image/png' },
    { name: 'jpeg-8mb.jpg', type: 'image/jpeg' },
].map((entry) => ({ ...entry, bytes: () => picture(entry.name) }));

/** A valid GIF with ASCII bytes only, which a client may send as text. */
export const asciiGif = Buffer.from('GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;', 'latin1');
