// The client's errors when a call fails.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobLinkType, ReturnBlobType, WebApiStatus, blobAgent, failure, nextPerson, personAgent,
         problemOf } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const person = (options) => personAgent(server, options);
const blob = (options) => blobAgent(server, options);
const small = () => picture('png-palette.png');
const largestPicture = 10 * 1024 * 1024;
/** A JPEG of that many bytes: what stands behind its end is none of a decoder's business. */
const sized = (length) => Buffer.concat([picture('jpeg-8mb.jpg'), Buffer.alloc(largestPicture)], length);
const refused = (name) => picture(`refused/${name}`);

/** Asserts how the call fails, and returns the error document. */
async function assertFails(call, status, type) {
    const options = {};
    const error = await failure(call(options));
    assert.equal(error.isAxiosError, true);
    assert.equal(error.response.status, status, JSON.stringify(problemOf(error)));
    assert.equal(error.message, `Request failed with status code ${status}`);
    assert.equal(options.requestStatus, WebApiStatus.Failed);
    assert.equal(error.response.headers['content-type'], 'application/json; charset=utf-8');
    assert.ok(error.response.headers['x-request-id']);
    const problem = problemOf(error);
    assert.equal(problem.Error, true);
    assert.equal(problem.ErrorType, type);
    assert.equal(problem.ErrorSource, 'portrait');
    assert.equal(typeof problem.ErrorMessage, 'string');
    assert.notEqual(problem.ErrorMessage, '');
    assert.match(problem.Rule, /^[a-z]+\.[a-z_]+$/);
    return problem;
}

const assertBadArgument = (call, status = 400) => assertFails(call, status, 'SoArgumentException');

describe('a picture is refused', () => {
    const uploads = {
        'Person.SetPersonImage': (bytes) => (options) => person().setPersonImageAsync(nextPerson(), bytes, options),
        'BLOB.SetPersonImage': (bytes) => (options) => blob().setPersonImageAsync(nextPerson(), bytes, options),
        'BLOB.SaveImageStream': (bytes) => (options) =>
            blob().saveImageStreamAsync(BlobLinkType.PersonImage, bytes, 'refused', options),
        'BLOB.SetBlobStream': (bytes) => async (options) => {
            const { blobId } = await blob().saveBlobEntityAsync({ blobId: 0, description: 'to be filled' });
            await blob().setBlobStreamAsync(blobId, bytes, options);
        },
    };
    for (const [name, upload] of Object.entries(uploads)) {
        test(`because it is missing: ${name}`, async () => {
            const problem = await assertBadArgument(upload(''));
            assert.equal(problem.ErrorMessage, 'Image bitmap is missing from body');
        });
        test(`because of its format: ${name}`, async () => {
            assert.match((await assertBadArgument(upload(refused('webp.webp')))).ErrorMessage, /WebP/);
            assert.match((await assertBadArgument(upload(refused('document.pdf')))).ErrorMessage, /PDF/);
            await assertBadArgument(upload('no picture at all'));
        });
        test(`because it is truncated: ${name}`, async () => {
            await assertBadArgument(upload(picture('png-truecolour.png').subarray(0, 20)), 422);
        });
        test(`because it is too large: ${name}`, async () => {
            const problem = await assertBadArgument(upload(sized(largestPicture + 1)), 413);
            assert.equal(problem.Rule, 'image.too_many_bytes');
            assert.equal(Number(problem.Limit), largestPicture);
            assert.match(problem.ErrorMessage, new RegExp(`${largestPicture}`));
        });
    }
    test('because the request is too large', async () => {
        const problem = await assertBadArgument(uploads['Person.SetPersonImage'](picture('jpeg-12mb.jpg')), 413);
        assert.equal(problem.Rule, 'request.body_too_large');
    });
    test('without effect on the stored picture', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        await assertBadArgument((options) => person().setPersonImageAsync(id, refused('bmp.bmp'), options));
        assert.deepEqual(Buffer.from(await person().getPersonImageAsync(id)), small());
    });
});

test('the largest accepted picture is returned whole', async () => {
    const id = nextPerson();
    await person().setPersonImageAsync(id, sized(largestPicture));
    assert.equal(Buffer.compare(await person().getPersonImageAsync(id), sized(largestPicture)), 0);
});

describe('invalid arguments', () => {
    test('unknown persons are a 400 for a write', async () => {
        await assertBadArgument((options) => person().setPersonImageAsync(123456, small(), options));
        await assertBadArgument((options) => blob().setPersonImageAsync(123456, small(), options));
        await assertBadArgument((options) => blob().changePersonImageAsync(123456, 0, options));
    });
    test('invalid ids are a 400', async () => {
        for (const id of [0, -1, 2147483648, 1.5, 'seven', NaN]) {
            await assertBadArgument((options) => person().setPersonImageAsync(id, small(), options));
            await assertBadArgument((options) => blob().getPersonImageAsync({ personId: id }, options));
        }
    });
    test('texts that are too long are a 400', async () => {
        const problem = await assertBadArgument(
            (options) => blob().saveBlobEntityAsync({ blobId: 0, description: 'x'.repeat(2049) }, options));
        assert.equal(problem.Rule, 'info.text_too_long');
        await assertBadArgument(
            (options) => blob().saveImageStreamAsync(BlobLinkType.PersonImage, small(), 'x'.repeat(2049), options));
    });
});

describe('the error of a call that returns bytes', () => {
    test('is JSON in bytes, as every result of the client', async () => {
        const options = { returnBlobAs: ReturnBlobType.AsArrayBuffer };
        const error = await failure(person().getPersonImageAsync(nextPerson(), options));
        assert.ok(error.response.data instanceof Uint8Array);
        assert.equal(error.response.headers['content-type'], 'application/json; charset=utf-8');
        assert.equal(problemOf(error).ErrorType, 'SoNotFoundException');
        assert.equal(options.requestStatus, WebApiStatus.Failed);
    });
    test('has the person id', async () => {
        const problem = problemOf(await failure(person().getPersonImageAsync(99999)));
        assert.equal(problem.ErrorMessage, 'Person id 99999 not found');
    });
});

test('an error handler of the client gets the error and decides', async () => {
    const seen = [];
    const errorHandler = (error) => {
        seen.push(problemOf(error).ErrorType);
        return Promise.resolve({ data: { BlobId: -1 } });
    };
    const entity = await blob({ errorHandler }).getBlobEntityOnPersonAsync(2147483647);
    assert.deepEqual(seen, ['SoNotFoundException']);
    assert.equal(entity.blobId, -1);
});

test('a cancelled call has no effect on other calls', async () => {
    const id = nextPerson();
    const agent = person();
    const options = agent.MakeAbortableOptions();
    const call = agent.setPersonImageAsync(id, picture('jpeg-8mb.jpg'), options);
    options.abortController.abort();
    await assert.rejects(call);
    assert.equal(options.requestStatus, WebApiStatus.Cancelled);
    await person().setPersonImageAsync(id, small());
    assert.deepEqual(Buffer.from(await person().getPersonImageAsync(id)), small());
});

describe('calls that are not implemented', () => {
    test('are a 404 with a list of the agent\'s calls', async () => {
        for (const call of [(options) => blob().setProjectImageAsync(1, small(), options),
                            (options) => blob().getBlobEntityOnContactAsync(1, options),
                            (options) => person().deletePersonEntityAsync(1, options)]) {
            const problem = await assertFails(call, 404, 'SoNotFoundException');
            assert.match(problem.ErrorMessage, /GetPersonImage/);
        }
        const bytes = problemOf(await failure(blob().getProjectImageAsync(1)));
        assert.match(bytes.ErrorMessage, /GetBlobStream/);
    });
});
