/**
 * The part of a browser with VS Code that code-server counts as one: a signed-in WebSocket, with VS Code's own
 * handshake.
 *
 * Source: https://github.com/microsoft/vscode/blob/main/src/vs/server/node/remoteExtensionHostAgentServer.ts and
 * src/vs/base/parts/ipc/common/ipc.net.ts beside it
 */
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";

import { askOnce } from "./http";

/** The connections of a window of VS Code: one of each type. */
export enum Purpose {
    Management = 1,
    /** It is passed to a separate process, in which extensions run. */
    ExtensionHost = 2,
}

/** The type, in VS Code's protocol, of messages outside of streams. */
const CONTROL = 2;
const HEADER_BYTES = 13;

/**
 * Opens a connection and does the handshake.
 *
 * @param cookie of a signed-in user
 * @throws the response if it is not a WebSocket
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
    // Further messages are not read, but must not fill the buffer either.
    socket.resume();
    return socket;
}

/** The commit of VS Code, which is part of the URLs in its pages. */
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

/** Sends a message of the protocol in a WebSocket frame, which must be masked by a client: here with zeros. */
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

/** The messages outside of streams; frames may split messages anywhere. */
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

/** The payloads of short frames, such as those of a handshake. */
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
