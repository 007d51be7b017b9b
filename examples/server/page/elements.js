// Builds elements. Texts are never parsed as HTML.

/** `onclick` and the like are listeners, true is an empty attribute, false and null are none; null is no child. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on'))
      made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null)
      made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null));
  return made;
}

/** Makes a button that can't be pressed again until its action ends. */
export function button(text, action, attributes = {}) {
  const made = element('button', {type: 'button', ...attributes}, text);
  made.addEventListener('click', async () => {
    if (made.ariaDisabled === 'true')
      return;
    made.ariaDisabled = 'true'; // not disabled: that would lose the focus
    await action();
    made.ariaDisabled = null;
  });
  return made;
}

/** At most two initials of a name. */
export function initials(name) {
  const words = name.split(/\s+/).filter(word => /^\p{L}/u.test(word));
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen.map(word => [...word][0].toLocaleUpperCase()).join('') || '?';
}

/** A number of bytes for people, rounded up. */
export function bytesText(bytes) {
  const kibibytes = Math.ceil(bytes / 1024);
  return kibibytes < 1024 ? `${kibibytes} KiB` : `${Math.ceil(kibibytes / 102.4) / 10} MiB`;
}
