// SO-TimeZone with and without offset. In this process' zone the client misreads dates without an offset.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobLinkType, blobAgent, failure, observed, problemOf } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { startServer } from '../support/server.mjs';

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Makes a blob, and returns its id and the moment of its creation. */
async function make(server) {
    const blobId = await blobAgent(server).saveImageStreamAsync(BlobLinkType.PersonImage,
                                                                picture('png-palette.png'), 'now');
    const { createdDate } = await blobAgent(server).getBlobEntityAsync(blobId);
    assert.ok(Math.abs(Date.now() - createdDate.getTime()) < 600_000); // less than the difference of any two zones
    return { blobId, created: createdDate };
}

/** What a clock of the zone shows, as ISO 8601 without an offset. */
function clockTime(moment, timeZone) {
    const text = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(moment);
    return text.replace(' ', 'T');
}

/** By the agent's options and by the call's: the client's two places for the same wishes. */
const ways = (wishes) => [[wishes, {}], [{}, wishes]];

const get = (server, blobId, [agent, call]) =>
    observed((options) => blobAgent(server, agent).getBlobEntityAsync(blobId, options), call);

describe('dates are UTC for any requested zone', () => {
    let server;
    before(async () => { server = await startServer(); });
    after(() => server.stop());

    for (const [timezone, name] of [['UTC', 'UTC'], ['NO', 'NO'], ['no', 'NO'], ['US-NY', 'US-NY'],
                                    ['AU-NSW', 'AU-NSW'], ['Asia/Kolkata', 'Asia/Kolkata'], ['1', 'UTC']]) {
        for (const timezoneInclude of [false, true]) {
            test(`${timezone}${timezoneInclude ? ' with offset' : ''}`, async () => {
                const { blobId, created } = await make(server);
                for (const way of ways({ timezone, timezoneInclude })) {
                    const { result, response } = await get(server, blobId, way);
                    assert.match(response.data.CreatedDate, utc);
                    assert.match(response.data.UpdatedDate, utc);
                    assert.deepEqual(result.createdDate, created);
                    assert.equal(response.headers['so-timezone'], name);
                }
            });
        }
    }
    test('with an offset only, and without both', async () => {
        const { blobId, created } = await make(server);
        for (const wishes of [{ timezoneInclude: true }, { timezone: '' }, { timezone: '', timezoneInclude: true }])
            for (const way of ways(wishes)) {
                const { result, response } = await get(server, blobId, way);
                assert.match(response.data.CreatedDate, utc);
                assert.deepEqual(result.createdDate, created);
                assert.equal(response.headers['so-timezone'], undefined);
            }
    });
    test('with the header of an agent that is used repeatedly', async () => {
        // The client appends to the header of its last call: includeTZOffset,includeTZOffset,…
        const { blobId, created } = await make(server);
        const agent = blobAgent(server);
        for (let call = 0; call < 3; ++call) {
            const { result, response } = await observed(
                (options) => agent.getBlobEntityAsync(blobId, options), { timezoneInclude: true });
            assert.deepEqual(result.createdDate, created);
            const sent = response.config.headers['SO-Timezone'];
            assert.equal(sent, Array(call + 1).fill('includeTZOffset').join(','));
        }
    });
    test('an error with the name of an unknown zone', async () => {
        const { blobId } = await make(server);
        for (const [agent, call] of ways({ timezone: 'Mars/Base' })) {
            const error = await failure(blobAgent(server, agent).getBlobEntityAsync(blobId, call));
            assert.equal(error.response.status, 400);
            assert.equal(problemOf(error).ErrorType, 'SoArgumentException');
            assert.match(problemOf(error).ErrorMessage, /Mars\/Base/);
        }
    });
    test('an entity that is sent back keeps its dates', async () => {
        const { blobId, created } = await make(server);
        const wishes = { timezone: 'US-NY', timezoneInclude: true };
        const seen = await blobAgent(server, wishes).getBlobEntityAsync(blobId);
        seen.description = 'changed';
        const saved = await blobAgent(server, wishes).saveBlobEntityAsync(seen);
        assert.deepEqual(saved.createdDate, created);
    });
});

describe('dates are converted by --convert-dates', () => {
    let server;
    before(async () => { server = await startServer({ options: ['--convert-dates'] }); });
    after(() => server.stop());

    for (const [timezone, zone] of [['UTC', 'UTC'], ['NO', 'Europe/Oslo'], ['US-NY', 'America/New_York'],
                                    ['AU-NSW', 'Australia/Sydney'], ['IN', 'Asia/Kolkata']]) {
        test(`to ${timezone} without offset`, async () => {
            const { blobId, created } = await make(server);
            for (const way of ways({ timezone })) {
                const { response } = await get(server, blobId, way);
                assert.equal(response.data.CreatedDate, clockTime(created, zone));
            }
        });
        test(`to ${timezone} with offset`, async () => {
            const { blobId, created } = await make(server);
            for (const way of ways({ timezone, timezoneInclude: true })) {
                const { result, response } = await get(server, blobId, way);
                assert.ok(response.data.CreatedDate.startsWith(clockTime(created, zone)), response.data.CreatedDate);
                assert.match(response.data.CreatedDate, /(Z|[+-]\d\d:\d\d)$/);
                assert.deepEqual(result.createdDate, created);
            }
        });
    }
    test('not without a requested zone', async () => {
        const { blobId } = await make(server);
        const { response } = await get(server, blobId, [{}, {}]);
        assert.match(response.data.CreatedDate, utc);
    });
});
