// What users do on the page, and what other clients do beside them.
import { openPage } from './browser.mjs';

export const demoUser = { user: 'tje0', password: 'Tje0' };
const basic = ({ user, password }) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Another client of the server. `person` is an id. */
export function otherClient(url, caller = demoUser) {
    const ask = async (method, path, { body, headers = {} } = {}) => {
        const answer = await fetch(`${url}/api/v1/Person/${path}`,
                                   { method, body, headers: { Authorization: basic(caller), ...headers } });
        if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.status}`);
        return answer;
    };
    return {
        save: (person, body) => ask('PUT', `${person}/Image`, { body, headers: { 'Content-Type': 'application/octet-stream' } }),
        remove: (person) => ask('DELETE', `${person}/Image`),
        /** The stored bytes; null: there is no picture. */
        async picture(person) {
            const answer = await ask('GET', `${person}/Image`, { headers: { Accept: '*/*' } });
            return answer.ok ? Buffer.from(await answer.arrayBuffer()) : null;
        },
        info: async (person) => (await ask('GET', `${person}/ImageInfo`)).json(),
    };
}

/** Opens the page at a view, as a user who is signed in. `url`: with the base path. */
export async function visit(browser, url, { view = 'persons', caller = demoUser, ...options } = {}) {
    const page = await openPage(browser, options);
    const answer = await page.request.post(`${url}/session`, { form: caller });
    if (!answer.ok()) throw new Error(`POST /session: ${answer.status()}`);
    await page.goto(`${url}/ui/#/${view}`);
    await page.locator('main h1').last().waitFor({ state: 'attached' });
    return page;
}

/** Opens a person's view. */
export async function visitPerson(browser, url, id, options = {}) {
    const page = await visit(browser, url, { view: `persons/${id}`, ...options });
    await page.locator('#person .row').first().waitFor();
    return page;
}

/** Ends the page's session, as a sign-out in another window does. */
export async function endSession(page, url) {
    const cookies = await page.context().cookies(url);
    const token = cookies.find(({ name }) => name === 'XSRF-TOKEN').value;
    const answer = await page.request.delete(`${url}/session`, { headers: { 'X-XSRF-TOKEN': token } });
    if (!answer.ok()) throw new Error(`DELETE /session: ${answer.status()}`);
    await page.context().addCookies(cookies); // the browser doesn't know of it
}

export async function fillSignIn(page, { user, password } = demoUser) {
    await page.getByLabel('User').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Chooses a file and waits until it can be cropped. */
export async function choose(page, path) {
    await page.setInputFiles('#file', path);
    await page.locator('#save').waitFor();
}

/** Waits until all pictures of the person are shown. A picture that is removed earlier is a failed request in the console. */
export const whenShown = (page) => page.waitForFunction(() => {
    const faces = [...document.querySelectorAll('#person > .row .face, #items [aria-current] .face')];
    return document.querySelector('.whole')?.naturalWidth > 0 && faces.every((face) => face.querySelector('img')?.complete);
});

export const said = (page) => page.locator('.said');
export const problem = (page) => page.locator('#person .problem');

/** What has the focus, as the id or the text. */
export const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
