// SuperOffice's unmodified client, from npm's folder. Its CommonJS part, because the imports of the other part lack the
// file extensions that Node.js needs.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTRAIT_CLIENT, 'package.json'));

export const { WebApi, WebApiStatus, ResourceParsing, BlobLinkType, UserType, ETableRight: TableRight,
               EFieldRight: FieldRight } = require('@superoffice/webapi');
export const { ReturnBlobType } = require('@superoffice/webapi/WebApiBase.js');
export const { FromBase64ToString } = require('@superoffice/webapi/Base64.js');

/** The client's ways to authenticate. */
export const signIn = {
    basic: (name, password) => (api) => api.authenticateWithPassword(name, password),
    ticket: (ticket) => (api) => api.authenticateWithTicket(ticket),
    token: (token) => (api) => api.authenticateWithToken(token),
    application: (application, caller) => (api) => { api.applicationToken(application); caller(api); },
    nobody: () => {},
};
export const demoUser = signIn.basic('tje0', 'Tje0');

// A new configuration for each agent: the client modifies it, so that headers of one call would be sent with the next.
function connect(server, { caller = demoUser, headers = {}, ...options } = {}) {
    const api = new WebApi({ baseUrl: server.url, axiosConfig: { headers: { ...headers } }, ...options });
    caller(api);
    return api;
}

/** Returns a new Person agent. `options` are the client's; `caller` is one of `signIn`. */
export const personAgent = (server, options) => connect(server, options).getPersonAgent();

/** Returns a new BLOB agent. */
export const blobAgent = (server, options) => connect(server, options).getBLOBAgent();

let lastPerson = 0;
/** Returns the id of a demo person that no other test of the file uses. */
export const nextPerson = () => ++lastPerson;

/** Returns the error with which the client rejects the call. */
export async function failure(call) {
    try {
        await call;
    } catch (error) {
        return error;
    }
    throw new Error('The call succeeded; an error is expected');
}

/** Returns the error document in the client's error; it is in bytes if the call returns bytes. */
export function problemOf(error) {
    if (!error.response) throw error;
    const { data } = error.response;
    return data instanceof Uint8Array ? JSON.parse(Buffer.from(data).toString()) : data;
}

/** Returns the result of a call together with its response. */
export async function observed(call, options = {}) {
    let response;
    const result = await call({ ...options, responseCallback: (seen) => { response = seen; } });
    return { result, response };
}
