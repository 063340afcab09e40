/**
 * As much of a browser with VS Code in it as code-server takes for one: a WebSocket that is signed in, with VS Code's own
 * handshake done on it.
 *
 * Source: https://github.com/microsoft/vscode/blob/main/src/vs/server/node/remoteExtensionHostAgentServer.ts and
 * src/vs/base/parts/ipc/common/ipc.net.ts beside it
 */
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";

import { askOnce } from "./http";

/** What a window of VS Code has a connection for: one of each. */
export enum Purpose {
    Management = 1,
    /** It is handed over to a process of its own, in which extensions run. */
    ExtensionHost = 2,
}

/** The type, in VS Code's protocol, of what belongs to no stream. */
const CONTROL = 2;
const HEADER_BYTES = 13;

/**
 * Opens a connection and does the handshake.
 *
 * @param cookie of who has signed in
 * @throws what was answered instead
 */
export async function connectVsCode(base: string, cookie: string, commit: string, purpose: Purpose): Promise<Socket> {
    const socket = await upgrade(`${base}/stable-${commit}?reconnectionToken=${randomUUID()}&reconnection=false`, {
        cookie,
        origin: new URL(base).origin,
    });
    const messages = controlMessages(socket);
    const next = async () => (await messages.next()).value as Record<string, unknown>;
    send(socket, { type: "auth", auth: "00000000000000000000", data: "none" });
    const { type, data } = await next();
    if (type !== "sign") {
        throw new Error(`VS Code does not ask to sign, but says ${String(type)}`);
    }
    const args = purpose === Purpose.ExtensionHost ? { language: "en" } : undefined;
    send(socket, { type: "connectionType", commit, signedData: data, desiredConnectionType: purpose, args });
    const answer = await next();
    if (answer.type === "error") {
        throw new Error(`VS Code refuses the connection: ${String(answer.reason)}`);
    }
    // What it says from now on is not read, but must not fill up either.
    socket.resume();
    return socket;
}

/** The commit of VS Code, by which its pages call what they load. */
export async function commitOf(base: string, cookie: string): Promise<string> {
    const { text } = await askOnce(`${base}/?folder=/home/notebook`, { headers: { cookie }, timeout: 20_000 });
    const found = /"stable-([0-9a-f]{40})\/static\//.exec(text);
    if (!found) {
        throw new Error(`no page of VS Code: ${text.slice(0, 500)}`);
    }
    return found[1]!;
}

function upgrade(url: string, headers: Record<string, string>): Promise<Socket> {
    return new Promise((resolve, reject) => {
        const key = randomBytes(16).toString("base64");
        const ofWebSocket = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
        const sent = request(url, {
            headers: { ...ofWebSocket, "sec-websocket-key": key, ...headers },
            agent: false,
            timeout: 30_000,
        });
        sent.on("upgrade", (_response, socket: Socket, head) => {
            socket.setTimeout(0);
            socket.unshift(head);
            resolve(socket);
        });
        sent.on("response", ({ statusCode }) => reject(new Error(`no WebSocket but ${statusCode}`)));
        sent.on("timeout", () => sent.destroy(new Error("no answer")));
        sent.on("error", reject);
        sent.end();
    });
}

/** Sends a message of the protocol in a frame of WebSocket, as a client must: masked, and here with zeros. */
function send(socket: Socket, message: object): void {
    const data = Buffer.from(JSON.stringify(message));
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(CONTROL, 0);
    header.writeUInt32BE(data.length, 9);
    const payload = Buffer.concat([header, data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt8(0x82, 0);
    frame.writeUInt8(0x80 | 126, 1);
    frame.writeUInt16BE(payload.length, 2);
    socket.write(Buffer.concat([frame, payload]));
}

/** What the server says that belongs to no stream; its frames need not be cut where messages are. */
async function* controlMessages(socket: Socket): AsyncGenerator<Record<string, unknown>> {
    let stream = Buffer.alloc(0);
    for await (const payload of frames(socket)) {
        stream = Buffer.concat([stream, payload]);
        while (stream.length >= HEADER_BYTES && stream.length >= HEADER_BYTES + stream.readUInt32BE(9)) {
            const end = HEADER_BYTES + stream.readUInt32BE(9);
            if (stream.readUInt8(0) === CONTROL) {
                yield JSON.parse(stream.toString("utf8", HEADER_BYTES, end)) as Record<string, unknown>;
            }
            stream = stream.subarray(end);
        }
    }
}

/** The payloads of short frames, which those of a handshake are. */
async function* frames(socket: Socket): AsyncGenerator<Buffer> {
    let buffer = Buffer.alloc(0);
    const atLeast = async (length: number): Promise<void> => {
        while (buffer.length < length) {
            const [part] = (await once(socket, "data", { signal: AbortSignal.timeout(30_000) })) as [Buffer];
            buffer = Buffer.concat([buffer, part]);
        }
    };
    for (;;) {
        await atLeast(4);
        const short = buffer.readUInt8(1);
        const start = short === 126 ? 4 : 2;
        const end = start + (short === 126 ? buffer.readUInt16BE(2) : short);
        await atLeast(end);
        yield buffer.subarray(start, end);
        buffer = buffer.subarray(end);
    }
}
