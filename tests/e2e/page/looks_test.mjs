// How the page looks: sizes, dark mode, other addresses, and what a list costs. Makes the guide's screenshots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { command, makeDataFolder, startServer } from '../support/server.mjs';
import { checkAccessibility, foreignHost, openPage, startBrowser } from './support/browser.mjs';
import { drawFaces } from './support/faces.mjs';
import { fillSignIn, otherClient, said, visit, visitPerson, whenShown } from './support/visitor.mjs';

const folder = process.env.PORTRAIT_SCREENSHOTS;
const people = ['Anna Lund', 'Bjørn Haugen', 'Camilla Berg', 'Daniel Okafor', 'Elin Sørensen', 'Farid Rahimi', 'Grete Moen',
                'Hans Dahl', 'Ingrid Vik', 'Jonas Weber', 'Kari Solberg', 'Leo Martin'];
let server;
let browser;
let faces;
before(async () => {
    browser = await startBrowser();
    faces = await drawFaces(browser, 14);
    const data = makeDataFolder();
    const names = join(process.env.PORTRAIT_WORK, 'people.csv');
    writeFileSync(names, people.map((name, index) => `${index + 1},${name}\n`).join(''));
    command(data, ['persons', 'import', names]);
    server = await startServer({ data });
    for (let id = 1; id <= 50; ++id)
        if (id % 5 !== 0) await otherClient(server.url).save(id, faces[id % 12]);
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

/** Makes a picture of the guide, of what several pages show, in few colours. */
async function keepScreenshot(name, ...shots) {
    if (!folder) return;
    const files = shots.map((bytes, index) => {
        const path = join(process.env.PORTRAIT_WORK, `${name}-${index}.png`);
        writeFileSync(path, bytes);
        return path;
    });
    execFileSync('convert', [...files, '-bordercolor', '#c0c4cc', '-border', '1', '+append', '-dither', 'None', '-colors', '256',
                             '-strip', `PNG8:${join(folder, `page_${name}.png`)}`]);
}
const pictures = (page) => page.waitForFunction(
    () => [...document.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth > 0));
const chooseFace = async (page, number) => {
    await page.setInputFiles('#file', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: faces[number] });
    await page.locator('#save').waitFor();
};
const fits = async (page) => {
    const [wanted, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wanted <= there, `${wanted} > ${there} pixels`);
};

test('list and person stand side by side', async () => {
    const page = await visit(browser, server.url, { viewport: { width: 1080, height: 720 } });
    await page.locator('#items a').nth(2).click();
    await page.getByAltText('Picture of Camilla Berg').waitFor();
    await page.locator('#items img').nth(9).waitFor();
    await pictures(page);
    await fits(page);
    await keepScreenshot('list', await page.screenshot());
    await page.setViewportSize({ width: 1080, height: 840 });
    await chooseFace(page, 13);
    for (let step = 0; step < 4; ++step) await page.keyboard.press('+');
    await checkAccessibility(page);
    await page.evaluate(() => scrollTo(0, 0));
    await keepScreenshot('crop', await page.screenshot());
    await page.finish();
});

test('dark, by the system\'s setting', async () => {
    const page = await visitPerson(browser, server.url, 7, { colorScheme: 'dark', viewport: { width: 1080, height: 720 } });
    await page.getByAltText('Picture of Grete Moen').waitFor();
    await page.locator('#items img').nth(9).waitFor();
    await pictures(page);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(20, 22, 25)');
    await checkAccessibility(page);
    await keepScreenshot('dark', await page.screenshot());
    await chooseFace(page, 12);
    await checkAccessibility(page);
    page.once('dialog', (dialog) => dialog.accept()); // to leave without saving
    await page.goto(`${server.url}/ui/#/api`);
    await page.locator('details').first().waitFor();
    await checkAccessibility(page);
    await page.finish();
});

test('on a phone the list and the person are pages of their own', async () => {
    const page = await visit(browser, server.url, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
    await page.locator('#items img').nth(5).waitFor();
    await pictures(page);
    await fits(page);
    await checkAccessibility(page);
    const list = await page.screenshot();
    await page.locator('#items a', { hasText: 'Ingrid Vik' }).tap();
    await page.getByRole('heading', { name: 'Ingrid Vik' }).waitFor();
    assert.ok(await page.locator('#persons').isHidden());
    await page.getByText('Take a photo').waitFor();
    assert.equal(await page.locator('#photo').getAttribute('capture'), 'user');
    await fits(page);
    await checkAccessibility(page);
    await page.setInputFiles('#photo', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: faces[12] });
    await page.locator('#save').waitFor();
    await fits(page);
    await checkAccessibility(page);
    const crop = await page.screenshot();
    await keepScreenshot('phone', list, crop);
    await page.locator('#save').tap();
    await said(page).getByText('The picture is saved.').waitFor();
    await page.getByRole('link', { name: 'All persons' }).tap();
    await page.getByRole('heading', { name: 'Persons' }).waitFor();
    assert.ok(await page.locator('#person').isHidden());
    await page.finish();
});

test('320 pixels, and text twice as large, are enough', async () => {
    for (const [width, height, zoom] of [[320, 640, 1], [1280, 900, 2]]) {
        // A zoom of 200 % halves the pixels of the style.
        const page = await visit(browser, server.url,
                                 { viewport: { width: width / zoom, height: height / zoom }, deviceScaleFactor: zoom });
        await page.locator('#items img').nth(2).waitFor();
        await fits(page);
        await page.goto(`${server.url}/ui/#/persons/1`);
        await page.locator('.facts div').first().waitFor();
        await chooseFace(page, 12);
        await fits(page);
        await checkAccessibility(page);
        page.once('dialog', (dialog) => dialog.accept());
        await page.goto(`${server.url}/ui/#/api`);
        await page.locator('summary').first().click();
        await fits(page);
        await checkAccessibility(page);
        await page.finish();
    }
});

test('the page works below a base path', async () => {
    const below = await startServer({ options: ['--base-path', '/Cust12345'] });
    const url = `${below.url}/Cust12345`;
    try {
        const page = await openPage(browser, { expected: [/401 \(Unauthorized\)/] });
        await page.goto(`${url}/`);
        await fillSignIn(page);
        await page.locator('#items a').first().click();
        await chooseFace(page, 3);
        await page.locator('#save').click();
        await said(page).getByText('The picture is saved.').waitFor();
        assert.equal(page.url(), `${url}/ui/#/persons/1`);
        await page.finish();
    } finally {
        await below.stop();
    }
});

test('the page works on plain http of a local network', async () => {
    const url = `http://${foreignHost}:${server.port}`;
    const page = await openPage(browser, { expected: [/401 \(Unauthorized\)/] });
    await page.goto(url);
    assert.equal(await page.evaluate(() => isSecureContext), false);
    await fillSignIn(page);
    await page.locator('#items img').first().waitFor();
    await page.goto(`${url}/ui/#/persons/40`);
    await chooseFace(page, 5);
    await page.locator('#save').click();
    await said(page).getByText('The picture is saved.').waitFor();
    await whenShown(page);
    await page.locator('#undo').click();
    await said(page).getByText('The picture is removed again.').waitFor();
    await page.finish();
});

test('--no-ui has no page', async () => {
    const bare = await startServer({ options: ['--no-ui'] });
    try {
        const page = await openPage(browser, { expected: [/404 \(Not Found\)/] });
        await page.goto(bare.url);
        await page.getByRole('heading', { name: 'There is nothing at this path' }).waitFor();
        await page.finish();
    } finally {
        await bare.stop();
    }
});

/** Processor time of a process in milliseconds. */
const usedBy = (pid) => readdirSync(`/proc/${pid}/task`).map((task) => {
    try {
        return Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
        return 0; // ended
    }
}).reduce((sum, time) => sum + time, 0);

test('a list of 50 persons takes 25 ms of the server', async (t) => {
    const list = async () => {
        const page = await openPage(browser, { viewport: { width: 1280, height: 4000 } }); // all rows are visible
        await page.request.post(`${server.url}/session`, { form: { user: 'tje0', password: 'Tje0' } });
        const before = usedBy(server.pid);
        await page.goto(`${server.url}/ui/`);
        await page.locator('#items img').nth(39).waitFor();
        await pictures(page);
        const used = usedBy(server.pid) - before;
        assert.equal(await page.locator('#items a').count(), 50);
        await page.finish();
        return used;
    };
    const used = [];
    for (let round = 0; round < 4; ++round) used.push(await list()); // the first one makes the thumbnails
    t.diagnostic(`${used.map((time) => time.toFixed(1)).join(', ')} ms`);
    assert.ok(Math.min(...used.slice(1)) < 5 * 25);
});
