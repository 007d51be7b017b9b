// The client with a server below a base path, as SuperOffice's own installations are: https://host/Cust12345.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blobAgent, demoUser, failure, nextPerson, personAgent, signIn } from './support/client.mjs';
import { picture } from './support/pictures.mjs';
import { addToken, makeDataFolder, startServer } from '../support/server.mjs';

const basePath = '/Cust12345';
const small = () => picture('png-palette.png');
let root;
let mounted; // the server as the client's configuration names it
let token;

before(async () => {
    const data = makeDataFolder();
    token = addToken(data, 'crm-sync');
    root = await startServer({ data, options: ['--base-path', basePath] });
    mounted = { ...root, url: `${root.url}${basePath}` };
});
after(() => root.stop());

test('the tenant\'s state has the address of the interface', async () => {
    const response = await fetch(`${root.url}/api/state/Cust12345`);
    assert.equal(response.status, 200);
    const state = await response.json();
    assert.equal(state.ContextIdentifier, 'Cust12345');
    assert.equal(state.State, 'Running');
    assert.equal(state.IsRunning, true);
    assert.equal(state.Endpoint, mounted.url);
    assert.equal(state.Api, `${mounted.url}/api`);
    assert.ok(new Date(state.ValidUntil) > new Date());
    const versions = await (await fetch(state.Api)).json();
    assert.equal(versions.v1, `${mounted.url}/api/v1`);
});

for (const [scheme, caller] of [['a password', () => demoUser], ['an access token', () => signIn.token(token)]])
    test(`a picture is saved and read with ${scheme}`, async () => {
        const id = nextPerson();
        const options = { caller: caller() };
        await personAgent(mounted, options).setPersonImageAsync(id, small());
        assert.deepEqual(Buffer.from(await personAgent(mounted, options).getPersonImageAsync(id)), small());
        const entity = await blobAgent(mounted, options).getBlobEntityOnPersonAsync(id);
        assert.equal(entity.blobSize, small().length);
        entity.description = 'at the annual meeting';
        const saved = await blobAgent(mounted, options).saveBlobEntityAsync(entity);
        assert.equal(saved.description, entity.description);
    });

test('the root has no interface', async () => {
    const error = await failure(personAgent(root).getPersonImageAsync(nextPerson()));
    assert.equal(error.response.status, 404);
});
