// Validates the OpenAPI document of a running server by @apidevtools/swagger-parser.
// usage: node validate.mjs CLIENT_FOLDER URL
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, url] = process.argv.slice(2);
const SwaggerParser = createRequire(join(folder, 'package.json'))('@apidevtools/swagger-parser');

const answer = await fetch(new URL('/api/v1/openapi.json', url), {
    headers: { Authorization: `Basic ${Buffer.from('tje0:Tje0').toString('base64')}` },
});
assert.equal(answer.status, 200);
assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
const document = await answer.json();

// The parser has to reject invalid documents.
const broken = structuredClone(document);
delete broken.paths['/api/v1/Person/{personId}/Image'].get.responses;
broken.info = {};
await assert.rejects(SwaggerParser.validate(broken));

const dangling = structuredClone(document);
dangling.components.schemas.BlobEntity.properties.CreatedBy.$ref = '#/components/schemas/Missing';
await assert.rejects(SwaggerParser.validate(dangling));

const api = await SwaggerParser.validate(document);
assert.equal(api.openapi, '3.1.0');

// Every parameter in braces of a path is documented; the parser doesn't check this for 3.1.
for (const [path, methods] of Object.entries(api.paths)) {
    const wanted = [...path.matchAll(/{([^}]*)}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries(methods)) {
        const named = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(named, wanted, `${method} ${path}`);
    }
}
console.log(`valid: OpenAPI ${api.openapi}, ${Object.keys(api.paths).length} paths`);
