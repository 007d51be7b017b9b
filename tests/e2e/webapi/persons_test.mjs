// Persons by the client's Person agent, which sends ids in the query and no body.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { personAgent } from './support/client.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

test('GetPersonEntity has the names and every other member', async () => {
    const entity = await personAgent(server).getPersonEntityAsync(7);
    assert.equal(entity.personId, 7);
    assert.equal(entity.fullName, 'Demo person 7');
    assert.deepEqual([entity.firstname, entity.middleName, entity.lastname], ['Demo', 'person', '7']);
    assert.deepEqual(entity.emails, []);
    assert.equal(entity.contact, null);
    assert.equal(entity.birthDate.getUTCFullYear() <= 1, true); // the vendor's date for none
});

test('GetPerson has the names', async () => {
    const person = await personAgent(server).getPersonAsync(7);
    assert.equal(person.personId, 7);
    assert.equal(person.lastname, '7');
    assert.equal(person.retired, 0);
});

test('an unknown person is null', async () => {
    assert.equal(await personAgent(server).getPersonEntityAsync(99999), null);
    assert.equal(await personAgent(server).getPersonAsync(99999), null);
});
