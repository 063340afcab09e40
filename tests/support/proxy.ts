import * as net from "node:net";

/** A connection to the API server that a test can cut. */
export class Proxy {
    private readonly sockets = new Set<net.Socket>();
    private open = true;
    private readonly server: net.Server;

    private constructor(target: URL) {
        this.server = net.createServer((client) => {
            if (!this.open) {
                client.destroy();
                return;
            }
            const upstream = net.connect(Number(target.port), target.hostname);
            for (const [from, to] of [
                [client, upstream],
                [upstream, client],
            ] as const) {
                this.sockets.add(from);
                from.pipe(to);
                from.on("error", () => to.destroy());
                from.on("close", () => this.sockets.delete(from));
            }
        });
    }

    static async to(target: string): Promise<Proxy> {
        const proxy = new Proxy(new URL(target));
        await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
        return proxy;
    }

    get url(): string {
        return `https://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
    }

    /** From now on nothing gets through, as if the API server were down. */
    cut(): void {
        this.open = false;
        this.sockets.forEach((socket) => socket.destroy());
    }

    repair(): void {
        this.open = true;
    }

    close(): void {
        this.cut();
        this.server.close();
    }
}
