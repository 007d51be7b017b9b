// A person's picture: choosing, cropping, saving, removing, taking back; and its texts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addUser, makeDataFolder, startServer } from '../support/server.mjs';
import { checkAccessibility, startBrowser } from './support/browser.mjs';
import { coloursOf, halves, lookAt, make, read } from './support/pictures.mjs';
import { choose, focused, otherClient, problem, said, visitPerson, whenShown } from './support/visitor.mjs';

const reader = { user: 'reader', password: 'only reads' };
let server;
let browser;
let other;
let person = 10; // each test has a person of its own, of the first ones in the list
before(async () => {
    const data = makeDataFolder();
    addUser(data, reader.user, reader.password, '--read-only');
    server = await startServer({ data });
    browser = await startBrowser();
    other = otherClient(server.url);
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

const open = (options) => visitPerson(browser, server.url, ++person, options);

/** A file for the page's script. */
const fileIn = (page, path, name, type) => page.evaluateHandle(([base64, fileName, fileType]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], fileName, { type: fileType }));
    return transfer;
}, [read(path).toString('base64'), name, type]);

async function save(page) {
    await page.locator('#save').click();
    await said(page).getByText('The picture is saved.').waitFor();
    assert.equal(await focused(page), 'undo');
    await whenShown(page);
}

test('a chosen file is cropped to a square in its middle, and saved', async () => {
    const page = await open();
    await page.getByText('No picture', { exact: true }).last().waitFor();
    await checkAccessibility(page);
    await choose(page, halves('middle.png'));
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'CANVAS');
    await checkAccessibility(page);
    await save(page);
    await checkAccessibility(page);
    const picture = await other.picture(person);
    assert.deepEqual([lookAt(picture).width, lookAt(picture).height], [200, 200]);
    assert.deepEqual(coloursOf(picture, 0.1, 0.9), ['red', 'blue']);
    assert.match((await page.locator('.facts').textContent()), /image\/jpeg.*200 × 200 pixels.*by Terje Demo/);
    await page.locator(`#person-${person} img`).waitFor(); // in the list, too
    await page.getByAltText(`Picture of Demo person ${person}`).waitFor();
    await page.finish();
});

test('a file can be dropped anywhere in the frame, and a drop beside it changes nothing', async () => {
    const page = await open();
    const dropped = await fileIn(page, halves('dropped.png'), 'dropped.png', 'image/png');
    await page.dispatchEvent('header', 'drop', { dataTransfer: dropped });
    await page.dispatchEvent('.drop', 'dragover', { dataTransfer: dropped });
    await page.locator('.drop.over').waitFor();
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: dropped });
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('a file can be pasted', async () => {
    const page = await open();
    const pasted = await fileIn(page, halves('pasted.png'), 'image.png', 'image/png');
    await page.evaluate((clipboardData) => {
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, pasted);
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('the square is chosen by mouse: drag and wheel', async () => {
    const page = await open();
    await choose(page, halves('mouse.png'));
    const square = async () => {
        const box = await page.locator('.crop canvas').boundingBox();
        return { box, centre: { x: box.x + box.width / 2, y: box.y + box.height / 2 } };
    };
    const { box, centre } = await square();
    await page.mouse.move(centre.x, centre.y);
    await page.mouse.down();
    await page.mouse.move(centre.x - box.width / 4, centre.y, { steps: 5 });
    await page.mouse.move(centre.x - 2 * box.width, centre.y, { steps: 5 }); // not beyond the picture's edge
    await page.mouse.up();
    await page.mouse.move(box.x + box.width, centre.y); // moves nothing
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.02, 0.98), ['blue', 'blue']);

    await choose(page, make('ring.png', '-size', '300x300', 'xc:red', '-fill', 'blue', '-draw', 'rectangle 100,100 199,199'));
    const { centre: { x, y } } = await square();
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -800); // three times as large at least
    await save(page);
    const inner = await other.picture(person);
    assert.deepEqual(coloursOf(inner, 0.05, 0.95), ['blue', 'blue']);
    assert.ok(lookAt(inner).width <= 100, 'not enlarged');
    await page.finish();
});

test('the square is chosen by keys and by the slider', async () => {
    const page = await open();
    await choose(page, halves('keys.png'));
    for (let step = 0; step < 5; ++step) await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'zoom');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'save');
    await page.keyboard.press('Enter');
    await said(page).getByText('The picture is saved.').waitFor();
    assert.deepEqual(coloursOf(await other.picture(person), 0.02, 0.98), ['blue', 'blue']);

    await choose(page, halves('slider.png'));
    const zoom = page.getByLabel('Zoom');
    assert.equal(await zoom.inputValue(), '0');
    await page.keyboard.press('+');
    assert.ok(Number(await zoom.inputValue()) > 0);
    await page.keyboard.press('-');
    assert.ok(Number(await zoom.inputValue()) < 0.01);
    await zoom.fill('1');
    await save(page);
    assert.equal(lookAt(await other.picture(person)).width, 64);
    await page.finish();
});

test('two fingers zoom', async () => {
    const page = await open({ hasTouch: true });
    await choose(page, halves('fingers.png'));
    const box = await page.locator('.crop canvas').boundingBox();
    const at = (id, part) => ({ id, x: box.x + part * box.width, y: box.y + box.height / 2 });
    const devtools = await page.context().newCDPSession(page);
    const touch = (type, ...touchPoints) => devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', at(0, 0.45));
    await touch('touchStart', at(0, 0.45), at(1, 0.55));
    for (let step = 1; step <= 8; ++step)
        await touch('touchMove', at(0, 0.45 - step * 0.05), at(1, 0.55 + step * 0.05));
    await touch('touchEnd');
    await page.waitForFunction(() => Number(document.getElementById('zoom').value) > 0.5);
    await page.finish();
});

test('the previews show the square, round, in 96 and 40 pixels, or the middle of a whole picture', async () => {
    const page = await open({ expected: [/willReadFrequently/] }); // of this test
    await choose(page, halves('previews.png'));
    for (let step = 0; step < 5; ++step) await page.keyboard.press('Shift+ArrowRight');
    const previews = page.locator('.side canvas');
    const left = () => previews.evaluateAll((all) => all.map((canvas) => {
        const [red, green, blue] = canvas.getContext('2d').getImageData(4, canvas.height / 2, 1, 1).data;
        return red > blue ? 'red' : 'blue';
    }));
    const shapes = await previews.evaluateAll(
        (all) => all.map((canvas) => [canvas.clientWidth, getComputedStyle(canvas).borderRadius]));
    assert.deepEqual(shapes, [[96, '50%'], [40, '50%']]);
    assert.deepEqual(await left(), ['blue', 'blue']);
    await page.getByLabel('Keep the whole picture').check();
    assert.deepEqual(await left(), ['red', 'red']);
    await checkAccessibility(page);
    const file = halves('previews.png');
    await save(page);
    assert.deepEqual(await other.picture(person), read(file), 'the file\'s own bytes');
    await page.finish();
});

test('transparency stays, as PNG', async () => {
    const page = await open();
    await choose(page, make('transparent.png', '-size', '300x200', 'xc:none', '-fill', 'blue', '-draw', 'circle 150,100 150,20'));
    await save(page);
    assert.equal((await other.info(person)).MimeType, 'image/png');
    await page.finish();
});

test('an EXIF orientation is followed', async () => {
    const page = await open();
    // Upright it is 200 x 400, red above blue; the square in the middle is half red.
    await choose(page, make('turned.jpg', '-size', '200x200', 'xc:red', 'xc:blue', '+append', '-orient', 'RightTop'));
    await save(page);
    const picture = await other.picture(person);
    assert.equal(lookAt(picture).width, 200);
    await page.finish();
});

test('a TIFF is previewed by the server and can be kept whole', async () => {
    const page = await open();
    const path = halves('scan.tif');
    await choose(page, path);
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    assert.equal((await other.info(person)).MimeType, 'image/jpeg');
    await choose(page, path);
    await page.getByLabel('Keep the whole picture').check();
    await save(page);
    assert.deepEqual(await other.picture(person), read(path));
    await page.getByText('image/tiff').waitFor();
    await page.waitForFunction(() => document.querySelector('.whole').naturalWidth > 0); // shown as another type
    await page.finish();
});

test('a picture that only browsers know is cropped to one that is accepted', async () => {
    const page = await open();
    await choose(page, halves('modern.webp'));
    await page.getByText('“modern.webp” is not a PNG, JPEG, GIF or TIFF. The chosen part can be saved.').waitFor();
    assert.ok(await page.getByLabel('Keep the whole picture').isDisabled());
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('a change is taken back, and the taking back, too', async () => {
    const page = await open();
    const first = read(halves('first.png', 'lime', 'lime'));
    await other.save(person, first);
    await page.reload();
    await choose(page, halves('second.png'));
    await save(page);
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.keyboard.press('Enter'); // Undo has the focus
    await said(page).getByText('The earlier picture is back.').waitFor();
    assert.deepEqual(await other.picture(person), first);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('.facts').textContent.includes('200 × 200'));
    assert.deepEqual(coloursOf(await other.picture(person), 0.1, 0.9), ['red', 'blue']);
    await page.finish();
});

test('a removed picture comes back, and a first one goes', async () => {
    const page = await open();
    const bytes = read(halves('kept.png'));
    await other.save(person, bytes);
    await page.reload();
    await whenShown(page);
    await page.locator('#remove').click();
    await said(page).getByText('The picture is removed.').waitFor();
    assert.equal(await focused(page), 'undo');
    assert.equal(await other.picture(person), null);
    await page.getByText('No picture', { exact: true }).last().waitFor();
    assert.equal(await page.locator('#remove').count(), 0);
    await checkAccessibility(page);
    await page.locator('#undo').click();
    await said(page).getByText('The earlier picture is back.').waitFor();
    assert.deepEqual(await other.picture(person), bytes);

    await page.goto(`${server.url}/ui/#/persons/${++person}`);
    await choose(page, halves('new.png'));
    await save(page);
    await page.locator('#undo').click();
    await said(page).getByText('The picture is removed again.').waitFor();
    assert.equal(await other.picture(person), null);
    await page.finish();
});

test('an undo stays until the person is left, also when another file was opened meanwhile', async () => {
    const page = await open();
    await choose(page, halves('stored.png'));
    await save(page);
    await choose(page, halves('dropped-again.png'));
    assert.ok(await page.locator('#undo').isHidden());
    await page.locator('#cancel').click();
    await page.locator('#undo').click();
    await said(page).getByText('The picture is removed again.').waitFor();
    assert.equal(await other.picture(person), null);
    await page.finish();
});

test('Cancel changes nothing, and leaving asks', async () => {
    const page = await open();
    await choose(page, halves('cancelled.png'));
    await page.locator('#cancel').click();
    await said(page).getByText('Nothing was changed.').waitFor();
    assert.equal(await focused(page), 'file');
    await choose(page, halves('left.png'));
    const answers = [false, true];
    page.on('dialog', (dialog) => (answers.shift() ? dialog.accept() : dialog.dismiss()));
    await page.locator('nav a', { hasText: 'API' }).click();
    await page.waitForFunction((hash) => location.hash === hash, `#/persons/${person}`);
    assert.ok(await page.locator('#save').isVisible());
    await page.locator('nav a', { hasText: 'API' }).click();
    await page.getByRole('heading', { name: 'API' }).waitFor();
    assert.deepEqual(answers, []);
    assert.equal(await other.picture(person), null);
    await page.finish();
});

test('texts are edited and saved, and kept while the picture is changed', async () => {
    const page = await open();
    await other.save(person, read(halves('described.png')));
    await page.reload();
    await page.getByLabel('Description').fill('By the window');
    await page.getByRole('button', { name: 'Save texts' }).click();
    await said(page).getByText('The texts are saved.').waitFor();
    assert.equal(await focused(page), 'Save texts');
    assert.equal((await other.info(person)).Description, 'By the window');
    await page.getByLabel('Extra info').fill('not saved yet');
    await choose(page, halves('redescribed.png'));
    await save(page);
    assert.equal(await page.getByLabel('Description').inputValue(), 'By the window');
    assert.equal(await page.getByLabel('Extra info').inputValue(), 'not saved yet');
    await page.getByRole('button', { name: 'Save texts' }).click();
    await said(page).getByText('The texts are saved.').waitFor();
    assert.equal((await other.info(person)).ExtraInfo, 'not saved yet');
    await page.finish();
});

test('a user who may only read sees no way to change', async () => {
    await other.save(person + 1, read(halves('seen.png')));
    const page = await open({ caller: reader });
    await page.getByAltText(/Picture of/).waitFor();
    assert.equal(await page.locator('.drop').count(), 0);
    assert.equal(await page.locator('#remove').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Save texts' }).count(), 0);
    await checkAccessibility(page);
    assert.equal(await problem(page).textContent(), '');
    await page.finish();
});
