// Languages and cultures: multi-language values, read and sent back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobLinkType, ResourceParsing, blobAgent, observed } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { startServer } from '../support/server.mjs';

const photo = 'US:"Photo";NO:"Bilde";GE:"Foto"';
const taken = 'US:"Taken [D:11/23/2026], [F:1.5] MB";NO:"Tatt [D:11/23/2026], [F:1.5] MB"';
let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const blob = (options) => blobAgent(server, options);

/** A blob whose texts are multi-language values. */
async function localized() {
    const blobId = await blob().saveImageStreamAsync(BlobLinkType.PersonImage, picture('png-palette.png'), photo);
    await blob().saveBlobEntityAsync({ blobId, extraInfo: taken });
    return blobId;
}

async function assertStored(blobId, description = photo, extraInfo = taken) {
    const entity = await blob().getBlobEntityAsync(blobId);
    assert.equal(entity.description, description);
    assert.equal(entity.extraInfo, extraInfo);
}

describe('an entity\'s strings', () => {
    test('are as stored without a language', async () => {
        const blobId = await localized();
        await assertStored(blobId);
        for (const options of [{ resourceParsing: ResourceParsing.DoNotParse }, { languageCode: '' },
                               { languageCode: '*' }, { languageCode: 'x' }, { languageCode: '-' },
                               { cultureCode: 'de' }]) {
            const { result, response } = await observed((one) => blob(options).getBlobEntityAsync(blobId, one));
            assert.equal(result.description, photo);
            assert.equal(result.extraInfo, taken);
            assert.equal(response.headers['content-language'], undefined);
        }
    });
    for (const [languageCode, description, extraInfo, language] of [
        ['en', 'Photo', 'Taken 11/23/2026, 1.5 MB', 'en'],
        ['en-us', 'Photo', 'Taken 11/23/2026, 1.5 MB', 'en-us'],
        ['no', 'Bilde', 'Tatt 23.11.2026, 1,5 MB', 'no'],
        ['nb-NO', 'Bilde', 'Tatt 23.11.2026, 1,5 MB', 'nb-no'],
        ['de', 'Foto', 'Taken 23.11.2026, 1,5 MB', 'de, en'],
        ['fi', 'Photo', 'Taken 23.11.2026, 1,5 MB', 'en'],
    ]) {
        test(`are translated to ${languageCode}`, async () => {
            const blobId = await localized();
            // A language of the agent is sent as SO-Language, one of the call also as Accept-Language.
            for (const [agent, call] of [[{ languageCode }, {}], [{}, { languageCode }]]) {
                const { result, response } = await observed(
                    (options) => blob(agent).getBlobEntityAsync(blobId, options), call);
                assert.equal(result.description, description);
                assert.equal(result.extraInfo, extraInfo);
                assert.equal(response.headers['content-language'].toLowerCase(), language);
            }
        });
    }
    test('are returned as stored by a single call of an agent with a language', async () => {
        const blobId = await localized();
        const entity = await blob({ languageCode: 'no' }).getBlobEntityAsync(blobId, { languageCode: '' });
        assert.equal(entity.description, photo);
    });
    test('have dates and numbers in the requested culture', async () => {
        const blobId = await localized();
        for (const [agent, call] of [[{ languageCode: 'en', cultureCode: 'sv' }, {}],
                                     [{}, { languageCode: 'en', cultureCode: 'sv' }]]) {
            const entity = await blob(agent).getBlobEntityAsync(blobId, call);
            assert.equal(entity.extraInfo, 'Taken 2026-11-23, 1,5 MB');
        }
    });
});

describe('a translated entity that is sent back', () => {
    for (const languageCode of ['en', 'no', 'de', 'fi']) {
        test(`in ${languageCode} leaves the stored texts unchanged`, async () => {
            const blobId = await localized();
            const seen = await blob({ languageCode }).getBlobEntityAsync(blobId);
            assert.notEqual(seen.description, photo);
            const saved = await blob({ languageCode }).saveBlobEntityAsync(seen);
            assert.equal(saved.description, seen.description);
            await assertStored(blobId);
        });
    }
    test('changes only the edited texts', async () => {
        const blobId = await localized();
        const seen = await blob({ languageCode: 'no' }).getBlobEntityAsync(blobId);
        seen.extraInfo = 'ny';
        await blob({ languageCode: 'no' }).saveBlobEntityAsync(seen);
        await assertStored(blobId, photo, 'ny');
    });
    test('is a change when it is sent without its language', async () => {
        const blobId = await localized();
        const seen = await blob({ languageCode: 'no' }).getBlobEntityAsync(blobId);
        await blob().saveBlobEntityAsync(seen);
        await assertStored(blobId, 'Bilde', 'Tatt 23.11.2026, 1,5 MB');
    });
});

test('a malformed list of languages is no error', async () => {
    const blobId = await localized();
    const headers = { 'Accept-Language': 'en-us; en-gb' };
    const entity = await blob({ headers }).getBlobEntityAsync(blobId);
    assert.equal(entity.description, 'Photo'); // by the valid part of the list
});
