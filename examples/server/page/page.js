// The page: which view is shown, and the session.

import {button, element} from './elements.js';
import {json, onSessionEnd, signIn, signOut} from './api.js';
import {Person} from './person.js';
import {Persons} from './persons.js';
import {Routes} from './routes.js';

const main = document.getElementById('main');
const navigation = document.getElementById('navigation');
const caller = document.getElementById('caller');
let limits = null; // of pictures
let principal = null;
let persons = null;
let person = null;
let shownHash = '';

const currentPrincipal = () => json('api/v1/User/currentPrincipal', {mayAsk: false});

/** Shows the sign-in form until the user has signed in: over the page with a sentence, or else instead of the page. */
function askToSignIn(sentence) {
  return new Promise(fulfil => {
    const problem = element('p', {class: 'problem', role: 'alert'});
    const user = element('input', {id: 'user', name: 'user', autocomplete: 'username', required: true, autocapitalize: 'none'});
    const password = element('input', {
      id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true,
    });
    const send = async event => {
      event.preventDefault();
      problem.textContent = '';
      try {
        await signIn(user.value, password.value);
        place.remove();
        fulfil();
      } catch (error) {
        problem.textContent = error.status === 401 ? 'User or password is wrong.' : error.message;
        password.select();
      }
    };
    const form = element('form', {class: 'sign-in', onsubmit: send},
      element('h1', {id: 'sign-in-title'}, 'Sign in'), sentence ? element('p', {}, sentence) : null,
      element('label', {for: 'user'}, 'User'), user, element('label', {for: 'password'}, 'Password'), password,
      problem, element('button', {class: 'primary'}, 'Sign in'));
    const place = element(sentence ? 'dialog' : 'div', {
      class: 'card', 'aria-labelledby': 'sign-in-title', oncancel: event => event.preventDefault(),
    }, form);
    if (sentence) {
      document.body.append(place);
      place.showModal();
    } else {
      main.replaceChildren(place);
    }
    user.focus();
  });
}

let waiting = null; // one form, also when several requests fail
function whenSessionEnds() {
  const goOn = async () => {
    if ((await currentPrincipal()).UserName !== principal.UserName)
      location.reload();
  };
  waiting ??= askToSignIn('Your session has ended. Sign in to go on; nothing on this page is lost.')
    .then(goOn).finally(() => { waiting = null; });
  return waiting;
}

async function start() {
  limits = (await json('api', {mayAsk: false})).Limits;
  while (!principal) {
    try {
      principal = await currentPrincipal();
    } catch (error) {
      if (error.status !== 401)
        throw error;
      await askToSignIn();
    }
  }
  onSessionEnd(whenSessionEnds);
  document.getElementById('caller-name').textContent = principal.FullName || principal.UserName;
  caller.append(button('Sign out', leave, {id: 'sign-out', class: 'quiet'}));
  navigation.hidden = caller.hidden = false;
  persons = new Persons();
  await persons.load();
  await route();
  addEventListener('hashchange', route);
}

async function leave() {
  onSessionEnd(null);
  await signOut().catch(() => {}); // the session may have ended
  location.hash = '';
  location.reload();
}

async function route() {
  if (person?.isUnsaved() && !confirm('Leave without saving your changes?'))
    return history.replaceState(null, '', shownHash);
  shownHash = location.href;
  const [, view, id] = (location.hash || '#/persons').split('/');
  const before = person?.person.PersonId;
  person?.leave();
  person = null;
  for (const link of navigation.querySelectorAll('a'))
    link.ariaCurrent = link.hash === `#/${view}` ? 'page' : null;
  document.body.dataset.view = view === 'persons' && id ? 'person' : view;
  if (view === 'api') {
    const routes = new Routes(principal.UserName);
    main.replaceChildren(routes.element);
    document.title = 'API – portrait';
    return routes.load();
  }
  if (!main.contains(persons.element))
    main.replaceChildren(persons.element, element('div', {id: 'detail'}));
  const detail = document.getElementById('detail');
  persons.mark(Number(id));
  if (!id) {
    detail.replaceChildren(element('p', {class: 'hint'}, 'Choose a person.'));
    document.title = 'Persons – portrait';
    return persons.focus(before);
  }
  person = new Person(Number(id), {
    limits, mayWrite: principal.FunctionRights.includes('write'), onchange: changed => persons.update(changed),
  });
  const {element: shown, title} = person;
  detail.replaceChildren(shown);
  await person.load();
  if (shown.isConnected) {
    document.title = `${title.textContent} – portrait`;
    title.focus();
  }
}

addEventListener('paste', event => person?.open(event.clipboardData.files[0]));
// A file that misses the square would replace the page.
for (const name of ['dragover', 'drop'])
  addEventListener(name, event => event.preventDefault());
addEventListener('beforeunload', event => person?.isUnsaved() && event.preventDefault());

start().catch(error => {
  main.replaceChildren(element('h1', {}, 'Not now'), element('p', {class: 'problem', role: 'alert'}, error.message),
    button('Try again', () => location.reload()));
});
