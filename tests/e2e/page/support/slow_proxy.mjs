// A connection that is slow towards the server, as a phone's is.
import { connect, createServer } from 'node:net';

const interval = 20; // milliseconds

/** Listens on a port of its own, and passes at most so many bytes a second to the server. */
export async function startSlowProxy(port, bytesPerSecond) {
    const sockets = new Set();
    const proxy = createServer((client) => {
        const server = connect(port, '127.0.0.1');
        for (const [socket, other] of [[client, server], [server, client]]) {
            sockets.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => { sockets.delete(socket); other.destroy(); });
        }
        server.pipe(client);
        client.on('data', (bytes) => {
            server.write(bytes);
            client.pause();
            setTimeout(() => client.resume(), Math.max(interval, 1000 * bytes.length / bytesPerSecond));
        });
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        stop: async () => {
            const ended = new Promise((resolve) => proxy.close(resolve));
            sockets.forEach((socket) => socket.destroy());
            await ended;
        },
    };
}
