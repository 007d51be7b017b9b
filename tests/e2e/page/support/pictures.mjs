// Pictures by ImageMagick, and what pictures have.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = mkdtempSync(join(process.env.PORTRAIT_WORK, 'pictures-'));

/** Makes a file by ImageMagick's arguments; returns its path. */
export function make(name, ...args) {
    const path = join(folder, name);
    execFileSync('convert', [...args, path]);
    return path;
}

/** Halves of 200 × 200 pixels, the first one at the left. */
export const halves = (name, first = 'red', second = 'blue') =>
    make(name, '-size', '200x200', `xc:${first}`, `xc:${second}`, '+append');

/** Noise, which doesn't compress. */
export const noise = (name, side) => make(name, '-seed', '5', '-size', `${side}x${side}`, 'xc:', '+noise', 'Random');

/** Width, height, and `r,g,b` at parts of the width in half the height. */
export function lookAt(bytes, ...parts) {
    const convert = (...args) => execFileSync('convert', ['-', ...args], { input: bytes, encoding: 'utf8' });
    const [width, height] = convert('-format', '%w %h', 'info:').split(' ').map(Number);
    const colours = parts.map((part) => {
        const at = `p{${Math.min(width - 1, Math.round(part * width))},${Math.floor(height / 2)}}`;
        const format = ['r', 'g', 'b'].map((channel) => `%[fx:int(255*${at}.${channel})]`).join();
        return convert('-depth', '8', '-format', format, 'info:');
    });
    return { width, height, colours };
}

/** `red`, `blue`, `green`, `white`, or the numbers of another colour; JPEG changes colours a little. */
export function nameOf(colour) {
    const [red, green, blue] = colour.split(',').map((value) => (value > 200 ? 1 : value < 55 ? 0 : NaN));
    return { '1,0,0': 'red', '0,0,1': 'blue', '0,1,0': 'lime', '1,1,1': 'white' }[`${red},${green},${blue}`] ?? colour;
}

export const coloursOf = (bytes, ...parts) => lookAt(bytes, ...parts).colours.map(nameOf);
export const read = (path) => readFileSync(path);
