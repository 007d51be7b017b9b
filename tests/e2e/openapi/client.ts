// Drives portrait by openapi-fetch and the types that openapi-typescript makes of the OpenAPI document. Compiled with
// `tsc --strict`, which checks the types as well: each @ts-expect-error is a mistake that it has to find.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

/** What the server answers unless Accept prefers XML, or a page for a browser. */
type Documents = 'application/json';
type BlobEntity = components['schemas']['BlobEntity'];

/** A GIF of one pixel. */
const picture = Uint8Array.from(atob('R0lGODlhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs='), (byte) => byte.charCodeAt(0));

function check(condition: boolean, message: string): asserts condition {
    if (!condition) throw new Error(message);
}

/** Saves a picture, and reads it and its description; `baseUrl` is the document's server. */
export async function run(baseUrl: string): Promise<void> {
    const client = createClient<paths, Documents>({ baseUrl, headers: { Authorization: `Basic ${btoa('tje0:Tje0')}` } });
    const params = { path: { personId: 7 } };

    const put = await client.PUT('/api/v1/Person/{personId}/Image', {
        params,
        headers: { 'Content-Type': 'image/gif' },
        body: new Blob([picture]) as unknown as string, // binary bodies are strings in these types
        bodySerializer: (body) => body as unknown as BodyInit,
    });
    check(put.response.status === 200, `PUT is answered with ${put.response.status}`);
    const blobId: number | undefined = put.data;
    check(blobId !== undefined && blobId > 0, 'PUT has no blob id');

    const got = await client.GET('/api/v1/Person/{personId}/Image', { params, parseAs: 'arrayBuffer' });
    check(got.data !== undefined, `GET is answered with ${got.response.status}`);
    const bytes = new Uint8Array(got.data);
    check(bytes.length === picture.length && bytes.every((byte, index) => byte === picture[index]),
          'GET has other bytes than PUT');

    const info = await client.GET('/api/v1/Person/{personId}/ImageInfo', { params });
    const entity: BlobEntity | undefined = info.data;
    check(entity !== undefined, `GET ImageInfo is answered with ${info.response.status}`);
    const size: number | undefined = entity.BlobSize;
    check(entity.BlobId === blobId && size === picture.length && entity.MimeType === 'image/gif',
          'ImageInfo describes another picture');
    const changed = await client.PUT('/api/v1/Person/{personId}/ImageInfo',
                                     { params, body: { Description: 'At the annual meeting' } });
    check(changed.data?.Description === 'At the annual meeting', 'PUT ImageInfo has not changed the description');

    const missing = await client.GET('/api/v1/Person/{personId}/ImageInfo', { params: { path: { personId: 99999 } } });
    check(missing.error?.Rule === 'person.unknown', 'an unknown person has another error than documented');

    const routes = await client.GET('/api/v1');
    check(routes.data !== undefined, `GET /api/v1 is answered with ${routes.response.status}`);
    const image: Record<string, string> | undefined = routes.data[`${baseUrl}/api/v1/Person/{personId}/Image`];
    check(image?.['GET'] !== undefined, 'the routes have no GET Image');

    const called = await client.POST('/api/v1/Agents/BLOB/GetBlobEntityOnPerson', { body: { PersonId: 7 } });
    check(called.data?.BlobId === blobId, 'the agent has another picture');
}

/** Never run: these don't compile. */
export async function mistakes(client: ReturnType<typeof createClient<paths, Documents>>): Promise<void> {
    // @ts-expect-error: no such path
    await client.GET('/api/v1/Person/{personId}/Photo', {});
    // @ts-expect-error: the person is missing
    await client.GET('/api/v1/Person/{personId}/ImageInfo', {});
    const info = await client.GET('/api/v1/Person/{personId}/ImageInfo', { params: { path: { personId: 7 } } });
    // @ts-expect-error: a number
    const id: string | undefined = info.data?.BlobId;
    void id;
}
