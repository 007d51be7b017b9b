// Sign-in, the list of persons, and the API's routes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { command, makeDataFolder, startServer } from '../support/server.mjs';
import { checkAccessibility, openPage, startBrowser } from './support/browser.mjs';
import { halves, read } from './support/pictures.mjs';
import { fillSignIn, focused, otherClient, visit } from './support/visitor.mjs';

let server;
let browser;
before(async () => {
    const data = makeDataFolder();
    const names = join(process.env.PORTRAIT_WORK, 'persons.csv');
    writeFileSync(names, 'id,name\n1,Øyvind Berg\n2,Anna Lund\n7,Prince\n12,Kari Moen Dahl\n13,<b>Bert</b> O\'Hara\n14,1999\n');
    command(data, ['persons', 'import', names]);
    server = await startServer({ data });
    browser = await startBrowser();
    await otherClient(server.url).save(2, read(halves('anna.png')));
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

const rows = (page) => page.locator('#items a');
const names = (page) => page.locator('#items .name').evaluateAll(
    (all) => all.map((name) => name.firstChild.textContent));

test('the start page leads to the form, which leads to the persons', async () => {
    const page = await openPage(browser, { expected: [/401 \(Unauthorized\)/] });
    await page.goto(server.url);
    assert.equal(page.url(), `${server.url}/ui/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await focused(page), 'user');
    await checkAccessibility(page);
    await fillSignIn(page, { user: 'tje0', password: 'wrong' });
    await page.getByText('User or password is wrong.').waitFor();
    assert.equal(await focused(page), 'password');
    await checkAccessibility(page);
    await page.keyboard.type('Tje0'); // replaces the selected one
    await page.keyboard.press('Enter');
    await rows(page).first().waitFor();
    assert.equal(await page.locator('#caller-name').textContent(), 'Terje Demo');
    assert.equal(await page.title(), 'Persons – portrait');
    await page.reload(); // the session goes on
    await rows(page).first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.finish();
});

test('persons have pictures or initials, and names are no HTML', async () => {
    const page = await visit(browser, server.url);
    await rows(page).nth(49).waitFor();
    assert.equal(await rows(page).count(), 50);
    assert.deepEqual((await names(page)).slice(0, 2), ['Øyvind Berg', 'Anna Lund']);
    await rows(page).nth(1).locator('img').waitFor();
    const initials = (id) => page.locator(`#person-${id} .face`).textContent();
    assert.equal(await initials(1), 'ØB');
    assert.equal(await initials(7), 'P');
    assert.equal(await initials(12), 'KD');
    assert.equal(await initials(14), '?');
    assert.equal((await names(page))[12], '<b>Bert</b> O\'Hara');
    await checkAccessibility(page);
    await page.finish();
});

test('the search finds names and ids, and the filter persons without a picture', async () => {
    const page = await visit(browser, server.url);
    const found = async (...expected) => {
        await page.waitForFunction((list) => {
            const shown = [...document.querySelectorAll('#items .name')].map((name) => name.firstChild.textContent);
            return JSON.stringify(shown) === JSON.stringify(list);
        }, expected);
    };
    const search = page.getByLabel('Search persons by name or id');
    await search.fill('øyv');
    await found('Øyvind Berg');
    await page.getByText('1 person', { exact: true }).waitFor();
    await search.fill('999');
    await found('Demo person 999', '1999'); // the id first
    await search.fill('nobody');
    await page.getByText('No person has “nobody” in the name or as the id.').waitFor();
    await found();
    await search.fill('anna');
    await found('Anna Lund');
    await page.getByLabel('No picture').check();
    await page.getByText('No person has “anna” in the name or as the id.').waitFor();
    await found();
    await page.getByLabel('No picture').uncheck();
    await found('Anna Lund');
    await search.fill('prince'); // Enter opens the first one of the new list, not of the shown one
    await search.press('Enter');
    await page.getByRole('heading', { name: 'Prince 7' }).waitFor();
    await page.finish();
});

test('the list goes on page by page and by keys', async () => {
    const page = await visit(browser, server.url);
    await page.getByRole('button', { name: 'Show more' }).click();
    await rows(page).nth(99).waitFor();
    assert.equal(await page.locator('#count').textContent(), '100 persons, and more');
    assert.equal(await focused(page), 'person-51');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page), 'person-52');
    await page.keyboard.press('Home');
    assert.equal(await focused(page), 'person-1');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), 'search');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Anna Lund 2' }).waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    assert.equal(await page.title(), 'Anna Lund 2 – portrait');
    assert.equal(await page.locator('#items [aria-current]').count(), 1);
    await page.goBack();
    await page.getByText('Choose a person.').waitFor();
    assert.equal(await focused(page), 'person-2');
    await page.finish();
});

test('an unknown person is told', async () => {
    const page = await visit(browser, server.url, { view: 'persons/99999', expected: [/404 \(Not Found\)/] });
    await page.getByText('There is no person with the id 99999.').waitFor();
    await checkAccessibility(page);
    await page.finish();
});

test('the API has a curl line for each route, and GETs can be tried', async () => {
    const page = await visit(browser, server.url, { view: 'api' });
    const route = page.locator('details', { hasText: 'The person\'s picture' }).first();
    await route.locator('summary').click();
    await route.getByLabel('personId').fill('2');
    assert.equal(await route.locator('pre').textContent(), `curl -u 'tje0' '${server.url}/api/v1/Person/2/Image'`);
    await route.getByRole('button', { name: 'Try it' }).click();
    await route.getByAltText('The answer').waitFor();
    const names_ = page.locator('details', { hasText: 'The person\'s names: a Person' }).last();
    await names_.locator('summary').click();
    await names_.getByRole('button', { name: 'Try it' }).click();
    await names_.getByText('Øyvind Berg').waitFor();
    await checkAccessibility(page);
    const lines = await page.locator('details pre code').allTextContents();
    assert.ok(lines.length > 20);
    // curl would ask for the password, and the reader has a photo.
    const run = (line) => execFileSync('bash', ['-c', `${line.replace('tje0', 'tje0:Tje0')
        .replace('@photo', `@${halves('photo.png')}`)} -s -o ${join(process.env.PORTRAIT_WORK, 'answer')} -w '%{http_code}'`],
                                       { encoding: 'utf8' });
    for (const end of ['-X PUT.*/Person/1/Image', '-X PUT.*/Person/1/ImageInfo', 'GetPersonImage', 'SetPersonImage', '/Person/1/Simple',
                       '/api', 'GetBlobEntityOnPerson'])
        assert.match(run(lines.find((line) => new RegExp(`${end}'$`).test(line))), /^20[04]$/, end);
    await page.finish();
});
