import { createServer } from "node:net";

/** How many ports after the wanted one are tried. */
const range = 200;

/** Whether nothing listens on the TCP port of this address. */
function canListen(port: number, host: string): Promise<boolean> {
    return new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => resolve(false));
        server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
    });
}

/**
 * The wanted TCP port if it is free on 127.0.0.1 and on 0.0.0.0, else the next free one after it.
 *
 * @param wanted the port that is tried first, 1 to 65535
 * @param taken ports that are reserved already, although nothing listens on them yet
 * @throws when none of the 200 ports from the wanted one on is free
 */
export async function freePort(wanted: number, taken: Iterable<number> = []): Promise<number> {
    const promised = new Set(taken);
    const last = Math.min(wanted + range, 65536) - 1;
    for (let port = wanted; port <= last; port++) {
        if (!promised.has(port) && (await canListen(port, "127.0.0.1")) && (await canListen(port, "0.0.0.0"))) {
            return port;
        }
    }
    throw new Error(`no free TCP port between ${wanted} and ${last}: stop something that listens there`);
}
