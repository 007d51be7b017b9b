// Chooses a square of a picture.

import {element} from './elements.js';

const largest = 512; // pixels of the result
const step = 0.02;   // of the square, for a key

/** The square, with a slider. Positions are in parts of its side. `onchange` is called after each change. */
export class Crop {
  #bitmap = null;
  #scale = 1; // sides of the square for each pixel of the picture
  #x = 0;     // of the picture's left edge
  #y = 0;
  #pointers = new Map();

  constructor(onchange) {
    this.onchange = onchange;
    this.canvas = element('canvas', {
      width: 640, height: 640, tabindex: '0', role: 'img', 'aria-describedby': 'crop-help',
      'aria-label': 'Part of the picture that is kept',
      onpointerdown: event => this.#press(event), onpointermove: event => this.#move(event),
      onpointerup: event => this.#pointers.delete(event.pointerId),
      onpointercancel: event => this.#pointers.delete(event.pointerId),
      onkeydown: event => this.#key(event),
    });
    this.canvas.addEventListener('wheel', event => this.#wheel(event), {passive: false});
    this.slider = element('input', {
      type: 'range', id: 'zoom', min: '0', max: '1', step: '0.01', value: '0',
      oninput: () => this.#zoomTo(this.#least * this.#range ** Number(this.slider.value), 0.5, 0.5),
    });
    this.element = element('div', {class: 'crop'}, this.canvas,
      element('label', {for: 'zoom'}, 'Zoom'), this.slider,
      element('p', {id: 'crop-help', class: 'hint'},
        'Drag, or use the arrow keys, to move the picture; the wheel, two fingers, or + and − to zoom.'));
  }

  get #least() {
    return 1 / Math.min(this.#bitmap.width, this.#bitmap.height);
  }

  /** Scale and position of the largest square in the middle, which is shown of a whole picture. */
  get #centre() {
    return [this.#least, (1 - this.#bitmap.width * this.#least) / 2, (1 - this.#bitmap.height * this.#least) / 2];
  }

  /** How many times the least scale the largest one is: the square then has 64 pixels of the picture. */
  get #range() {
    return Math.max(1, Math.min(this.#bitmap.width, this.#bitmap.height) / 64);
  }

  open(bitmap) {
    this.#bitmap = bitmap;
    [this.#scale, this.#x, this.#y] = this.#centre;
    this.slider.disabled = this.#range === 1;
    this.#draw();
  }

  /** Draws the chosen square into a canvas, or the one that is shown of the whole picture. */
  drawInto(canvas, isWhole = false) {
    const side = canvas.width;
    const context = canvas.getContext('2d');
    const [scale, x, y] = (isWhole ? this.#centre : [this.#scale, this.#x, this.#y]).map(part => part * side);
    context.imageSmoothingQuality = 'high';
    context.clearRect(0, 0, side, side);
    context.drawImage(this.#bitmap, x, y, this.#bitmap.width * scale, this.#bitmap.height * scale);
  }

  /** The chosen square as a file: JPEG, or PNG if it is transparent somewhere. Not enlarged. */
  async file() {
    const side = Math.max(1, Math.min(largest, Math.round(1 / this.#scale)));
    const canvas = element('canvas', {width: side, height: side});
    this.drawInto(canvas);
    const pixels = canvas.getContext('2d').getImageData(0, 0, side, side).data;
    const isTransparent = pixels.some((value, index) => index % 4 === 3 && value < 250); // not by rounding at the edges
    const type = isTransparent ? 'image/png' : 'image/jpeg';
    return new Promise(fulfil => canvas.toBlob(fulfil, type, 0.92));
  }

  #draw() {
    const within = (value, length) => Math.min(0, Math.max(1 - length * this.#scale, value));
    this.#x = within(this.#x, this.#bitmap.width);
    this.#y = within(this.#y, this.#bitmap.height);
    this.slider.value = this.#range === 1 ? 0 : Math.log(this.#scale / this.#least) / Math.log(this.#range);
    this.drawInto(this.canvas);
    this.onchange();
  }

  /** Zooms around a point of the square. */
  #zoomTo(scale, x, y) {
    const next = Math.min(this.#least * this.#range, Math.max(this.#least, scale));
    const ratio = next / this.#scale;
    this.#x = x - (x - this.#x) * ratio;
    this.#y = y - (y - this.#y) * ratio;
    this.#scale = next;
    this.#draw();
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return {x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height};
  }

  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#at(event));
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before || this.#pointers.size > 2)
      return;
    const now = this.#at(event);
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) {
      this.#x += now.x - before.x;
      this.#y += now.y - before.y;
      return this.#draw();
    }
    const distance = point => Math.hypot(point.x - other.x, point.y - other.y) || 0.01;
    this.#x += (now.x - before.x) / 2;
    this.#y += (now.y - before.y) / 2;
    this.#zoomTo(this.#scale * distance(now) / distance(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  #wheel(event) {
    event.preventDefault();
    const {x, y} = this.#at(event);
    this.#zoomTo(this.#scale * 1.002 ** -event.deltaY, x, y);
  }

  #key(event) {
    const far = event.shiftKey ? 5 * step : step;
    const moves = {ArrowLeft: [far, 0], ArrowRight: [-far, 0], ArrowUp: [0, far], ArrowDown: [0, -far]};
    const zooms = {'+': 1.1, '=': 1.1, '-': 1 / 1.1, '−': 1 / 1.1};
    if (moves[event.key]) {
      this.#x += moves[event.key][0];
      this.#y += moves[event.key][1];
      this.#draw();
    } else if (zooms[event.key]) {
      this.#zoomTo(this.#scale * zooms[event.key], 0.5, 0.5);
    } else {
      return;
    }
    event.preventDefault();
  }
}
