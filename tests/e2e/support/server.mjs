// portrait-server as a process on a free port, with its data in a temporary folder.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

const binary = process.env.PORTRAIT_SERVER;

/** Creates a folder for a server's data. */
export function makeDataFolder() {
    return join(mkdtempSync(join(process.env.PORTRAIT_WORK, 'server-')), 'data');
}

/** Runs one of the server's subcommands; returns its output. */
export function command(data, args, input = '') {
    const done = spawnSync(binary, [...args, '--data', data], { input, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${args.join(' ')} failed: ${done.stderr}`);
    return done.stdout.trim();
}

/** Creates a token by `tokens add`; `options` are the command's. */
export function addToken(data, name, ...options) {
    return command(data, ['tokens', 'add', name, ...options]);
}

/** Creates a user by `users add`; `options` are the command's. */
export function addUser(data, name, password, ...options) {
    return command(data, ['users', 'add', name, ...options], `${password}\n`);
}

/** Starts the server with the demo user and demo persons; resolves when it listens. */
export async function startServer({ data = makeDataFolder(), options = [], port = 0 } = {}) {
    const process = spawn(binary, ['--demo', '--listen', `127.0.0.1:${port}`, '--log-level', 'info',
                                   '--data', data, ...options],
                          { stdio: ['ignore', 'pipe', 'pipe'] });
    let banner = '';
    let log = '';
    process.stdout.setEncoding('utf8').on('data', (text) => { banner += text; });
    process.stderr.setEncoding('utf8').on('data', (text) => { log += text; });
    const ended = new Promise((resolve) => process.once('exit', (code, signal) => resolve({ code, signal })));
    const url = await new Promise((resolve, reject) => {
        process.stdout.on('data', () => {
            const found = /listening on (http:\S+)/.exec(banner);
            if (found) resolve(found[1]);
        });
        ended.then(({ code }) => reject(new Error(`The server ended with ${code}: ${log}`)));
    });
    return {
        url,
        data,
        port: Number(new URL(url).port),
        pid: process.pid,
        /** Ends the server as a crash does. */
        async kill() {
            process.kill('SIGKILL');
            await ended;
        },
        /** Ends the server; throws unless it ended with code 0 and without secrets in its log. */
        async stop() {
            process.kill('SIGTERM');
            const { code, signal } = await ended;
            if (code !== 0) throw new Error(`The server ended with ${code ?? signal}: ${log}`);
            if (/Tje0|dGplMDpUamUw|[78][TA]:/.test(log)) throw new Error(`The log contains a secret: ${log}`);
        },
    };
}
