// Debian's Chromium by Playwright, and what every test of the page checks.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTRAIT_CLIENT, 'package.json'));
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

/** A name that leads to this machine and, unlike localhost, is no secure context on plain http. */
export const foreignHost = 'portrait.test';

export async function startBrowser() {
    return chromium.launch({
        executablePath: process.env.PORTRAIT_CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', `--host-resolver-rules=MAP ${foreignHost} 127.0.0.1`],
    });
}

/**
 * Opens a page in a context of its own. `expected`: patterns of console messages that the test causes, such as those of failed
 * requests; `options` are the context's.
 */
export async function openPage(browser, { expected = [], ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB',
                                               timezoneId: 'Europe/Oslo', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    const messages = [];
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
            messages.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => messages.push(String(error)));
    /** Closes the page; throws when its console had a message that wasn't expected. */
    page.finish = async () => {
        await context.close();
        const unexpected = messages.filter((text) => !expected.some((pattern) => pattern.test(text)));
        assert.deepEqual(unexpected, []);
    };
    return page;
}

/** Throws when axe-core finds something in what the page shows now. */
export async function checkAccessibility(page) {
    // By the debugger, which the page's policy doesn't apply to.
    await page.evaluate(require('node:fs').readFileSync(axe, 'utf8'));
    const { violations } = await page.evaluate(() => window.axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`), []);
}
