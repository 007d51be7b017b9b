// The vendor's client, unmodified, from where npm installed it. Its CommonJS half: the other one's imports lack the
// file extensions that Node.js wants.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTRAIT_CLIENT, 'package.json'));

export const { WebApi, WebApiStatus, ResourceParsing, BlobLinkType, UserType } = require('@superoffice/webapi');
export const { ReturnBlobType } = require('@superoffice/webapi/WebApiBase.js');
export const { FromBase64ToString } = require('@superoffice/webapi/Base64.js');

/** The ways in which the client tells who calls. */
export const signIn = {
    basic: (name, password) => (api) => api.authenticateWithPassword(name, password),
    ticket: (ticket) => (api) => api.authenticateWithTicket(ticket),
    token: (token) => (api) => api.authenticateWithToken(token),
    application: (application, caller) => (api) => { api.applicationToken(application); caller(api); },
    nobody: () => {},
};
export const demoUser = signIn.basic('tje0', 'Tje0');

// Everything anew for each agent: the client changes the configuration that it is given, so that headers of one call
// turn up in the next.
function connect(server, { caller = demoUser, headers = {}, ...options } = {}) {
    const api = new WebApi({ baseUrl: server.url, axiosConfig: { headers: { ...headers } }, ...options });
    caller(api);
    return api;
}

/** A fresh Person agent. `options` are the client's, and `caller` one of `signIn`. */
export const personAgent = (server, options) => connect(server, options).getPersonAgent();

/** A fresh BLOB agent. */
export const blobAgent = (server, options) => connect(server, options).getBLOBAgent();

let lastPerson = 0;
/** The id of a demo person that no other case of the file uses. */
export const nextPerson = () => ++lastPerson;

/** Calls, and returns the error that the client rejects with. */
export async function failure(call) {
    try {
        await call;
    } catch (error) {
        return error;
    }
    throw new Error('the call succeeded');
}

/** The error document in the client's error, which is bytes when the call wanted bytes. */
export function problemOf(error) {
    if (!error.response) throw error;
    const { data } = error.response;
    return data instanceof Uint8Array ? JSON.parse(Buffer.from(data).toString()) : data;
}

/** Calls with options that catch the response, and returns it beside the call's result. */
export async function observed(call, options = {}) {
    let response;
    const result = await call({ ...options, responseCallback: (seen) => { response = seen; } });
    return { result, response };
}
