/** HTTP proxies between a program and an API server. */
import * as http from "node:http";
import { BlockList, isIP } from "node:net";
import * as tls from "node:tls";

/**
 * Returns the URL of the proxy that the environment names for a server, if any, as the Kubernetes provider does.
 * Source: https://pkg.go.dev/net/http#ProxyFromEnvironment
 */
export function proxyFromEnvironment(server: URL, env: NodeJS.ProcessEnv = process.env): string | undefined {
    const variable = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined;
    const proxy = server.protocol === "https:" ? variable("HTTPS_PROXY") : variable("HTTP_PROXY");
    const host = server.hostname.replace(/^\[|\]$/g, "");
    if (proxy === undefined || host === "localhost" || host === "::1" || host.startsWith("127.")) {
        return undefined;
    }
    const direct = (variable("NO_PROXY") ?? "").split(",").map((one) => one.trim().toLowerCase());
    return direct.some((one) => one !== "" && isDirect(one, host, server.port || "443"))
        ? undefined
        : /^[a-z0-9]+:\/\//.test(proxy)
          ? proxy
          : `http://${proxy}`;
}

/** Returns whether an entry of NO_PROXY is for a host: "*", an address, a range of addresses, or a domain. */
function isDirect(entry: string, host: string, port: string): boolean {
    const [range, bits] = entry.split("/");
    if (bits !== undefined) {
        const family = isIP(range!) === 6 ? "ipv6" : "ipv4";
        const list = new BlockList();
        return (
            isIP(range!) !== 0 &&
            isIP(host) !== 0 &&
            (list.addSubnet(range!, Number(bits), family), list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4"))
        );
    }
    const [, name = entry, onlyPort] = /^(.*?):(\d+)$/.exec(entry) ?? [];
    const domain = name.replace(/^\*?\./, "");
    const isDomainOnly = domain !== name;
    return (
        (onlyPort === undefined || onlyPort === port) &&
        (entry === "*" || (!isDomainOnly && host === domain) || host.endsWith(`.${domain}`))
    );
}

type Connected = (error: Error | null, socket?: tls.TLSSocket) => void;

/** Opens a TLS connection through a proxy, as the `createConnection` of an agent. */
export function connectThrough(
    proxy: URL,
    { host, port, ...options }: tls.ConnectionOptions,
    connected: Connected,
): void {
    const target = `${isIP(host!) === 6 ? `[${host}]` : host}:${port}`;
    const login = [proxy.username, proxy.password].map(decodeURIComponent).join(":");
    http.request({
        host: proxy.hostname,
        port: proxy.port || 80,
        method: "CONNECT",
        path: target,
        headers: {
            host: target,
            ...(proxy.username && { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` }),
        },
        agent: false,
        timeout: 30_000,
    })
        .once("connect", ({ statusCode }, socket) => {
            if (statusCode === 200) {
                connected(null, tls.connect({ ...options, socket }));
            } else {
                socket.destroy();
                connected(new Error(`the proxy ${proxy.host} has refused the connection with ${statusCode}`));
            }
        })
        .once("timeout", function (this: http.ClientRequest) {
            this.destroy(new Error(`the proxy ${proxy.host} does not answer`));
        })
        .once("error", (error) => connected(error))
        .end();
}
