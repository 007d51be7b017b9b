// The calls with a BlobEntity.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BlobLinkType, FieldRight, TableRight, UserType, blobAgent, failure, nextPerson, observed, personAgent,
         problemOf } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const person = (options) => personAgent(server, options);
const blob = (options) => blobAgent(server, options);
const small = () => picture('png-palette.png');

function assertEmpty(entity) {
    assert.equal(entity.blobId, 0);
    assert.equal(entity.blobSize, 0);
    assert.equal(entity.originalSize, 0);
    assert.equal(entity.description, '');
    assert.equal(entity.extraInfo, '');
    assert.equal(entity.mimeType, '');
    assert.equal(entity.isEncrypted, false);
    assert.equal(entity.isZipped, false);
    for (const date of [entity.createdDate, entity.updatedDate]) {
        assert.ok(date instanceof Date);
        assert.equal(date.getFullYear(), 1);
    }
    assert.equal(entity.createdBy, null);
    assert.equal(entity.updatedBy, null);
    assert.equal(entity.tableRight, null);
}

describe('an empty entity', () => {
    test('is the result of CreateDefaultBlobEntity', async () => {
        assertEmpty(await blob().createDefaultBlobEntityAsync());
    });
    test('is the result for a person without a picture', async () => {
        assertEmpty(await blob().getBlobEntityOnPersonAsync(nextPerson()));
    });
    test('is in the result of CreateDefaultPersonImage', async () => {
        assert.deepEqual({ ...await person().createDefaultPersonImageAsync() }, { personId: 0, imageData: null });
    });
});

describe('the entity of a picture', () => {
    test('has every member that the client reads', async () => {
        const id = nextPerson();
        const earliest = Date.now() - 1000; // dates have whole seconds
        await person().setPersonImageAsync(id, small());
        const entity = await blob().getBlobEntityOnPersonAsync(id);
        const latest = Date.now();
        assert.ok(entity.blobId > 0);
        assert.equal(entity.blobSize, small().length);
        assert.equal(entity.originalSize, small().length);
        assert.equal(entity.mimeType, 'image/png');
        assert.equal(entity.conceptualType, 'PERSONPHOTO');
        assert.equal(entity.isEncrypted, false);
        assert.equal(entity.isZipped, false);
        for (const date of [entity.createdDate, entity.updatedDate]) {
            assert.ok(date instanceof Date);
            assert.ok(date.getTime() >= earliest && date.getTime() <= latest, date.toISOString());
        }
        for (const associate of [entity.createdBy, entity.updatedBy]) {
            assert.equal(associate.associateId, 1);
            assert.equal(associate.name, 'tje0');
            assert.equal(associate.fullName, 'Terje Demo');
            assert.equal(associate.type, UserType.InternalAssociate);
            assert.equal(associate.deleted, false);
            assert.equal(associate.tableRight.mask, TableRight.Select);
            assert.deepEqual(associate.fieldProperties, {});
        }
        assert.equal(entity.tableRight.mask, TableRight.Select | TableRight.Update | TableRight.Delete);
        assert.equal(entity.fieldProperties.Description.fieldRight.mask, FieldRight.Update);
        assert.equal(entity.fieldProperties.Description.fieldLength, 2048);
        assert.equal(entity.fieldProperties.BlobId.fieldRight.mask, FieldRight.None);
        assert.equal(entity.fieldProperties.BlobId.fieldLength, 4);
        assert.equal(entity.fieldProperties.BlobId.fieldType, 'System.Int32');
        assert.equal(entity.fieldProperties.Description.fieldType, 'System.String');
        assert.equal(entity.fieldProperties.IsZipped.fieldType, 'System.Boolean');
        assert.equal(entity.fieldProperties.CreatedDate.fieldType, 'System.DateTime');
    });
    test('is the same by the person, by a request object and by the blob id', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        const entity = await blob().getBlobEntityOnPersonAsync(id);
        assert.deepEqual(await blob().getBlobEntityOnPersonAsync({ personId: id }), entity);
        assert.deepEqual(await blob().getBlobEntityAsync(entity.blobId), entity);
    });
    test('of an unknown person is a 404', async () => {
        const error = await failure(blob().getBlobEntityOnPersonAsync(123456));
        assert.equal(error.response.status, 404);
        assert.equal(problemOf(error).ErrorType, 'SoNotFoundException');
    });
    test('of an unknown blob is null', async () => {
        assert.equal(await blob().getBlobEntityAsync(2147483647), null);
        assert.equal((await blob().getBlobStreamAsync(2147483647)).byteLength, 0);
    });
});

describe('SaveBlobEntity', () => {
    test('changes writable members and no others', async () => {
        const id = nextPerson();
        await person().setPersonImageAsync(id, small());
        const entity = await blob().getBlobEntityOnPersonAsync(id);
        Object.assign(entity, { description: 'Ærlig påskefoto "2026"\n\tnummer 2 \u{1F4F7}', extraInfo: 'extra',
                                conceptualType: 'PHOTO', mimeType: 'text/plain', blobSize: 1, isZipped: true });
        const { result: saved, response } = await observed((options) => blob().saveBlobEntityAsync(entity, options));
        assert.equal(response.status, 200);
        assert.equal(saved.blobId, entity.blobId);
        assert.equal(saved.description, entity.description);
        assert.equal(saved.extraInfo, 'extra');
        assert.equal(saved.conceptualType, 'PHOTO');
        assert.equal(saved.mimeType, 'image/png');
        assert.equal(saved.blobSize, small().length);
        assert.equal(saved.isZipped, false);
        assert.deepEqual(saved.createdDate, entity.createdDate);
        assert.deepEqual(await blob().getBlobEntityOnPersonAsync(id), saved);
        assert.deepEqual(Buffer.from(await person().getPersonImageAsync(id)), small());
    });
    test('keeps members that are not sent', async () => {
        const blobId = await blob().saveImageStreamAsync(BlobLinkType.PersonImage, small(), 'kept');
        const saved = await blob().saveBlobEntityAsync({ blobId, extraInfo: 'new' });
        assert.equal(saved.description, 'kept');
        assert.equal(saved.extraInfo, 'new');
    });
    test('creates a blob without bytes, which then gets a picture and a person', async () => {
        const id = nextPerson();
        const entity = await blob().createDefaultBlobEntityAsync();
        entity.description = 'from nothing';
        const made = await blob().saveBlobEntityAsync(entity);
        assert.ok(made.blobId > 0);
        assert.equal(made.description, 'from nothing');
        assert.equal(made.blobSize, 0);
        assert.equal(made.mimeType, '');
        assert.equal(made.createdBy.name, 'tje0');
        assert.equal((await blob().getBlobStreamAsync(made.blobId)).byteLength, 0);
        const error = await failure(blob().changePersonImageAsync(id, made.blobId));
        assert.equal(error.response.status, 400);
        assert.equal(problemOf(error).Rule, 'blob.without_image');

        await blob().setBlobStreamAsync(made.blobId, small());
        const filled = await blob().getBlobEntityAsync(made.blobId);
        assert.equal(filled.blobSize, small().length);
        assert.equal(filled.mimeType, 'image/png');
        assert.equal(filled.description, 'from nothing');
        await blob().changePersonImageAsync(id, made.blobId);
        assert.deepEqual(Buffer.from(await person().getPersonImageAsync(id)), small());
    });
    test('of an unknown blob is a 404', async () => {
        const error = await failure(blob().saveBlobEntityAsync({ blobId: 2147483647, description: 'nobody' }));
        assert.equal(error.response.status, 404);
    });
});

describe('DeleteBlobEntity', () => {
    test('removes the blob from all persons', async () => {
        const [first, second] = [nextPerson(), nextPerson()];
        const blobId = await blob().saveImageStreamAsync(BlobLinkType.PersonImage, small(), 'shared');
        await blob().changePersonImageAsync(first, blobId);
        await blob().changePersonImageAsync(second, blobId);
        const { response } = await observed((options) => blob().deleteBlobEntityAsync(blobId, options));
        assert.equal(response.status, 204);
        for (const id of [first, second])
            assert.equal((await failure(person().getPersonImageAsync(id))).response.status, 404);
        assert.equal(await blob().getBlobEntityAsync(blobId), null);
        assert.equal((await blob().getBlobStreamAsync(blobId)).byteLength, 0);
        const again = await observed((options) => blob().deleteBlobEntityAsync(blobId, options));
        assert.equal(again.response.status, 204);
        assertEmpty(await blob().getBlobEntityOnPersonAsync(first));
    });
});
