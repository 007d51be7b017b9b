// The list of persons.

import {button, element, initials} from './elements.js';
import {json} from './api.js';
import {squareOf} from './pictures.js';

const pageSize = 50;
const mostCalls = 20; // for one page

/** A person's picture in a circle, or the initials. */
export function face(person, side, signal) {
  const made = element('span', {class: `face face-${side}`, 'aria-hidden': 'true'}, initials(person.FullName));
  if (person.ETag)
    squareOf(person, side, signal)
      .then(src => made.replaceChildren(element('img', {src, alt: '', width: side, height: side})))
      .catch(() => {}); // the initials stay
  return made;
}

export class Persons {
  #asked = new AbortController();
  #search = element('input', {
    type: 'search', id: 'search', placeholder: 'Name or id', autocomplete: 'off', spellcheck: 'false',
    oninput: () => this.#later(), onkeydown: event => this.#fromSearch(event),
  });
  #without = element('input', {type: 'checkbox', id: 'without', onchange: () => this.load()});
  #items = element('ul', {id: 'items', onkeydown: event => this.#inList(event)});
  #note = element('p', {class: 'hint', id: 'count', role: 'status'});
  #more = button('Show more', () => this.#append(), {hidden: true, id: 'more'});
  #next = null;
  #timer = 0;
  #rows = new Map(); // PersonId → its link
  #current = 0;

  element = element('section', {id: 'persons', 'aria-labelledby': 'persons-title'},
    element('h1', {id: 'persons-title', class: 'visually-hidden'}, 'Persons'),
    element('div', {class: 'filter'},
      element('label', {for: 'search', class: 'visually-hidden'}, 'Search persons by name or id'), this.#search,
      element('label', {class: 'check'}, this.#without, 'No picture')),
    this.#items, this.#note, this.#more);

  /** Returns whether the list was loaded. */
  async load() {
    this.#asked.abort();
    this.#asked = new AbortController();
    this.#next = null;
    this.#note.textContent = 'Loading…';
    return this.#append(true);
  }

  update(person) {
    this.#rows.get(person.PersonId)?.firstChild.replaceWith(face(person, 40));
  }

  focus(personId) {
    this.#rows.get(personId)?.focus();
  }

  /** Marks the person that is open; 0: none. */
  mark(personId) {
    this.#rows.get(this.#current)?.removeAttribute('aria-current');
    this.#current = personId;
    this.#rows.get(personId)?.setAttribute('aria-current', 'page');
  }

  /** Adds a page, or begins a new list. The server may end a page early where names are rare. */
  async #append(isNew = false) {
    const {signal} = this.#asked;
    const first = isNew ? 0 : this.#rows.size;
    try {
      for (let calls = 0; calls === 0 || (this.#next && calls < mostCalls && this.#rows.size < first + pageSize); ++calls) {
        const query = new URLSearchParams({search: this.#search.value.trim(), limit: pageSize, after: this.#next ?? ''});
        if (this.#without.checked)
          query.set('hasImage', 'false');
        const page = await json(`api/v1/portrait/persons?${query}`, {signal});
        signal.throwIfAborted();
        if (isNew && calls === 0) {
          this.#rows.clear();
          this.#items.replaceChildren();
        }
        for (const person of page.Items)
          this.#items.append(this.#row(person));
        this.#next = page.Next;
      }
    } catch (error) {
      if (error.name !== 'AbortError')
        this.#note.textContent = error.message;
      return false;
    }
    this.#more.hidden = !this.#next;
    const count = this.#rows.size;
    this.#note.textContent = count || this.#next
      ? `${count} ${count === 1 ? 'person' : 'persons'}${this.#next ? ', and more' : ''}` : this.#nobody();
    if (first > 0)
      this.#items.children[first]?.firstChild.focus();
    this.mark(this.#current);
    return true;
  }

  #nobody() {
    if (this.#search.value.trim())
      return `No person has “${this.#search.value.trim()}” in the name or as the id.`;
    return this.#without.checked ? 'Every person has a picture.'
      : 'There are no persons yet. “portrait-server persons add” adds some.';
  }

  #row(person) {
    const link = element('a', {href: `#/persons/${person.PersonId}`, id: `person-${person.PersonId}`},
      face(person, 40, this.#asked.signal),
      element('span', {class: 'name'}, person.FullName, element('small', {}, person.PersonId)));
    this.#rows.set(person.PersonId, link);
    return element('li', {}, link);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), 200);
  }

  #fromSearch(event) {
    if (event.key === 'ArrowDown' && this.#items.firstChild) {
      event.preventDefault();
      this.#items.firstChild.firstChild.focus();
    } else if (event.key === 'Enter') {
      clearTimeout(this.#timer);
      this.load().then(isLoaded => isLoaded && this.#items.querySelector('a')?.click());
    }
  }

  #inList(event) {
    const row = document.activeElement.closest('li');
    const to = {
      ArrowDown: row?.nextSibling ?? row, ArrowUp: row?.previousSibling, Home: this.#items.firstChild, End: this.#items.lastChild,
    }[event.key];
    if (to === undefined)
      return;
    event.preventDefault();
    (to?.firstChild ?? this.#search).focus();
  }
}
