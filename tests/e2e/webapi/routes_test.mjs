// Every agent call that the server lists is a method of the client, with equal spelling.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blobAgent, personAgent } from './support/client.mjs';
import { startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

test('each of the agents\' routes is a method of the client', async () => {
    const authorization = `Basic ${Buffer.from('tje0:Tje0').toString('base64')}`;
    const response = await fetch(`${server.url}/api/v1`, { headers: { authorization } });
    assert.equal(response.status, 200);
    const paths = Object.keys(await response.json())
        .map((url) => decodeURI(new URL(url).pathname)).filter((path) => path.includes('/Agents/'));
    const agents = { Person: personAgent(server), BLOB: blobAgent(server) };
    for (const path of paths) {
        const [, agent, call] = /^\/api\/v1\/Agents\/(\w+)\/(\w+)$/.exec(path);
        const method = `${call[0].toLowerCase()}${call.slice(1)}Async`;
        assert.equal(typeof agents[agent][method], 'function', path);
    }
    const count = (agent) => paths.filter((path) => path.includes(`/${agent}/`)).length;
    assert.deepEqual([count('Person'), count('BLOB')], [6, 12]);
});
