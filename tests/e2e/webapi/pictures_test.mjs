// The calls with a picture, with each kind of the client's results for bytes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobLinkType, FromBase64ToString, ReturnBlobType, blobAgent, failure, nextPerson, observed, personAgent,
         problemOf } from './support/client.mjs';
import { asciiGif, picture, pictures } from './support/pictures.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const person = (options) => personAgent(server, options);
const blob = (options) => blobAgent(server, options);
const small = () => picture('png-palette.png');

// Without assert.equal, which would print megabytes.
function assertSame(actual, expected, what) {
    assert.equal(actual.length, expected.length, `${what}: length`);
    assert.ok(typeof actual === 'string' ? actual === expected : Buffer.compare(actual, expected) === 0,
              `${what}: content`);
}

// The client decodes the bytes as UTF-8, which loses bytes of pictures; the expected text has the same loss. Decoding is
// slow, so each picture is decoded once.
const strings = new Map();
function asString(bytes) {
    const base64 = bytes.toString('base64');
    if (!strings.has(base64)) strings.set(base64, FromBase64ToString(base64));
    return strings.get(base64);
}

/** Calls with each kind of return and compares with what was stored. */
async function assertReturns(call, bytes, what) {
    assertSame(Buffer.from(await call()), bytes, `${what}, no options`);
    const asBuffer = await observed(call, { returnBlobAs: ReturnBlobType.AsArrayBuffer });
    assertSame(Buffer.from(asBuffer.result), bytes, `${what}, AsArrayBuffer`);
    assert.equal(asBuffer.response.headers['content-type'], 'application/octet-stream');
    const asBase64 = await observed(call, { returnBlobAs: ReturnBlobType.AsBase64 });
    assertSame(asBase64.result, bytes.toString('base64'), `${what}, AsBase64`);
    assert.equal(asBase64.response.headers['content-type'], 'application/json; charset=utf-8');
    assertSame(await call({ returnBlobAs: ReturnBlobType.AsString }), asString(bytes), `${what}, AsString`);
}

/** The id of the blob that is a person's picture. */
const blobOf = async (personId) => (await blob().getBlobEntityOnPersonAsync(personId)).blobId;

describe('a picture is returned unchanged', () => {
    for (const { name, type, bytes } of pictures) {
        test(`${name} by the Person agent`, async () => {
            const id = nextPerson();
            const { response } = await observed((options) => person().setPersonImageAsync(id, bytes(), options));
            assert.equal(response.status, 204);
            await assertReturns((options) => person().getPersonImageAsync(id, options), bytes(), 'Person');
            await assertReturns((options) => blob().getPersonImageAsync(id, options), bytes(), 'BLOB');
            assert.equal((await blob().getBlobEntityOnPersonAsync(id)).mimeType, type);
        });
        test(`${name} by the BLOB agent`, async () => {
            const id = nextPerson();
            const { response } = await observed((options) => blob().setPersonImageAsync(id, bytes(), options));
            assert.equal(response.status, 204);
            await assertReturns((options) => blob().getPersonImageAsync(id, options), bytes(), 'BLOB');
            const blobId = await blobOf(id);
            await assertReturns((options) => blob().getBlobStreamAsync(blobId, options), bytes(), 'stream');
        });
        test(`${name} as a blob without a person`, async () => {
            const blobId = await blob().saveImageStreamAsync(BlobLinkType.PersonImage, bytes(), name);
            assert.ok(Number.isInteger(blobId) && blobId > 0);
            await assertReturns((options) => blob().getBlobStreamAsync(blobId, options), bytes(), 'stream');
            const entity = await blob().getBlobEntityAsync(blobId);
            assert.equal(entity.description, name);
            assert.equal(entity.mimeType, type);
            assert.equal(entity.blobSize, bytes().length);
            assert.equal(entity.originalSize, bytes().length);
        });
    }
});

describe('arguments', () => {
    test('can be a request object', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync({ personId: id, image: small() });
        assertSame(Buffer.from(await person().getPersonImageAsync({ personId: id })), small(), 'Person');
        assertSame(Buffer.from(await blob().getPersonImageAsync({ personId: id })), small(), 'BLOB');
        const blobId = await blob().saveImageStreamAsync(
            { type: BlobLinkType.PersonImage, image: small(), description: 'by request' });
        await blob().setBlobStreamAsync({ blobEntityId: blobId, stream: picture('gif-89a.gif') });
        assertSame(Buffer.from(await blob().getBlobStreamAsync({ blobEntityId: blobId })), picture('gif-89a.gif'),
                   'stream');
    });
    test('can be an ArrayBuffer', async () => {
        const id = nextPerson();
        const bytes = Uint8Array.from(small()).buffer;
        await person().setPersonImageAsync(id, bytes);
        assertSame(Buffer.from(await person().getPersonImageAsync(id)), small(), 'Person');
    });
    test('can be a string, which the client sends as UTF-8', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, asciiGif.toString('latin1'));
        await assertReturns((options) => person().getPersonImageAsync(id, options), asciiGif, 'ASCII');
        assert.equal(await person().getPersonImageAsync(id, { returnBlobAs: ReturnBlobType.AsString }),
                     asciiGif.toString('latin1'));
    });
    test('with options and without a kind of return, the client requests base64', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        assert.equal(await person().getPersonImageAsync(id, {}), small().toString('base64'));
    });
});

describe('a person without a picture', () => {
    test('is a 404 from the Person agent', async () => {
        for (const returnBlobAs of [ReturnBlobType.AsArrayBuffer, ReturnBlobType.AsBase64, ReturnBlobType.AsString]) {
            const error = await failure(person().getPersonImageAsync(nextPerson(), { returnBlobAs }));
            assert.equal(error.response.status, 404);
            assert.equal(problemOf(error).ErrorType, 'SoNotFoundException');
        }
    });
    test('is an empty result from the BLOB agent', async () => {
        const id = nextPerson();
        await assertReturns((options) => blob().getPersonImageAsync(id, options), Buffer.alloc(0), 'none');
        const { response } = await observed((options) => blob().getPersonImageAsync(id, options),
                                            { returnBlobAs: ReturnBlobType.AsArrayBuffer });
        assert.equal(response.status, 200);
    });
    test('is a 404 from both if the person is unknown', async () => {
        for (const agent of [person(), blob()]) {
            const error = await failure(agent.getPersonImageAsync(123456));
            assert.equal(error.response.status, 404);
            assert.equal(problemOf(error).ErrorType, 'SoNotFoundException');
        }
    });
});

describe('a second picture', () => {
    test('replaces the first and keeps the blob id', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        const blobId = await blobOf(id);
        await blob().setPersonImageAsync(id, picture('jpeg-grey.jpg'));
        assert.equal(await blobOf(id), blobId);
        assertSame(Buffer.from(await person().getPersonImageAsync(id)), picture('jpeg-grey.jpg'), 'second');
    });
    test('can be set by the blob id', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        const blobId = await blobOf(id);
        const { response } = await observed(
            (options) => blob().setBlobStreamAsync(blobId, picture('gif-89a.gif'), options));
        assert.equal(response.status, 204);
        assertSame(Buffer.from(await person().getPersonImageAsync(id)), picture('gif-89a.gif'), 'set by blob');
        const entity = await blob().getBlobEntityOnPersonAsync(id);
        assert.equal(entity.blobId, blobId);
        assert.equal(entity.mimeType, 'image/gif');
    });
    test('can be another blob, also of several persons', async () => {
        const [first, second] = [nextPerson(), nextPerson()];
        const blobId = await blob().saveImageStreamAsync(BlobLinkType.PersonImage, small(), 'shared');
        for (const id of [first, second]) {
            const { response } = await observed(
                (options) => blob().changePersonImageAsync(id, blobId, options));
            assert.equal(response.status, 204);
            assert.equal(await blobOf(id), blobId);
            assertSame(Buffer.from(await person().getPersonImageAsync(id)), small(), 'linked');
        }
        await blob().changePersonImageAsync({ personId: first, blobId: 0 });
        assert.equal((await failure(person().getPersonImageAsync(first))).response.status, 404);
        assertSame(Buffer.from(await person().getPersonImageAsync(second)), small(), 'still linked');
        assertSame(Buffer.from(await blob().getBlobStreamAsync(blobId)), small(), 'still there');
    });
    test('can\'t be an unknown blob', async () => {
        const error = await failure(blob().changePersonImageAsync(nextPerson(), 2147483647));
        assert.equal(error.response.status, 404);
        assert.equal(problemOf(error).ErrorType, 'SoNotFoundException');
    });
});

/** Width and height in a PNG's head. */
const pngSize = (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];

describe('pictures are scaled', () => {
    test('by GetPersonImages, in the requested order, one for each id', async () => {
        const [first, second, none] = [nextPerson(), nextPerson(), nextPerson()];
        await person().setPersonImageAsync(first, picture('png-truecolour.png'));
        await person().setPersonImageAsync(second, picture('jpeg-progressive.jpg'));
        const unknown = 2147483647;
        const images = await person().getPersonImagesAsync([second, none, first, unknown, second], 16, 16);
        assert.deepEqual(images.map((image) => image.personId), [second, none, first, unknown, second]);
        for (const index of [0, 2, 4]) {
            const bytes = Buffer.from(images[index].imageData, 'base64');
            assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
            assert.equal(Math.max(...pngSize(bytes)), 16);
        }
        assert.equal(images[1].imageData, '');
        assert.equal(images[3].imageData, '');
        assert.equal(images[0].imageData, images[4].imageData);
    });
    test('by GetPersonImages without sizes, which returns PNGs of the stored size', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        const [image] = await person().getPersonImagesAsync([id], 0, -1);
        assert.deepEqual(pngSize(Buffer.from(image.imageData, 'base64')), pngSize(small()));
    });
    test('by GetPersonImages without ids', async () => {
        assert.deepEqual(await person().getPersonImagesAsync([], 16, 16), []);
    });
    test('by GetPersonImageWithSize, in each kind of return', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, picture('png-truecolour.png'));
        const bytes = Buffer.from(await blob().getPersonImageWithSizeAsync(id, 8, 0));
        assert.equal(pngSize(bytes)[0], 8);
        await assertReturns((options) => blob().getPersonImageWithSizeAsync(id, 8, 0, options), bytes, 'scaled');
    });
    test('by GetPersonImageWithSize: as stored without a size, an empty result without a picture', async () => {
        const id = nextPerson();
        assert.equal(Buffer.from(await blob().getPersonImageWithSizeAsync(id, 8, 8)).length, 0);
        await person().setPersonImageAsync(id, small());
        assertSame(Buffer.from(await blob().getPersonImageWithSizeAsync(id, 0, 0)), small(), 'unscaled');
    });
    test('within limits, which the answer contains', async () => {
        const error = await failure(blob().getPersonImageWithSizeAsync(1, 4097, 0));
        assert.equal(error.response.status, 400);
        assert.match(problemOf(error).ErrorMessage, /Width is 4097; at most 4096/);
    });
});
