// One person: the picture, and its texts.

import {button, bytesText, element} from './elements.js';
import {imagePath, json, request, upload} from './api.js';
import {Crop} from './crop.js';
import {namesOf, openPicture, wholeOf} from './pictures.js';
import {face} from './persons.js';

const textNames = ['Description', 'ExtraInfo', 'ConceptualType'];

export class Person {
  #left = new AbortController();
  #infoTag = null;
  #undo; // bytes of the picture before the last change; null: there was none
  #chosen = null; // the opened file
  #uploading = null;
  #crop = new Crop(() => this.#preview());
  #previews = [96, 40].map(side => element('canvas', {
    width: 2 * side, height: 2 * side, class: `face face-${side}`, 'aria-hidden': 'true',
  }));
  #now = element('div', {class: 'row'});
  #problem = element('p', {class: 'problem', role: 'alert'});
  #said = element('span', {role: 'status'});
  #undoButton = button('Undo', () => this.#takeBack(), {id: 'undo', class: 'quiet', hidden: true});
  #conflict = element('div', {
    class: 'conflict card', hidden: true, tabindex: '-1', role: 'group', 'aria-labelledby': 'conflict-title',
  });
  #facts = element('dl', {class: 'facts'});

  #file = element('input', {
    type: 'file', id: 'file', class: 'visually-hidden', accept: 'image/*', onchange: event => this.#take(event.target),
  });
  #drop = element('div', {
    class: 'drop', ondragover: () => this.#drop.classList.add('over'),
    ondragleave: () => this.#drop.classList.remove('over'), ondrop: event => this.#take(event.dataTransfer),
  });
  #whole = element('input', {type: 'checkbox', id: 'whole', 'aria-describedby': 'fault', onchange: () => this.#preview()});
  #fault = element('p', {id: 'fault', class: 'hint'});
  #bar = element('progress', {max: 1, value: 0, 'aria-label': 'Upload', hidden: true});
  #editor = element('div', {class: 'chosen', hidden: true}, this.#crop.element,
    element('div', {class: 'side'}, element('h2', {}, 'Preview'), element('div', {class: 'row'}, ...this.#previews),
      element('label', {class: 'check'}, this.#whole, 'Keep the whole picture'), this.#fault,
      element('p', {class: 'actions'}, button('Save', () => this.#saveChosen(), {class: 'primary', id: 'save'}),
        button('Cancel', () => this.#cancel(), {id: 'cancel'})), this.#bar));

  #form = element('form', {hidden: true, onsubmit: event => this.#saveTexts(event)}, element('h2', {}, 'Texts'));

  /** `onchange` is called with the person after each change of the picture. */
  constructor(personId, {limits, mayWrite, onchange}) {
    this.person = {PersonId: personId, FullName: '', ETag: null};
    this.limits = limits;
    this.mayWrite = mayWrite;
    this.onchange = onchange;
    this.title = element('h1', {tabindex: '-1'}, `Person ${personId}`);
    this.element = element('article', {id: 'person'},
      element('a', {href: '#/persons', class: 'back'}, 'All persons'), this.title, this.#problem);
    const photo = element('input', {
      type: 'file', id: 'photo', class: 'visually-hidden', accept: 'image/*', capture: 'user',
      onchange: event => this.#take(event.target),
    });
    this.#drop.append(element('p', {}, 'Drop a picture here, paste one, or'),
      element('p', {class: 'actions'}, this.#file, element('label', {for: 'file', class: 'button'}, 'Choose a file'),
        element('span', {class: 'touch'}, photo, element('label', {for: 'photo', class: 'button'}, 'Take a photo'))),
      element('p', {class: 'hint'}, `${namesOf(limits.Formats)}, up to ${bytesText(limits.MaxBytes)}`));
    for (const name of textNames)
      this.#form.append(element('label', {for: name}, name.replace(/\B[A-Z]/, letter => ` ${letter.toLowerCase()}`)),
        element('textarea', {id: name, name, rows: 2, readonly: !mayWrite}));
    if (mayWrite)
      this.#form.append(element('button', {}, 'Save texts'));
  }

  async load() {
    const {PersonId: id} = this.person;
    try {
      this.person.FullName = (await json(`api/v1/Person/${id}/Simple`, {signal: this.#left.signal})).FullName;
    } catch (error) {
      return this.#fail(error.status === 404 ? new Error(`There is no person with the id ${id}.`) : error);
    }
    this.title.replaceChildren(this.person.FullName, ' ', element('small', {}, id));
    const editor = this.mayWrite ? [this.#drop, this.#editor] : [];
    this.element.append(this.#now, element('p', {class: 'said'}, this.#said, this.#undoButton), this.#conflict, ...editor, this.#facts, this.#form);
    await this.#show();
  }

  leave() {
    this.#left.abort();
    this.#uploading?.abort();
  }

  isUnsaved() {
    return this.#chosen !== null || textNames.some(name => this.#isEdited(name));
  }

  /** Reads the picture and its properties again, and shows them. */
  async #show() {
    const id = this.person.PersonId;
    const {signal} = this.#left;
    try {
      const info = await request(`api/v1/Person/${id}/ImageInfo`, {signal});
      const entity = await info.json();
      this.#infoTag = info.headers.get('ETag');
      const head = entity.BlobSize ? (await request(imagePath(id), {method: 'HEAD', signal})).headers : null;
      this.person.ETag = head?.get('ETag') ?? null;
      this.#showNow();
      this.#showFacts(entity, head);
      this.#showTexts(entity);
      this.onchange(this.person);
    } catch (error) {
      this.#fail(error);
    }
  }

  #showNow() {
    const {signal} = this.#left;
    const has = this.person.ETag !== null;
    const whole = element('img', {class: 'whole', alt: `Picture of ${this.person.FullName}`});
    if (has)
      wholeOf(this.person, 192, signal).then(url => { whole.src = url; }, error => this.#fail(error));
    this.#now.replaceChildren(...has ? [whole] : [], face(this.person, 96, signal), face(this.person, 40, signal),
      ...has ? [] : ['No picture'],
      ...has && this.mayWrite ? [button('Remove picture', () => this.#remove(), {class: 'danger', id: 'remove'})] : []);
  }

  #showFacts(entity, head) {
    const when = date => new Date(date).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'});
    const by = associate => associate?.FullName || associate?.Name || 'unknown';
    const rows = head ? {
      Type: entity.MimeType,
      Size: bytesText(entity.BlobSize),
      Dimensions: `${head.get('X-Image-Width')} × ${head.get('X-Image-Height')} pixels`,
      Added: `${when(entity.CreatedDate)} by ${by(entity.CreatedBy)}`,
      Changed: `${when(entity.UpdatedDate)} by ${by(entity.UpdatedBy)}`,
    } : {};
    this.#facts.replaceChildren(...Object.entries(rows).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value))));
  }

  /** Opens the file of an input or of what was dropped. */
  #take(source) {
    this.#drop.classList.remove('over');
    this.open(source.files[0]);
    if ('value' in source)
      source.value = ''; // so that the same file can be chosen again
  }

  /** Opens a file to crop; also one that was pasted. */
  async open(file) {
    if (!file || !this.mayWrite || this.#uploading)
      return;
    this.#clear();
    try {
      const opened = await openPicture(file, this.limits);
      this.#close();
      this.#chosen = opened;
    } catch (error) {
      return this.#fail(error);
    }
    const {bitmap, fault} = this.#chosen;
    this.#whole.checked = false;
    this.#whole.disabled = fault !== '';
    this.#fault.textContent = fault && `${fault} The chosen part can be saved.`;
    this.#drop.hidden = this.#undoButton.hidden = true;
    this.#editor.hidden = false;
    this.#crop.open(bitmap);
    this.#crop.canvas.focus();
  }

  #preview() {
    this.#crop.element.inert = this.#whole.checked;
    for (const canvas of this.#previews)
      this.#crop.drawInto(canvas, this.#whole.checked);
  }

  #cancel() {
    if (this.#uploading)
      return this.#uploading.abort();
    this.#close();
    this.#said.textContent = 'Nothing was changed.';
    this.#file.focus();
  }

  #close() {
    this.#chosen?.bitmap.close();
    this.#chosen = null;
    this.#editor.hidden = true;
    this.#drop.hidden = false;
    this.#undoButton.hidden = this.#undo === undefined;
    this.#conflict.hidden = true;
  }

  async #saveChosen() {
    this.#clear();
    return this.#change(this.#whole.checked ? this.#chosen.file : await this.#crop.file(), 'The picture is saved.');
  }

  #remove() {
    this.#clear();
    return this.#change(null, 'The picture is removed.');
  }

  #takeBack() {
    const before = this.#undo;
    return this.#change(before, before ? 'The earlier picture is back.' : 'The picture is removed again.');
  }

  /** Keeps the present picture for an undo, then stores these bytes, or removes the picture (null). */
  async #change(bytes, sentence) {
    try {
      const before = await this.#bytesNow();
      await (bytes ? this.#put(bytes) : this.#delete());
      this.#undo = before;
      this.#close();
      await this.#show();
      this.#said.textContent = sentence;
      this.#undoButton.focus();
    } catch (error) {
      if (error.name === 'AbortError')
        await this.#showCancelled();
      else if (error.status === 412 || error.status === 404)
        await this.#showConflict(bytes).catch(fault => this.#fail(fault));
      else
        this.#fail(error);
    }
  }

  /** The server may have stored the bytes before it saw that the upload was cancelled. */
  async #showCancelled() {
    const {ETag: tag} = this.person;
    await this.#show();
    this.#said.textContent = tag === this.person.ETag ? 'The upload was cancelled; nothing was changed.'
      : 'The picture was saved before the upload could be cancelled.';
  }

  async #put(bytes) {
    const {ETag: tag, PersonId: id} = this.person;
    this.#uploading = new AbortController();
    this.#bar.value = 0;
    this.#bar.hidden = false;
    try {
      const condition = tag ? {'If-Match': tag} : {'If-None-Match': '*'};
      await upload(imagePath(id), bytes, {'Content-Type': 'application/octet-stream', ...condition},
        part => { this.#bar.value = part; }, this.#uploading.signal);
    } finally {
      this.#uploading = null;
      this.#bar.hidden = true;
    }
  }

  #delete() {
    return request(imagePath(this.person.PersonId), {method: 'DELETE', headers: {'If-Match': this.person.ETag}});
  }

  /** The bytes of the version that is shown; null: there is no picture. */
  async #bytesNow() {
    const {ETag: tag, PersonId: id} = this.person;
    return tag && (await request(imagePath(id), {headers: {Accept: '*/*', 'If-Match': tag}})).blob();
  }

  async #showConflict(bytes) {
    const {signal} = this.#left;
    const answer = await request(imagePath(this.person.PersonId), {method: 'HEAD', signal}).catch(error => {
      if (error.status !== 404)
        throw error;
    });
    this.person.ETag = answer?.headers.get('ETag') ?? null;
    this.onchange(this.person);
    const figure = (picture, caption) => element('figure', {}, picture, element('figcaption', {}, caption));
    const mine = bytes ? element('img', {src: URL.createObjectURL(bytes), alt: '', class: 'face face-96'})
      : element('span', {class: 'face face-96'}, '–');
    this.#conflict.replaceChildren(element('h2', {id: 'conflict-title'}, 'This picture was changed meanwhile'),
      element('div', {class: 'row'}, figure(face(this.person, 96, signal), answer ? 'Now' : 'Now: no picture'),
        figure(mine, bytes ? 'Yours' : 'Yours: no picture')),
      element('p', {class: 'actions'},
        button(bytes ? 'Save yours' : 'Remove it', () => {
          this.#clear();
          return this.#change(bytes, bytes ? 'The picture is saved.' : 'The picture is removed.');
        }, {class: 'primary', id: 'replace'}),
        button('Keep the other', async () => {
          this.#close();
          await this.#show();
          this.title.focus();
        }, {id: 'keep'})));
    this.#conflict.hidden = false;
    this.#conflict.focus();
  }

  #isEdited(name) {
    const field = this.#form.elements[name];
    return field.value !== field.defaultValue;
  }

  /** Shows the stored texts, except where the user has changed them. */
  #showTexts(entity) {
    this.#form.hidden = entity.BlobId === 0;
    for (const name of textNames) {
      const field = this.#form.elements[name];
      const keep = this.#isEdited(name) ? field.value : entity[name];
      field.defaultValue = entity[name];
      field.value = keep;
    }
  }

  async #saveTexts(event) {
    event.preventDefault();
    this.#clear();
    const body = JSON.stringify(Object.fromEntries(textNames.map(name => [name, this.#form.elements[name].value])));
    try {
      await request(`api/v1/Person/${this.person.PersonId}/ImageInfo`,
        {method: 'PUT', body, headers: {'Content-Type': 'application/json', 'If-Match': this.#infoTag}});
      await this.#show();
      this.#said.textContent = 'The texts are saved.';
    } catch (error) {
      this.#fail(error.status === 412
        ? new Error('These texts were changed meanwhile. Copy yours, then open the person again.') : error);
    }
  }

  #clear() {
    this.#problem.textContent = this.#said.textContent = '';
    this.#conflict.hidden = true;
  }

  #fail(error) {
    if (!this.#left.signal.aborted)
      this.#problem.textContent = error.message;
  }
}
