import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import { storedCredentials } from "../../src/images/credentials";
import { findDigest } from "../../src/images/registry";
import { directoryWith } from "../support/directories";

const digest = `sha256:${"a".repeat(64)}`;
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

/** Sets environment variables for the tests of a suite. */
function withDockerConfig(files: Record<string, string>): void {
    const before = { ...process.env };
    beforeEach(() => {
        const directory = directoryWith(files);
        Object.keys(files)
            .filter((name) => name.startsWith("docker-credential-"))
            .forEach((name) => fs.chmodSync(path.join(directory, name), 0o755));
        process.env.DOCKER_CONFIG = directory;
        process.env.PATH = `${directory}${path.delimiter}${before.PATH}`;
    });
    afterEach(() => {
        process.env.PATH = before.PATH;
        delete process.env.DOCKER_CONFIG;
    });
}

describe("the digest of an image in a registry", () => {
    withDockerConfig({});
    let answer: (request: IncomingMessage, response: ServerResponse) => void;
    let requests: string[];
    const server = createServer((request, response) => {
        requests.push(`${request.method} ${request.url}`);
        if (request.url === "/v2/") {
            response.end();
        } else {
            answer(request, response);
        }
    });
    let host: string;
    before(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => void server.close());
    beforeEach(() => (requests = []));
    const find = (tags = ["1"], credentials = {}) => findDigest(`${host}/team/fraud`, tags, credentials);

    it("is that of the first tag that exists", async () => {
        answer = ({ url }, response) =>
            response.writeHead(url!.endsWith("/2") ? 200 : 404, { "Docker-Content-Digest": digest }).end();
        assert.equal(await find(["1", "2", "3"]), digest);
        assert.deepEqual(
            requests.filter((line) => !line.endsWith("/v2/")),
            ["HEAD /v2/team/fraud/manifests/1", "HEAD /v2/team/fraud/manifests/2"],
        );
    });

    it("is undefined if there is none", async () => {
        answer = (_, response) => response.writeHead(404).end();
        assert.equal(await find(), undefined);
    });

    it("is computed if the registry does not return it", async () => {
        answer = (_, response) => response.end("{}");
        assert.equal(await find(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    });

    it("is asked for with the types of all images", async () => {
        let accepted: string | undefined;
        answer = ({ headers }, response) => {
            accepted = headers.accept;
            response.writeHead(200, { "Docker-Content-Digest": digest }).end();
        };
        await find();
        assert.equal(accepted?.split(", ").length, 4);
    });

    it("is asked for with a token, if the registry demands one, for all tags", async () => {
        const tokens: (string | undefined)[] = [];
        answer = ({ url, headers }, response) => {
            if (url!.startsWith("/token?")) {
                tokens.push(`${url} ${headers.authorization}`);
                response.end(JSON.stringify({ token: "t" }));
            } else if (headers.authorization === "Bearer t") {
                response.writeHead(404).end();
            } else {
                const challenge = `Bearer realm="http://${host}/token",service="s",scope="repository:team/fraud:pull"`;
                response.writeHead(401, { "WWW-Authenticate": challenge }).end();
            }
        };
        assert.equal(await find(["1", "2"], { username: "me", password: "p:w" }), undefined);
        assert.deepEqual(tokens, [`/token?service=s&scope=repository%3Ateam%2Ffraud%3Apull ${basic("me:p:w")}`]);
        assert.equal(await find(["1"]), undefined);
        assert.match(tokens[1]!, / undefined$/);
    });

    it("is asked for with a token for an identity token", async () => {
        let body = "";
        answer = (request, response) => {
            if (request.url === "/token") {
                request.on("data", (part: Buffer) => (body += part.toString()));
                request.on("end", () => response.end(JSON.stringify({ access_token: "t" })));
            } else if (request.headers.authorization === "Bearer t") {
                response.writeHead(200, { "Docker-Content-Digest": digest }).end();
            } else {
                response
                    .writeHead(401, { "WWW-Authenticate": `Bearer realm="http://${host}/token",service="s"` })
                    .end();
            }
        };
        assert.equal(await find(["1"], { identityToken: "id" }), digest);
        assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
            service: "s",
            scope: "repository:team/fraud:pull",
            grant_type: "refresh_token",
            refresh_token: "id",
            client_id: "kubernetes-mlops",
        });
    });

    const failures: [status: number, challenge: string | undefined, message: RegExp][] = [
        [401, 'Basic realm="r"', /^127\.0\.0\.1:\d+ answers with status 401$/],
        [403, undefined, /^127\.0\.0\.1:\d+ answers with status 403$/],
        [500, undefined, /^127\.0\.0\.1:\d+ answers with status 500$/],
    ];
    for (const [status, challenge, message] of failures) {
        it(`cannot be found if the registry answers ${status}`, async () => {
            answer = (_, response) =>
                response.writeHead(status, challenge ? { "WWW-Authenticate": challenge } : {}).end();
            await assert.rejects(find(["1"], { username: "a", password: "b" }), { message });
        });
    }

    it("cannot be found if the registry does not answer", async () => {
        await assert.rejects(findDigest("localhost:9/fraud", ["1"], {}), {
            message: /^localhost:9 does not answer \(/,
        });
    });
});

describe("the credentials that docker login has stored", () => {
    const auth = Buffer.from("me:p:w").toString("base64");
    const helper = (name: string) =>
        `#!/bin/sh\nread server\n[ "$1" = get ] && [ "$server" != nowhere.io ] && echo "{\\"Username\\":\\"${name}\\",\\"Secret\\":\\"for $server\\"}"`;

    describe("without a helper", () => {
        withDockerConfig({
            "config.json": JSON.stringify({
                auths: {
                    "https://index.docker.io/v1/": { auth },
                    "ghcr.io": { auth },
                    "acr.io": { auth, identitytoken: "id" },
                    "empty.io": {},
                },
            }),
        });
        for (const [server, expected] of [
            ["docker.io", { username: "me", password: "p:w", identityToken: undefined }],
            ["ghcr.io", { username: "me", password: "p:w", identityToken: undefined }],
            ["acr.io", { username: "me", password: "p:w", identityToken: "id" }],
            ["empty.io", undefined],
            ["other.io", undefined],
        ] as const) {
            it(`are those for ${server}`, async () => assert.deepEqual(await storedCredentials(server), expected));
        }
    });

    describe("with helpers", () => {
        withDockerConfig({
            "config.json": JSON.stringify({
                auths: { "ghcr.io": {} },
                credsStore: "all",
                credHelpers: { "ecr.io": "token", "gone.io": "missing" },
            }),
            "docker-credential-all": helper("me"),
            "docker-credential-token": helper("<token>"),
        });
        for (const [server, expected] of [
            ["docker.io", { username: "me", password: "for https://index.docker.io/v1/" }],
            ["ghcr.io", { username: "me", password: "for ghcr.io" }],
            ["ecr.io", { identityToken: "for ecr.io" }],
            ["nowhere.io", undefined],
            ["gone.io", undefined],
        ] as const) {
            it(`are those for ${server}`, async () => assert.deepEqual(await storedCredentials(server), expected));
        }
    });

    describe("in no file", () => {
        withDockerConfig({});
        it("are none", async () => assert.equal(await storedCredentials("ghcr.io"), undefined));
    });
});
