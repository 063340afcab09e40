/** Finding the cluster of a provider, and reading from its API server. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import { type Cluster, ClusterError, createCluster } from "../../src/cluster/client";
import { isCluster, openCluster } from "../../src/cluster/cluster";
import { authenticator } from "../../src/cluster/credentials";
import { type Connection, connectionOf, mergeKubeconfigs, parseKubeconfig } from "../../src/cluster/kubeconfig";
import { proxyFromEnvironment } from "../../src/cluster/proxy";
import { directoryWith } from "../support/directories";

/** A kubeconfig of one cluster; the strings are its lines, indented as they must be. */
function kubeconfig({ name = "one", server = "https://one.example.com", cluster = "", user = "" } = {}): string {
    return `
apiVersion: v1
kind: Config
current-context: ${name}
contexts:
  - name: ${name}
    context: { cluster: ${name}, user: ${name} }
clusters:
  - name: ${name}
    cluster: { server: "${server}"${cluster && `, ${cluster}`} }
users:
  - name: ${name}
    user: { ${user} }
`;
}

const connect = (text: string, directory = "/dir"): Connection => {
    const found = connectionOf(parseKubeconfig(text, directory));
    assert.ok(!("reason" in found), JSON.stringify(found));
    return found;
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a kubeconfig", () => {
    it("gives the server, its certificates and the client's", () => {
        const found = connect(
            kubeconfig({
                cluster: `certificate-authority-data: ${base64("ca")}, tls-server-name: kubernetes`,
                user: `client-certificate: certificate.pem, client-key: /abs/key.pem`,
            }),
        );
        assert.deepEqual(
            { ...found, server: found.server.href },
            {
                server: "https://one.example.com/",
                ca: { data: Buffer.from("ca") },
                insecure: false,
                serverName: "kubernetes",
                proxy: undefined,
                credentials: {
                    certificate: { file: "/dir/certificate.pem" },
                    key: { file: "/abs/key.pem" },
                    token: undefined,
                    tokenFile: undefined,
                    basic: undefined,
                    exec: undefined,
                    impersonate: undefined,
                },
            },
        );
    });

    it("prefers data to files, as kubectl does", () => {
        const { ca } = connect(
            kubeconfig({ cluster: `certificate-authority: ca.pem, certificate-authority-data: ${base64("ca")}` }),
        );
        assert.deepEqual(ca, { data: Buffer.from("ca") });
    });

    it("gives what an exec plugin needs", () => {
        const { credentials } = connect(
            kubeconfig({
                user:
                    "exec: { apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [token], " +
                    "env: [{ name: REGION, value: eu }], interactiveMode: Never, provideClusterInfo: true }",
            }),
        );
        assert.deepEqual(credentials.exec, {
            apiVersion: "client.authentication.k8s.io/v1",
            command: "/dir/login",
            args: ["token"],
            env: { REGION: "eu" },
            provideClusterInfo: true,
        });
    });

    it("may be JSON", () => {
        const json = JSON.stringify({
            "current-context": "a",
            contexts: [{ name: "a", context: { cluster: "a" } }],
            clusters: [{ name: "a", cluster: { server: "a.example.com:6443", "insecure-skip-tls-verify": true } }],
        });
        const { server, insecure } = connect(json);
        assert.deepEqual([server.href, insecure], ["https://a.example.com:6443/", true]);
    });

    it("is merged with others, of which the first one counts", () => {
        const first = parseKubeconfig(kubeconfig({ name: "a", server: "https://first" }), "/1");
        const second = parseKubeconfig(kubeconfig({ name: "a", server: "https://second" }) + "# another\n", "/2");
        const third = parseKubeconfig(kubeconfig({ name: "b", server: "https://third" }), "/3");
        const merged = mergeKubeconfigs([first, second, third]);
        const serverOf = (overrides: { context?: string; cluster?: string }) => {
            const found = connectionOf(merged, overrides);
            return "reason" in found ? found.reason : found.server.href;
        };
        assert.equal(serverOf({}), "https://first/");
        assert.equal(serverOf({ context: "b" }), "https://third/");
        assert.equal(serverOf({ cluster: "b" }), "https://third/");
        assert.equal(serverOf({ context: "c" }), 'the context "c" is not in the kubeconfig');
        assert.equal(serverOf({ cluster: "c" }), 'the cluster "c" of the kubeconfig has no valid server');
    });

    const refused: Record<string, { text: string; reason: string }> = {
        "no current context": {
            text: "kind: Config",
            reason: "the kubeconfig has no current context",
        },
        "an auth-provider": {
            text: kubeconfig({ user: "auth-provider: { name: gcp }" }),
            reason: "its kubeconfig has an auth-provider, which Kubernetes has removed; use an exec plugin instead",
        },
        "an exec plugin that asks for a password": {
            text: kubeconfig({
                user: "exec: { apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always }",
            }),
            reason: 'the exec plugin "login" of its kubeconfig needs a terminal',
        },
        "an exec plugin of an old version": {
            text: kubeconfig({
                user: "exec: { apiVersion: client.authentication.k8s.io/v1alpha1, command: login }",
            }),
            reason:
                'the exec plugin "login" of its kubeconfig has the apiVersion "client.authentication.k8s.io/v1alpha1"; ' +
                "it must be one of client.authentication.k8s.io/v1, client.authentication.k8s.io/v1beta1",
        },
        "a proxy that is not HTTP, without its password": {
            text: kubeconfig({ cluster: "proxy-url: 'socks5://user:secret@proxy'" }),
            reason: "its API server is behind a proxy whose URL does not start with http://, which is not supported",
        },
        "invalid YAML, without its content": {
            text: "users: [{ token: secret",
            reason: "its kubeconfig cannot be used: it is not valid YAML",
        },
        "neither a path nor a kubeconfig": {
            text: "/nowhere/kubeconfig",
            reason: "its kubeconfig cannot be used: it is neither an existing file nor a kubeconfig",
        },
    };
    for (const [title, { text, reason }] of Object.entries(refused)) {
        it(`is refused with ${title}`, async () => {
            assert.deepEqual(await openCluster({ kubeconfig: text }, {}), { reason });
        });
    }
});

describe("the cluster of a provider", () => {
    const serverOf = async (settings: Parameters<typeof openCluster>[0], env: NodeJS.ProcessEnv) => {
        const cluster = await openCluster(settings, env);
        return isCluster(cluster) ? cluster.server : cluster.reason;
    };
    const directory = directoryWith({
        one: kubeconfig({ name: "one" }),
        two: kubeconfig({ name: "two", server: "https://two.example.com/base/" }),
        empty: "",
    });
    const file = (name: string): string => path.join(directory, name);

    it("is that of the kubeconfig, as a path or as its content", async () => {
        assert.equal(await serverOf({ kubeconfig: file("one") }, {}), "https://one.example.com");
        assert.equal(
            await serverOf({ kubeconfig: fs.readFileSync(file("two"), "utf8") }, {}),
            "https://two.example.com/base",
        );
    });

    it("is that of KUBECONFIG, whose files may be missing or empty", async () => {
        const KUBECONFIG = ["missing", "empty", "one", "two"].map(file).join(path.delimiter);
        assert.equal(await serverOf({}, { KUBECONFIG }), "https://one.example.com");
        assert.equal(await serverOf({ context: "two" }, { KUBECONFIG }), "https://two.example.com/base");
    });

    it("does not exist if there is no kubeconfig", async () => {
        assert.equal(await serverOf({}, { KUBECONFIG: file("missing") }), "no kubeconfig was found");
    });

    it("does not exist if the provider renders YAML", async () => {
        assert.equal(
            await serverOf({ renderYamlToDirectory: "out", kubeconfig: file("one") }, {}),
            "its provider renders YAML and has no cluster",
        );
    });

    it("cannot be read through a proxy of the environment that is not HTTP", async () => {
        const env = { HTTPS_PROXY: "https://proxy" };
        assert.match(await serverOf({ kubeconfig: file("one") }, env), /^its API server is behind a proxy/);
    });
});

describe("the proxy of a server", () => {
    const proxyOf = (server: string, NO_PROXY: string) =>
        proxyFromEnvironment(new URL(server), { HTTPS_PROXY: "proxy:3128", NO_PROXY });

    it("is that of the environment", () => {
        assert.equal(proxyOf("https://one.example.com", ""), "http://proxy:3128");
        assert.equal(proxyFromEnvironment(new URL("https://one"), { https_proxy: "http://p" }), "http://p");
        assert.equal(proxyFromEnvironment(new URL("http://one"), { https_proxy: "http://p" }), undefined);
    });

    const direct = [
        ["https://localhost:6443", ""],
        ["https://127.0.0.1:6443", ""],
        ["https://one.example.com", "*"],
        ["https://one.example.com", "other, example.com"],
        ["https://one.example.com", ".example.com"],
        ["https://one.example.com:6443", "one.example.com:6443"],
        ["https://10.1.2.3", "10.0.0.0/8"],
        ["https://[fd00::1]", "fd00::/8"],
    ] as const;
    for (const [server, noProxy] of direct) {
        it(`is none for ${server} with NO_PROXY=${noProxy}`, () => assert.equal(proxyOf(server, noProxy), undefined));
    }

    const proxied = [
        ["https://example.com", ".example.com"],
        ["https://myexample.com", "example.com"],
        ["https://one.example.com:6443", "one.example.com:443"],
        ["https://10.1.2.3", "192.168.0.0/16"],
        ["https://ten.example.com", "10.0.0.0/8"],
    ] as const;
    for (const [server, noProxy] of proxied) {
        it(`is used for ${server} with NO_PROXY=${noProxy}`, () =>
            assert.equal(proxyOf(server, noProxy), "http://proxy:3128"));
    }
});

describe("credentials", () => {
    /** An exec plugin that counts its calls in a file, and prints the body of a status. */
    const plugin = (status: string) => {
        const directory = directoryWith({
            "login.sh": `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO $REGION" >> "$0.calls"\n${status}\n`,
        });
        const command = path.join(directory, "login.sh");
        fs.chmodSync(command, 0o755);
        const calls = (): string[] => fs.readFileSync(`${command}.calls`, "utf8").trim().split("\n");
        const authenticate = authenticator({
            server: new URL("https://one.example.com"),
            insecure: false,
            credentials: {
                exec: {
                    apiVersion: "client.authentication.k8s.io/v1",
                    command,
                    args: [],
                    env: { REGION: "eu" },
                    provideClusterInfo: true,
                },
            },
        });
        return { authenticate, calls };
    };
    const printing = (status: object): string => `echo '${JSON.stringify({ status })}'`;

    it("of an exec plugin are kept until they expire", async () => {
        const { authenticate, calls } = plugin(
            printing({ token: "t", expirationTimestamp: new Date(Date.now() + 60_000).toISOString() }),
        );
        assert.deepEqual(await authenticate(), { headers: { authorization: "Bearer t" } });
        assert.deepEqual(await authenticate(), { headers: { authorization: "Bearer t" } });
        assert.deepEqual(calls(), [
            '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,' +
                '"cluster":{"server":"https://one.example.com/"}}} eu',
        ]);
        await authenticate(true);
        assert.equal(calls().length, 2);
    });

    it("of an exec plugin are renewed when they have expired", async () => {
        const { authenticate, calls } = plugin(
            printing({ token: "t", expirationTimestamp: new Date(Date.now() - 1000).toISOString() }),
        );
        await authenticate();
        await authenticate();
        assert.equal(calls().length, 2);
    });

    it("of an exec plugin may be a certificate", async () => {
        const { authenticate } = plugin(printing({ clientCertificateData: "certificate", clientKeyData: "key" }));
        assert.deepEqual(await authenticate(), { headers: {}, cert: "certificate", key: "key" });
    });

    it("fail with the last line that the plugin reports, and never with what it prints", async () => {
        const failing = plugin("echo secret; echo details >&2; echo 'please log in' >&2; exit 3");
        await assert.rejects(
            failing.authenticate(),
            /^Error: the exec plugin \S+ of the kubeconfig has failed with 3: please log in$/,
        );
        const wrong = plugin("echo secret");
        await assert.rejects(
            wrong.authenticate(),
            /^Error: the exec plugin \S+ of the kubeconfig has printed no credentials$/,
        );
    });

    it("may be in files, which are read each time", async () => {
        const directory = directoryWith({ token: "first\n" });
        const tokenFile = path.join(directory, "token");
        const authenticate = authenticator({
            server: new URL("https://one"),
            insecure: false,
            credentials: { tokenFile, token: "other", impersonate: { user: "eve", groups: ["a", "b"] } },
        });
        assert.equal((await authenticate()).headers.authorization, "Bearer first");
        fs.writeFileSync(tokenFile, "second\n");
        assert.deepEqual((await authenticate()).headers, {
            authorization: "Bearer second",
            "Impersonate-User": "eve",
            "Impersonate-Group": ["a", "b"],
        });
    });
});

describe("an API server", function () {
    this.timeout(20_000);

    /** Requests, and the responses to give: the last one is repeated. */
    let requests: { method: string; url: string; authorization?: string }[];
    let responses: { status: number; body: unknown; headers?: Record<string, string> }[];
    const server = http.createServer(({ method, url, headers: { authorization } }, response) => {
        requests.push({ method: method!, url: url!, authorization });
        const { status, body, headers } = responses.length > 1 ? responses.shift()! : responses[0]!;
        response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    });
    let cluster: Cluster;

    before(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`);
        cluster = createCluster({ server: url, insecure: false, credentials: { token: "secret" } });
    });
    beforeEach(() => {
        requests = [];
        responses = [{ status: 200, body: {} }];
    });
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    it("returns an object", async () => {
        responses = [{ status: 200, body: { kind: "Pod" } }];
        assert.deepEqual(await cluster.get("/api/v1/pods/one"), { kind: "Pod" });
        assert.deepEqual(requests, [{ method: "GET", url: "/base/api/v1/pods/one", authorization: "Bearer secret" }]);
    });

    it("returns undefined for what does not exist", async () => {
        responses = [{ status: 404, body: { message: "not found" } }];
        assert.equal(await cluster.get("/api/v1/pods/one"), undefined);
        assert.deepEqual(await cluster.list("/apis/example.com/v1/things"), []);
    });

    it("returns all pages of a list", async () => {
        responses = [
            { status: 200, body: { items: [1, 2], metadata: { continue: "a b" } } },
            { status: 200, body: { items: [3], metadata: {} } },
        ];
        assert.deepEqual(await cluster.list("/api/v1/pods", { labelSelector: "a=b", fieldSelector: "c=d" }), [1, 2, 3]);
        assert.deepEqual(
            requests.map(({ url }) => url),
            [
                "/base/api/v1/pods?limit=500&labelSelector=a%3Db&fieldSelector=c%3Dd",
                "/base/api/v1/pods?limit=500&labelSelector=a%3Db&fieldSelector=c%3Dd&continue=a+b",
            ],
        );
    });

    it("is asked again when it is overloaded or broken", async () => {
        responses = [
            { status: 429, body: "", headers: { "retry-after": "1" } },
            { status: 503, body: "<html>" },
            { status: 200, body: { kind: "Pod" } },
        ];
        assert.deepEqual(await cluster.get("/api/v1/pods/one"), { kind: "Pod" });
        assert.equal(requests.length, 3);
    });

    it("fails in one line after three attempts", async () => {
        responses = [{ status: 500, body: { message: "etcd\n  is full" } }];
        await assert.rejects(cluster.get("/api/v1/pods/one?secret"), (error: ClusterError) => {
            assert.equal(
                error.message,
                `the API server ${cluster.server} refuses GET /api/v1/pods/one with 500: etcd is full`,
            );
            return error instanceof ClusterError && error.status === 500;
        });
        assert.equal(requests.length, 3);
    });

    it("fails at once with what another attempt does not change", async () => {
        responses = [{ status: 403, body: { message: 'pods is forbidden: User "eve" cannot list resource "pods"' } }];
        await assert.rejects(cluster.list("/api/v1/pods"), {
            message: `the API server ${cluster.server} refuses GET /api/v1/pods with 403: pods is forbidden: User "eve" cannot list resource "pods"`,
        });
        assert.equal(requests.length, 1);
    });

    it("fails in one line if it cannot be reached", async () => {
        const nowhere = createCluster({ server: new URL("http://127.0.0.1:9"), insecure: false, credentials: {} });
        await assert.rejects(nowhere.get("/api"), {
            message: "the API server http://127.0.0.1:9 cannot be reached: connect ECONNREFUSED 127.0.0.1:9",
            status: undefined,
        });
    });

    it("is asked with new credentials if it refuses those of an exec plugin", async () => {
        const directory = directoryWith({
            "login.sh": `#!/bin/sh\necho >> "$0.calls"\necho '{"status": {"token": "t'"$(wc -l < "$0.calls")"'"}}'\n`,
        });
        const command = path.join(directory, "login.sh");
        fs.chmodSync(command, 0o755);
        const exec = {
            apiVersion: "client.authentication.k8s.io/v1",
            command,
            args: [],
            env: {},
            provideClusterInfo: false,
        };
        const other = createCluster({ server: new URL(cluster.server), insecure: false, credentials: { exec } });
        responses = [
            { status: 401, body: { message: "Unauthorized" } },
            { status: 200, body: {} },
        ];
        await other.get("/api");
        assert.deepEqual(
            requests.map(({ authorization }) => authorization),
            ["Bearer t1", "Bearer t2"],
        );
        responses = [{ status: 401, body: { message: "Unauthorized" } }];
        await assert.rejects(other.get("/api"), { status: 401 });
    });

    it("gives the time by its own clock", async () => {
        responses = [{ status: 200, body: {}, headers: { date: new Date(Date.now() + 3_600_000).toUTCString() } }];
        await cluster.get("/api");
        assert.ok(Math.abs(cluster.now() - Date.now() - 3_600_000) < 5000);
    });
});
