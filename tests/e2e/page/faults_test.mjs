// What the page says and does when something goes wrong.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDataFolder, startServer } from '../support/server.mjs';
import { checkAccessibility, openPage, startBrowser } from './support/browser.mjs';
import { coloursOf, halves, noise, read } from './support/pictures.mjs';
import { startSlowProxy } from './support/slow_proxy.mjs';
import { choose, endSession, fillSignIn, focused, otherClient, problem, said, visit, visitPerson } from './support/visitor.mjs';

const mebibyte = 1024 * 1024;
let server;
let browser;
let other;
let person = 10; // each test has a person of its own
before(async () => {
    server = await startServer();
    browser = await startBrowser();
    other = otherClient(server.url);
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

/** Makes a picture a file of 11 MiB; the formats allow bytes after their end. */
function lengthen(path) {
    const bytes = read(path);
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(11 * mebibyte - bytes.length)]));
    return path;
}

const conflict = [/412 \(Precondition Failed\)/];
const ended = [/401 \(Unauthorized\)/];
const saved = (page) => said(page).getByText('The picture is saved.').waitFor();

/** Opens a person with a picture, which another client replaces when the square is chosen. */
async function openConflict(options = {}) {
    await other.save(++person, read(halves('first.png', 'lime', 'lime')));
    const page = await visitPerson(browser, server.url, person, { expected: conflict, ...options });
    await page.locator('#remove').waitFor();
    await choose(page, halves('mine.png'));
    await other.save(person, read(halves('theirs.png', 'white', 'white')));
    await page.locator('#save').click();
    await page.getByRole('heading', { name: 'This picture was changed meanwhile' }).waitFor();
    return page;
}

test('a picture that was changed meanwhile is shown beside the own one, which can replace it', async () => {
    const page = await openConflict();
    assert.equal(await page.evaluate(() => document.activeElement.className), 'conflict card');
    await page.locator('.conflict .face img').waitFor();
    assert.equal(await page.locator('.conflict figure').count(), 2);
    await page.waitForFunction(() => [...document.querySelectorAll('.conflict img')].every((image) => image.naturalWidth > 0));
    await checkAccessibility(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.5), ['white']);
    await page.locator('#replace').click();
    await saved(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.locator('#undo').click(); // to the other's, not to the first
    await said(page).getByText('The earlier picture is back.').waitFor();
    assert.deepEqual(coloursOf(await other.picture(person), 0.5), ['white']);
    await page.finish();
});

test('a picture that was changed meanwhile can be kept', async () => {
    const page = await openConflict();
    await page.locator('#keep').click();
    await page.locator('.drop').waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    assert.deepEqual(coloursOf(await other.picture(person), 0.5), ['white']);
    await page.finish();
});

test('a picture that was removed or added meanwhile is a conflict, too', async () => {
    await other.save(++person, read(halves('removed.png')));
    const page = await visitPerson(browser, server.url, person, { expected: [...conflict, /404 \(Not Found\)/] });
    await page.locator('#remove').waitFor();
    await other.remove(person);
    await page.locator('#remove').click();
    await page.getByText('Now: no picture').waitFor();
    await page.locator('#keep').click();
    await page.getByText('No picture', { exact: true }).last().waitFor();

    await choose(page, halves('added.png'));
    await other.save(person, read(halves('theirs.png', 'white', 'white')));
    await page.locator('#save').click();
    await page.getByRole('heading', { name: 'This picture was changed meanwhile' }).waitFor();
    await page.locator('#replace').click();
    await saved(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('texts that were changed meanwhile are not overwritten', async () => {
    await other.save(++person, read(halves('texts.png')));
    const page = await visitPerson(browser, server.url, person, { expected: conflict });
    await page.getByLabel('Description').fill('mine');
    await other.save(person, read(halves('texts.png')));
    await page.getByRole('button', { name: 'Save texts' }).click();
    await page.getByText('These texts were changed meanwhile. Copy yours, then open the person again.').waitFor();
    assert.equal(await page.getByLabel('Description').inputValue(), 'mine');
    assert.equal((await other.info(person)).Description, '');
    await page.finish();
});

test('when the session ends, one sign-in lets the page go on where it was', async () => {
    const page = await visitPerson(browser, server.url, ++person, { expected: ended });
    await choose(page, halves('going-on.png'));
    await endSession(page, server.url);
    await page.locator('#save').click();
    await page.getByText('Your session has ended. Sign in to go on; nothing on this page is lost.').waitFor();
    assert.equal(await focused(page), 'user');
    await checkAccessibility(page);
    await fillSignIn(page);
    await saved(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);

    await endSession(page, server.url);
    await page.getByLabel('Search persons by name or id').fill('Demo person 777');
    await page.getByText('Your session has ended.').waitFor();
    assert.equal(await page.locator('dialog').count(), 1);
    await fillSignIn(page);
    await page.waitForFunction(() => document.querySelectorAll('#items a').length === 1);
    await page.finish();
});

test('an upload shows its progress and can be cancelled', async (t) => {
    const proxy = await startSlowProxy(server.port, mebibyte);
    t.after(proxy.stop);
    const page = await visitPerson(browser, proxy.url, ++person);
    await choose(page, noise('slow.png', 1200)); // of 4 MiB
    await page.getByLabel('Keep the whole picture').check();
    await page.locator('#save').click();
    await page.waitForFunction(() => {
        const { hidden, value } = document.querySelector('progress');
        return !hidden && value > 0.2 && value < 1;
    });
    await page.locator('#cancel').click();
    await said(page).getByText('The upload was cancelled; nothing was changed.').waitFor();
    assert.ok(await page.locator('progress').isHidden());
    assert.equal(await other.picture(person), null);
    await checkAccessibility(page);
    await page.locator('#cancel').click();
    await said(page).getByText('Nothing was changed.').waitFor();
    await page.finish();
});

test('an upload that is cancelled when its bytes have arrived is told as saved', async () => {
    const page = await visitPerson(browser, server.url, ++person);
    await choose(page, halves('too-late.png'));
    // The answer comes after the Cancel.
    await page.route('**/Image', async (route) => {
        if (route.request().method() !== 'PUT') return route.continue();
        await route.fetch();
        await page.locator('#cancel').click();
        return route.abort();
    });
    await page.locator('#save').click();
    await said(page).getByText('The picture was saved before the upload could be cancelled.').waitFor();
    assert.notEqual(await other.picture(person), null);
    await page.finish();
});

test('when the server goes away during an upload, the picture can be saved later', async (t) => {
    const data = makeDataFolder();
    let mortal = await startServer({ data });
    t.after(() => mortal.kill());
    const proxy = await startSlowProxy(mortal.port, mebibyte);
    t.after(proxy.stop);
    const page = await visitPerson(browser, proxy.url, ++person, { expected: [/net::ERR_/, ...ended] });
    const path = noise('lost.png', 800);
    await choose(page, path);
    await page.getByLabel('Keep the whole picture').check();
    await page.locator('#save').click();
    await page.waitForFunction(() => document.querySelector('progress').value > 0.2);
    await mortal.kill();
    await problem(page).getByText('The server does not answer. Check the connection, then try again.').waitFor();
    await checkAccessibility(page);
    mortal = await startServer({ data, port: mortal.port });
    await page.locator('#save').click();
    await fillSignIn(page); // sessions end with the server
    await saved(page);
    assert.deepEqual(await otherClient(mortal.url).picture(person), read(path));
    await page.finish();
});

test('a picture of 11 MiB is cropped, and not kept whole', async () => {
    const page = await visitPerson(browser, server.url, ++person);
    await choose(page, lengthen(halves('large.png')));
    await page.getByText('“large.png” has 11 MiB, and 10 MiB are accepted. The chosen part can be saved.').waitFor();
    assert.ok(await page.getByLabel('Keep the whole picture').isDisabled());
    await checkAccessibility(page);
    await page.locator('#save').click();
    await saved(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('files that are no pictures are refused by name, before they are sent', async () => {
    const page = await visitPerson(browser, server.url, ++person, { expected: [/422/] });
    const requests = [];
    page.on('request', (request) => requests.push(request.method()));
    const file = (name, content) => {
        const path = join(process.env.PORTRAIT_WORK, name);
        writeFileSync(path, content);
        return path;
    };
    for (const [path, sentence] of [
        [file('notes.jpg', 'Dear diary'), '“notes.jpg” is not a PNG, JPEG, GIF or TIFF.'],
        [file('empty.png', ''), '“empty.png” is not a PNG, JPEG, GIF or TIFF.'],
        [lengthen(halves('large.tif')), '“large.tif” has 11 MiB, and 10 MiB are accepted.'],
    ]) {
        await page.setInputFiles('#file', path);
        await problem(page).getByText(sentence, { exact: true }).waitFor();
        assert.ok(await page.locator('.drop').isVisible());
    }
    await checkAccessibility(page);
    assert.deepEqual(requests, []);

    // Damaged ones are the server's to judge.
    await page.setInputFiles('#file', file('damaged.jpg', read(halves('whole.jpg')).subarray(0, 200)));
    await page.waitForFunction(() => /JPEG/.test(document.querySelector('#person .problem').textContent));
    await page.finish();
});

test('a server that does not answer is told, and the list goes on when it is back', async (t) => {
    const data = makeDataFolder();
    let mortal = await startServer({ data });
    t.after(() => mortal.kill());
    const page = await visit(browser, mortal.url, { expected: [/net::ERR_/, ...ended] });
    await mortal.kill();
    const search = page.getByLabel('Search persons by name or id');
    await search.fill('7');
    await page.getByText('The server does not answer. Check the connection, then try again.').waitFor();
    mortal = await startServer({ data, port: mortal.port });
    await search.fill('777');
    await fillSignIn(page);
    await page.waitForFunction(() => document.querySelectorAll('#items a').length === 1);
    await page.finish();
});

test('a server that does not answer at the start is told, with a way to try again', async () => {
    const page = await openPage(browser, { expected: [/net::ERR_/, /503/, ...ended] });
    let isAway = true; // the files come from the browser's cache, the data can't
    await page.route('**/api', (route) => (isAway ? route.abort() : route.continue()));
    await page.goto(server.url);
    await page.getByText('The server does not answer. Check the connection, then try again.').waitFor();
    await checkAccessibility(page);
    isAway = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.finish();
});
