// Requests to the server's API, by the browser's session.

/** The endpoint's address: the page is one folder below it. */
const root = new URL('../', location.href.split('#')[0]);

export const urlOf = path => new URL(path, root).href;
export const imagePath = personId => `api/v1/Person/${personId}/Image`;

/** What came instead of a success; status 0: there was no answer. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const noAnswer = () => new Refusal(0, 'The server does not answer. Check the connection, then try again.');
let waitForSignIn = null;

/** Sets the function that is called when the session has ended; requests go on when its promise is fulfilled. */
export function onSessionEnd(wait) {
  waitForSignIn = wait;
}

/** The XSRF field is always present: then a refusal opens no dialog of the browser. */
function fieldsWith(headers) {
  const [, token = '-'] = document.cookie.match(/(?:^|;\s*)XSRF-TOKEN=([^;]*)/) ?? [];
  return {Accept: 'application/json', 'X-XSRF-TOKEN': token, ...headers};
}

/** Sends until the caller is signed in. Throws a `Refusal` unless it is a success. */
async function insist(send, mayAsk) {
  for (;;) {
    const answer = await send();
    if (answer.status >= 200 && answer.status < 300)
      return answer;
    if (answer.status !== 401 || !mayAsk || !waitForSignIn) {
      let message;
      try {
        message = JSON.parse(await answer.text()).ErrorMessage;
      } catch {
        // not from portrait, but from a proxy
      }
      throw new Refusal(answer.status, message || `The server answered ${answer.status}.`);
    }
    await waitForSignIn();
  }
}

/** Returns the answer of a success; throws a `Refusal`, or the signal's AbortError. */
export function request(path, {method, headers, body, signal, mayAsk = true} = {}) {
  return insist(() => fetch(urlOf(path), {method, body, signal, headers: fieldsWith(headers)}).catch(error => {
    throw error.name === 'AbortError' ? error : noAnswer();
  }), mayAsk);
}

export const json = async (path, options) => (await request(path, options)).json();

/** Puts bytes with progress (0 to 1). Throws as `request`. */
export function upload(path, bytes, headers, onProgress, signal) {
  // Not by fetch, which reports no progress of a body.
  return insist(() => new Promise((fulfil, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('PUT', urlOf(path));
    for (const [name, value] of Object.entries(fieldsWith(headers)))
      sending.setRequestHeader(name, value);
    sending.upload.onprogress = event => onProgress(event.loaded / event.total);
    sending.onload = () => fulfil({status: sending.status, text: () => sending.responseText});
    sending.onerror = () => reject(noAnswer());
    sending.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => sending.abort());
    sending.send(bytes);
  }), true);
}

/** Throws a `Refusal`. */
export const signIn = (user, password) =>
  request('session', {method: 'POST', mayAsk: false, body: new URLSearchParams({user, password})});

export const signOut = () => request('session', {method: 'DELETE', mayAsk: false});
