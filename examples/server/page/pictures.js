// Pictures of persons and of files.

import {bytesText} from './elements.js';
import {imagePath, request} from './api.js';

/** Types that every browser shows: a picture of another type is asked for in one of these. */
const shown = {Accept: 'image/png,image/jpeg,image/gif'};
const mostKept = 400;
const kept = new Map(); // person, version and query → URL of the bytes

/** The URL of a person's picture. `tag`: of its version; `query`: of a rendition. */
async function urlOfPicture(personId, tag, query, signal) {
  const key = `${personId} ${tag} ${query}`;
  if (!kept.has(key)) {
    const blob = await fetchShown(`${imagePath(personId)}?${query}`, personId, signal);
    kept.set(key, URL.createObjectURL(blob));
    if (kept.size > mostKept) {
      const [oldest, itsUrl] = kept.entries().next().value;
      kept.delete(oldest);
      URL.revokeObjectURL(itsUrl);
    }
  }
  return kept.get(key);
}

// In twice the pixels, for sharp screens.
export const squareOf = ({PersonId, ETag}, side, signal) =>
  urlOfPicture(PersonId, ETag, `w=${2 * side}&h=${2 * side}&crop=centre`, signal);
export const wholeOf = ({PersonId, ETag}, side, signal) =>
  urlOfPicture(PersonId, ETag, `w=${2 * side}&h=${2 * side}`, signal);

/** A server without a renderer has the picture as it is stored. */
async function fetchShown(path, personId, signal) {
  try {
    return await (await request(path, {headers: shown, signal})).blob();
  } catch (error) {
    if (error.status !== 501)
      throw error;
    return (await request(imagePath(personId), {signal})).blob();
  }
}

/** What a file begins with, in hexadecimal digits. */
const beginnings = {
  '89504e470d0a1a0a': 'image/png', 'ffd8ff': 'image/jpeg', '47494638': 'image/gif',
  '49492a00': 'image/tiff', '4d4d002a': 'image/tiff', '49492b00': 'image/tiff', '4d4d002b': 'image/tiff',
};

async function typeOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const digits = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return Object.entries(beginnings).find(([start]) => digits.startsWith(start))?.[1];
}

export function namesOf(types) {
  const names = types.map(type => type.replace('image/', '').toUpperCase());
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join('');
}

/** Opens a file's picture. `fault`: why the server would refuse the whole file, or empty. Throws an Error for people. */
export async function openPicture(file, {Formats, MaxBytes}) {
  const name = file.name ? `“${file.name}”` : 'The file';
  const type = await typeOf(file);
  // The beginnings of the types that are converted are left to the server.
  const canBeKept = Formats.includes(type) || (!type && Formats.some(format => !Object.values(beginnings).includes(format)));
  const fault = file.size > MaxBytes ? `${name} has ${bytesText(file.size)}, and ${bytesText(MaxBytes)} are accepted.`
    : canBeKept ? '' : `${name} is not a ${namesOf(Formats)}.`;
  try {
    return {file, fault, bitmap: await createImageBitmap(file)};
  } catch {
    // Browsers don't show TIFF, and not every JPEG.
  }
  if (fault)
    throw new Error(fault);
  const made = await request('ui/preview', {
    method: 'POST', body: file, headers: {...shown, 'Content-Type': 'application/octet-stream'},
  });
  return {file, fault, bitmap: await createImageBitmap(await made.blob())};
}
