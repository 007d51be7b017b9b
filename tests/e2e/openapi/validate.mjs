// Validates the OpenAPI document of a running server by @apidevtools/swagger-parser and by Redocly's recommended rules.
// usage: node validate.mjs TOOLS_FOLDER DOCUMENT_URL
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, url] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const SwaggerParser = require('@apidevtools/swagger-parser');
const { createConfig, lintFromString } = require('@redocly/openapi-core');

const answer = await fetch(url);
assert.equal(answer.status, 200);
assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
const text = await answer.text();
const document = JSON.parse(text);

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
assert.equal(`${api.servers[0].url}/api/v1/openapi.json`, url);

// Every parameter in braces of a path is documented; the parser doesn't check this for 3.1.
for (const [path, methods] of Object.entries(api.paths)) {
    const wanted = [...path.matchAll(/{([^}]*)}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries(methods)) {
        const named = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        assert.deepEqual(named, wanted, `${method} ${path}`);
    }
}

const config = await createConfig({ extends: ['recommended'] });
const lint = async (source) => (await lintFromString({ source, absoluteRef: 'openapi.json', config }))
    .map(({ severity, ruleId, location }) => `${severity} ${ruleId} ${location[0].pointer}`);
const undefinedSecurity = structuredClone(document);
delete undefinedSecurity.paths['/api'].get.security;
assert.deepEqual((await lint(JSON.stringify(undefinedSecurity))).filter((problem) => problem.startsWith('error')),
                 ['error security-defined #/paths/~1api/get']);
// OpenAPI has examples of XML as text, and these rules compare it with the schema of the object.
const ofXml = /^warn no-invalid-media-type-examples #\/(components\/examples\/\w+\.xml\/value|paths\/.*~1xml\/example)$/;
assert.deepEqual((await lint(text)).filter((problem) => !ofXml.test(problem)), []);
console.log(`valid: OpenAPI ${api.openapi}, ${Object.keys(api.paths).length} paths`);
