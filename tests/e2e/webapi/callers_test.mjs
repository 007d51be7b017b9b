// The client's ways to authenticate, and their refusals.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { blobAgent, demoUser, failure, nextPerson, personAgent, problemOf, signIn } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { addToken, command, makeDataFolder, startServer } from '../support/server.mjs';

const small = () => picture('png-palette.png');
const password = 'pæss:wörd 漢字'; // a colon, a space and more than Latin-1
let server;
let tokens;

before(async () => {
    const data = makeDataFolder();
    command(data, ['users', 'add', 'Åse', '--full-name', 'Åse Ås', '--associate-id', '77'], `${password}\n`);
    tokens = {
        bearer: addToken(data, 'crm-sync', '--full-name', 'CRM sync', '--associate-id', '501'),
        ticket: addToken(data, 'batch', '--scheme', 'ticket', '--full-name', 'Nightly batch',
                         '--associate-id', '502'),
        reader: addToken(data, 'kiosk', '--read-only'),
        expired: addToken(data, 'former', '--expires', '2099-12-31'),
    };
    // The command accepts no past day: replace the day in the file.
    const file = join(data, 'tokens');
    writeFileSync(file, readFileSync(file, 'utf8').replace(':2099-12-31', ':2020-12-31'));
    server = await startServer({ data });
});
after(() => server.stop());

/** Puts and gets a picture, and checks the associate in its entity. */
async function assertCallsAs(caller, associate, { server: other = server, id = nextPerson() } = {}) {
    await personAgent(other, { caller }).setPersonImageAsync(id, small());
    assert.deepEqual(Buffer.from(await blobAgent(other, { caller }).getPersonImageAsync(id)), small());
    const entity = await blobAgent(other, { caller }).getBlobEntityOnPersonAsync(id);
    for (const [name, value] of Object.entries(associate)) {
        assert.equal(entity.createdBy[name], value);
        assert.equal(entity.updatedBy[name], value);
    }
    return entity;
}

async function assertRefused(caller, status, type, { server: other = server } = {}) {
    for (const call of [() => personAgent(other, { caller }).setPersonImageAsync(nextPerson(), small()),
                        () => blobAgent(other, { caller }).getPersonImageAsync(nextPerson()),
                        () => blobAgent(other, { caller }).createDefaultBlobEntityAsync()]) {
        const error = await failure(call());
        assert.equal(error.response.status, status);
        assert.equal(problemOf(error).Error, true);
        assert.equal(problemOf(error).ErrorType, type);
    }
}

const assertUnknown = (caller, where) => assertRefused(caller, 401, 'SoAuthenticationException', where);

describe('Basic', () => {
    test('accepts the demo user', () =>
        assertCallsAs(demoUser, { associateId: 1, name: 'tje0', fullName: 'Terje Demo' }));
    test('accepts names and passwords of any letters', () =>
        assertCallsAs(signIn.basic('Åse', password), { associateId: 77, name: 'Åse', fullName: 'Åse Ås' }));
    test('refuses a wrong password and an unknown user equally', async () => {
        await assertUnknown(signIn.basic('tje0', 'wrong'));
        await assertUnknown(signIn.basic('nobody', 'Tje0'));
        const [wrong, unknown] = await Promise.all([signIn.basic('tje0', 'wrong'), signIn.basic('nobody', 'x')].map(
            (caller) => failure(blobAgent(server, { caller }).createDefaultBlobEntityAsync())));
        assert.deepEqual(problemOf(wrong), problemOf(unknown));
    });
});

describe('SoTicket and Bearer', () => {
    test('a ticket is accepted', () => {
        assert.match(tokens.ticket, /^7T:/);
        return assertCallsAs(signIn.ticket(tokens.ticket),
                             { associateId: 502, name: 'batch', fullName: 'Nightly batch' });
    });
    test('an access token is accepted', () => {
        assert.match(tokens.bearer, /^8A:/);
        return assertCallsAs(signIn.token(tokens.bearer),
                             { associateId: 501, name: 'crm-sync', fullName: 'CRM sync' });
    });
    test('the first caller remains the creator of the picture', async () => {
        const id = nextPerson();
        await assertCallsAs(demoUser, { name: 'tje0' }, { id });
        await personAgent(server, { caller: signIn.token(tokens.bearer) }).setPersonImageAsync(id, small());
        const entity = await blobAgent(server).getBlobEntityOnPersonAsync(id);
        assert.equal(entity.createdBy.name, 'tje0');
        assert.equal(entity.updatedBy.name, 'crm-sync');
    });
    test('each is refused under the other\'s scheme', async () => {
        await assertUnknown(signIn.token(tokens.ticket));
        await assertUnknown(signIn.ticket(tokens.bearer));
    });
    test('forged, truncated and expired ones are refused', async () => {
        await assertUnknown(signIn.token('8A:made-up'));
        await assertUnknown(signIn.token(tokens.bearer.slice(0, -1)));
        await assertUnknown(signIn.ticket('7T:made-up'));
        await assertUnknown(signIn.token(tokens.expired));
    });
    test('a token with the right to read can\'t write', async () => {
        const id = nextPerson();
        const caller = signIn.token(tokens.reader);
        await personAgent(server).setPersonImageAsync(id, small());
        assert.deepEqual(Buffer.from(await personAgent(server, { caller }).getPersonImageAsync(id)), small());
        const entity = await blobAgent(server, { caller }).getBlobEntityOnPersonAsync(id);
        const blob = () => blobAgent(server, { caller });
        for (const call of [() => personAgent(server, { caller }).setPersonImageAsync(id, picture('gif-89a.gif')),
                            () => blob().saveBlobEntityAsync(entity),
                            () => blob().changePersonImageAsync(id, 0),
                            () => blob().setBlobStreamAsync(entity.blobId, small()),
                            () => blob().deleteBlobEntityAsync(entity.blobId)]) {
            const error = await failure(call());
            assert.equal(error.response.status, 403);
            assert.equal(problemOf(error).ErrorType, 'SoRightsException');
        }
        assert.deepEqual(Buffer.from(await personAgent(server).getPersonImageAsync(id)), small());
    });
    test('a running server applies new and revoked tokens', { timeout: 120_000 }, async () => {
        const caller = signIn.token(addToken(server.data, 'visitor'));
        const known = async () => {
            try {
                await blobAgent(server, { caller }).createDefaultBlobEntityAsync();
                return true;
            } catch (error) {
                assert.equal(error.response.status, 401);
                return false;
            }
        };
        while (!await known());
        const line = command(server.data, ['tokens', 'list']).split('\n').find((text) => text.includes('visitor'));
        command(server.data, ['tokens', 'revoke', line.split(' ')[0]]);
        while (await known());
    });
});

describe('a call without credentials', () => {
    test('gets a list of the schemes', async () => {
        await assertUnknown(signIn.nobody);
        const error = await failure(blobAgent(server, { caller: signIn.nobody }).createDefaultBlobEntityAsync());
        for (const scheme of [/Basic realm="portrait", charset="UTF-8"/, /SoTicket/, /Bearer/])
            assert.match(error.response.headers['www-authenticate'], scheme);
    });
});

describe('application tokens', () => {
    const [listed, other] = ['listed-application', 'other-application'];
    test('are ignored without a list', () =>
        assertCallsAs(signIn.application(other, demoUser), { name: 'tje0' }));
    test('are checked with a list, and a ticket needs one', async () => {
        const data = makeDataFolder();
        const ticket = addToken(data, 'batch', '--scheme', 'ticket');
        const strict = await startServer({ data, options: ['--app-token', listed] });
        try {
            const where = { server: strict };
            await assertCallsAs(signIn.application(listed, signIn.ticket(ticket)), { name: 'batch' }, where);
            await assertCallsAs(signIn.application(listed, demoUser), { name: 'tje0' }, where);
            await assertCallsAs(demoUser, { name: 'tje0' }, where);
            await assertRefused(signIn.application(other, demoUser), 403, 'SoRightsException', where);
            const error = await failure(
                blobAgent(strict, { caller: signIn.ticket(ticket) }).createDefaultBlobEntityAsync());
            assert.equal(error.response.status, 403);
            assert.equal(problemOf(error).Rule, 'authorization.app_token_missing');
        } finally {
            await strict.stop();
        }
    });
});

test('a disabled scheme is refused, and the others are accepted', async () => {
    const data = makeDataFolder();
    const bearer = addToken(data, 'crm-sync');
    const ticket = addToken(data, 'batch', '--scheme', 'ticket');
    const where = { server: await startServer({ data, options: ['--no-bearer'] }) };
    try {
        await assertUnknown(signIn.token(bearer), where);
        await assertCallsAs(signIn.ticket(ticket), { name: 'batch' }, where);
        await assertCallsAs(demoUser, { name: 'tje0' }, where);
    } finally {
        await where.server.stop();
    }
});
