// The API: its routes, with a curl line each.

import {button, element} from './elements.js';
import {json, request, urlOf} from './api.js';

const longestShown = 20000; // characters of an answer
const methods = ['get', 'put', 'post', 'patch', 'delete'];

export class Routes {
  #title = element('h1', {tabindex: '-1'}, 'API');

  /** `user`: for the curl lines. */
  constructor(user) {
    this.user = user;
    this.element = element('section', {id: 'routes'}, this.#title,
      element('p', {}, 'It is SuperOffice’s; the whole description is ',
        element('a', {href: urlOf('api/v1/openapi.json')}, 'openapi.json'), '.'));
  }

  async load() {
    const groups = new Map();
    try {
      for (const [path, operations] of Object.entries((await json('api/v1/openapi.json')).paths))
        for (const method of methods.filter(name => operations[name])) {
          const tag = operations[method].tags[0];
          groups.set(tag, [...groups.get(tag) ?? [], this.#route(path, method.toUpperCase(), operations[method])]);
        }
    } catch (error) {
      this.element.append(element('p', {class: 'problem', role: 'alert'}, error.message));
    }
    // Those of pictures are first.
    for (const [tag, routes] of [...groups].sort(([one], [other]) => (other === 'Person') - (one === 'Person')))
      this.element.append(element('h2', {}, tag), ...routes);
    this.#title.focus();
  }

  #route(path, method, operation) {
    const line = element('code');
    const inputs = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => element('input', {
      'aria-label': name, placeholder: name, value: name === 'personId' ? 1 : '', oninput: () => write(),
    }));
    const filled = () => inputs.reduce(
      (text, {value, placeholder}) => text.replace(/\{\w+\}/, encodeURIComponent(value || placeholder)), path);
    const write = () => { line.textContent = this.#curl(filled(), method, operation); };
    write();
    const answer = element('div', {class: 'answer', 'aria-live': 'polite'});
    const attempt = method === 'GET' ? button('Try it', () => tryIt(filled(), answer)) : null;
    return element('details', {class: 'route'},
      element('summary', {}, element('b', {class: 'method'}, method), element('code', {}, path),
        element('span', {class: 'hint'}, ` ${operation.summary}`)),
      inputs.length ? element('p', {class: 'inputs'}, ...inputs) : null,
      element('pre', {tabindex: '0'}, line), attempt, answer);
  }

  #curl(path, method, {requestBody, security}) {
    const quoted = text => `'${text.replaceAll("'", `'\\''`)}'`;
    const line = ['curl'];
    if (method !== 'GET')
      line.push('-X', method);
    if (security.length)
      line.push('-u', quoted(this.user));
    for (const [type, {example = {}}] of Object.entries(requestBody?.content ?? {}).slice(0, 1)) {
      const data = type.endsWith('json') ? JSON.stringify(example) : String(new URLSearchParams(example));
      const isPicture = type.startsWith('image/');
      line.push('-H', quoted(`Content-Type: ${type}`), ...isPicture ? ['--data-binary', '@photo'] : ['-d', quoted(data)]);
    }
    return [...line, quoted(urlOf(path.slice(1)))].join(' ');
  }
}

async function tryIt(path, answer) {
  answer.replaceChildren('…');
  try {
    const got = await request(path.slice(1), {headers: {Accept: 'application/json, image/*;q=0.9, */*;q=0.5'}});
    const type = got.headers.get('Content-Type') ?? '';
    const head = element('p', {class: 'hint'}, `${got.status} ${type}`);
    if (type.startsWith('image/')) {
      const src = URL.createObjectURL(await got.blob());
      return answer.replaceChildren(head, element('img', {src, alt: 'The answer', onload: () => URL.revokeObjectURL(src)}));
    }
    const text = await got.text();
    const shown = type.includes('json') ? JSON.stringify(JSON.parse(text), null, 2) : text;
    answer.replaceChildren(head, element('pre', {tabindex: '0'}, shown.slice(0, longestShown)));
  } catch (error) {
    answer.replaceChildren(element('p', {class: 'problem'}, `${error.status || ''} ${error.message}`.trim()));
  }
}
