import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { Image, ImageArgs } from "../../src";
import { fullImageArgs, imageArgs, password } from "../support/arguments";
import { directoryWith } from "../support/directories";
import {
    type Properties,
    pushedDigest,
    Recording,
    run,
    RunOptions,
    Secret,
    secretPaths,
    unknownOutput,
    unknownPaths,
} from "../support/mocks";

function build(args: ImageArgs, options?: RunOptions): Promise<Recording> {
    return run(() => new Image("fraud", args), options);
}

function outputsOf(recording: Recording): { ref: unknown; tag: string } {
    return recording.resource("fraud").outputs as { ref: unknown; tag: string };
}

/** The arguments that the provider compares, none of which is a reason to build the same content again. */
const compared = [
    ...["addHosts", "buildArgs", "buildOnPreview", "builder", "cacheFrom", "cacheTo", "context", "dockerfile", "exec"],
    ...["exports", "ignoreSecretsInDiffCalculation", "labels", "load", "network", "noCache", "platforms", "pull"],
    ...["push", "registries", "secrets", "ssh", "tags", "target"],
];

const own = { parent: "", provider: "", dependsOn: [], propertiesFrom: [], options: {} };

describe("an Image", () => {
    it("creates one build from the required arguments", async () => {
        const args = imageArgs();
        const recording = await build(args);
        const { tag } = outputsOf(recording);
        assert.match(tag, /^[0-9a-f]{16}$/);
        const { inputs, ...child } = recording.resource("fraud-image");
        const { location } = inputs.context as { location: string };
        assert.match(location, /[/]\.kubernetes-mlops[/]images[/][0-9a-f]{16}[/]context$/);
        assert.deepEqual(recording.resource("fraud"), {
            ...own,
            type: "kubernetes-mlops:index:Image",
            name: "fraud",
            inputs: {},
            outputs: { ref: `registry.example/fraud@${pushedDigest}`, tag },
        });
        assert.equal(recording.resources.length, 2);
        assert.deepEqual(child, {
            ...own,
            type: "docker-build:index:Image",
            name: "fraud-image",
            parent: "fraud",
            options: { additionalSecretOutputs: ["secrets"], retainOnDelete: true },
        });
        const tags = inputs.tags as string[];
        assert.match(tags[1]!, new RegExp(`^registry.example/fraud:${tag}-[0-9a-f]{8}$`));
        assert.deepEqual(inputs, {
            tags: [`registry.example/fraud:${tag}`, tags[1]],
            push: true,
            buildOnPreview: false,
            context: { location },
            dockerfile: { location: path.join(path.dirname(location), "Dockerfile") },
            buildArgs: {},
            platforms: ["linux/amd64"],
            network: "default",
        });
    });

    it("passes all arguments to the provider", async () => {
        const args = fullImageArgs();
        const { inputs } = (await build(args)).resource("fraud-image");
        const others = ["tags", "push", "buildOnPreview", "context", "dockerfile"];
        assert.deepEqual(Object.fromEntries(Object.entries(inputs).filter(([name]) => !others.includes(name))), {
            buildArgs: { REVISION: "1" },
            cacheFrom: [{ registry: { ref: "registry.example/fraud:cache" } }],
            cacheTo: [
                {
                    registry: {
                        ref: "registry.example/fraud:cache",
                        mode: "max",
                        imageManifest: true,
                        ociMediaTypes: true,
                    },
                },
            ],
            network: "host",
            platforms: ["linux/amd64", "linux/arm64"],
            registries: [{ address: "registry.example", username: "ci", password: new Secret(password) }],
            secrets: new Secret({ token: password }),
            target: "run",
        });
    });

    it("builds a Python program with the package's Dockerfile", async () => {
        const context = directoryWith({ "requirements.txt": "", "app.py": "" });
        const python = { version: "3.13", entrypoint: ["python", "app.py"] };
        const { inputs } = (await build({ ...imageArgs(), context, python })).resource("fraud-image");
        assert.equal(
            fs.readFileSync((inputs.dockerfile as { location: string }).location, "utf8"),
            fs.readFileSync(path.join(__dirname, "..", "..", "dockerfiles", "python.Dockerfile"), "utf8"),
        );
        assert.match(
            (inputs.buildArgs as Record<string, string>).BASE_IMAGE!,
            /^docker\.io\/library\/python:3\.13\.15-slim-bookworm@sha256:/,
        );
    });

    it("has the secrets of a Python program in one that its Dockerfile mounts", async () => {
        const context = directoryWith({ "requirements.txt": "" });
        const secrets = { PIP_INDEX_URL: pulumi.secret(`https://ci:${password}@pypi.example`), PIP_PROXY: "it's" };
        const recording = await build({ ...imageArgs(), context, python: {}, secrets });
        assert.deepEqual(
            recording.resource("fraud-image").inputs.secrets,
            new Secret({
                environment: `export PIP_INDEX_URL='https://ci:${password}@pypi.example'\nexport PIP_PROXY='it'\\''s'\n`,
            }),
        );
        const { tag } = outputsOf(await build({ ...imageArgs(), context, python: {} }));
        assert.equal(outputsOf(recording).tag, tag);
    });

    it("is the same image with Outputs as arguments", async () => {
        const args = imageArgs();
        const outputs = {
            repository: pulumi.output(args.repository),
            context: Promise.resolve(args.context as string),
        };
        assert.deepEqual(
            (await build(outputs)).resource("fraud-image").inputs,
            (await build(args)).resource("fraud-image").inputs,
        );
    });

    it("has a new tag only when its content changes", async () => {
        const args = imageArgs();
        const { tag } = outputsOf(await build(args));
        assert.equal(outputsOf(await build(args)).tag, tag);
        fs.writeFileSync(path.join(args.context as string, "train.py"), "");
        assert.notEqual(outputsOf(await build(args)).tag, tag);
    });
});

describe("the registry of an Image", () => {
    const servers: [repository: string, server: string][] = [
        ["ghcr.io/acme/fraud", "ghcr.io"],
        ["localhost:5001/fraud", "localhost:5001"],
        ["docker.io/acme/fraud", "docker.io"],
    ];
    for (const [repository, server] of servers) {
        it(`defaults to the registry of the repository: ${repository}`, async () => {
            const registry = { username: "ci", password };
            for (const given of [repository, pulumi.output(repository)]) {
                const { inputs } = (await build({ ...imageArgs(), repository: given, registry })).resource(
                    "fraud-image",
                );
                assert.equal((inputs.registries as { address: string }[])[0]!.address, server);
            }
        });
    }

    for (const [what, given] of [
        ["a plain value", password],
        ["a secret", pulumi.secret(password)],
    ] as const) {
        it(`keeps its password secret if it is passed as ${what}`, async () => {
            const registry = { username: "ci", password: given };
            const { inputs } = (await build({ ...imageArgs(), registry })).resource("fraud-image");
            assert.deepEqual(secretPaths(inputs), ["registries[0].password"]);
        });
    }
});

describe("an Image in a registry", () => {
    const urn = "urn:pulumi:stack::project::kubernetes-mlops:index:Image$docker-build:index:Image::fraud-image";
    const other = `sha256:${"e".repeat(64)}`;
    /** The tags that the registry has, with their digests. */
    let has: Record<string, string>;
    let asked: string[];
    let repository: string;
    /** The header with which the registry lets a client look, if it asks for one, and the last that it has received. */
    let authorization: { expected?: string; received?: string };
    const server = createServer((request, response) => {
        authorization.received = request.headers.authorization;
        if (authorization.expected !== undefined && authorization.received === undefined && request.url !== "/v2/") {
            response.writeHead(401, { "WWW-Authenticate": authorization.expected }).end();
            return;
        }
        const tag = /^\/v2\/fraud\/manifests\/(.+)$/.exec(request.url!)?.[1];
        if (tag !== undefined) {
            asked.push(tag);
        }
        const digest = has[tag ?? ""];
        response.writeHead(tag === undefined || digest ? 200 : 404, digest ? { "Docker-Content-Digest": digest } : {});
        response.end();
    });
    before(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        repository = `127.0.0.1:${(server.address() as AddressInfo).port}/fraud`;
    });
    after(() => void server.close());
    beforeEach(() => {
        has = {};
        asked = [];
        authorization = {};
    });
    const args = (): ImageArgs => ({ ...imageArgs(), repository });
    const resources = (recording: Recording) => recording.resources.map(({ name }) => name);
    const optionsOf = (recording: Recording) => recording.resource("fraud-image").options.ignoreChanges;
    /** The state after an update with these arguments. */
    const stateOf = async (given: ImageArgs): Promise<Record<string, Properties>> => {
        const { inputs } = (await build(given)).resource("fraud-image");
        return { [urn]: { ...inputs, digest: pushedDigest } };
    };

    it("is built if neither the state nor the registry has it", async () => {
        const recording = await build(args(), { state: {} });
        assert.deepEqual(resources(recording), ["fraud", "fraud-image"]);
        assert.equal(optionsOf(recording), undefined);
        const { tag } = outputsOf(recording);
        assert.deepEqual(
            asked.map((one) => one.slice(0, tag.length)),
            [tag, tag],
        );
    });

    it("is registered without a change, and without asking, if the state has it", async () => {
        const state = await stateOf(args());
        asked = [];
        const changed = {
            ...args(),
            secrets: { token: "other" },
            network: "host",
            registry: { username: "b", password },
        };
        for (const preview of [true, false]) {
            assert.deepEqual(optionsOf(await build(changed, { state, preview })), compared);
        }
        assert.deepEqual(asked, []);
    });

    it("takes the digest that another stack has pushed, and registers nothing", async () => {
        const { tag } = outputsOf(await build(args()));
        has = { [tag]: other };
        for (const preview of [true, false]) {
            const recording = await build(args(), { state: {}, preview });
            assert.deepEqual(resources(recording), ["fraud"]);
            assert.deepEqual(recording.resource("fraud").outputs, { ref: `${repository}@${other}`, tag });
        }
    });

    it("takes the digest of its own tag rather than that of another stack", async () => {
        const { tags } = (await build(args())).resource("fraud-image").inputs as { tags: string[] };
        const [shared, mine] = tags.map((tag) => tag.slice(repository.length + 1));
        has = { [shared!]: other, [mine!]: pushedDigest };
        assert.equal(outputsOf(await build(args(), { state: {} })).ref, `${repository}@${pushedDigest}`);
    });

    it("takes the digest of an earlier content after a revert", async () => {
        const given = args();
        const { tag } = outputsOf(await build(given));
        const state = await stateOf({ ...given, buildArgs: { RELEASE: "2" } });
        has = { [tag]: other };
        assert.deepEqual(resources(await build(given, { state })), ["fraud"]);
    });

    it("is built if the state has it in another repository", async () => {
        const given = imageArgs();
        const recording = await build({ ...given, repository }, { state: await stateOf(given) });
        assert.equal(optionsOf(recording), undefined);
        assert.deepEqual(resources(recording), ["fraud", "fraud-image"]);
    });

    it("is built, with a warning, if the registry does not answer", async () => {
        const recording = await build({ ...imageArgs(), repository: "127.0.0.1:1/fraud" }, { state: {} });
        assert.deepEqual(resources(recording), ["fraud", "fraud-image"]);
    });

    it("is built, without asking, if the state cannot be read", async () => {
        assert.deepEqual(resources(await build(args())), ["fraud", "fraud-image"]);
        assert.deepEqual(asked, []);
    });

    it("is asked for with the given credentials", async () => {
        authorization = { expected: 'Basic realm="test"' };
        const registry = pulumi.secret({ username: "ci", password });
        const recording = await build({ ...args(), registry }, { state: {} });
        assert.equal(recording.resource("fraud").outputs!.ref, `${repository}@${pushedDigest}`);
        assert.equal(authorization.received, `Basic ${Buffer.from(`ci:${password}`).toString("base64")}`);
    });
});

describe("a copy of an Image", () => {
    const digest = `sha256:${"c".repeat(64)}`;
    const args = { repository: "registry.example/fraud", copyFrom: `ghcr.io/acme/fraud@${digest}` };

    it("creates an index with the image, and has its digest, which a preview knows", async () => {
        for (const preview of [true, false]) {
            const registry = { username: "ci", password };
            const recording = await run(
                () => {
                    const { ref } = new Image("fraud", { ...args, registry });
                    new pulumi.ComponentResource("test:index:User", "user", { ref });
                },
                { preview },
            );
            const tag = `copy-${"c".repeat(16)}`;
            assert.deepEqual(outputsOf(recording), { ref: `registry.example/fraud@${digest}`, tag });
            assert.deepEqual(recording.resource("fraud-copy"), {
                ...own,
                type: "docker-build:index:Index",
                name: "fraud-copy",
                parent: "fraud",
                inputs: {
                    push: true,
                    sources: [args.copyFrom],
                    tag: `registry.example/fraud:${tag}`,
                    registry: { address: "registry.example", username: "ci", password: new Secret(password) },
                },
                options: { retainOnDelete: true },
            });
            assert.equal(recording.resources.length, 3);
        }
    });

    it("comes before what uses it", async () => {
        const recording = await run(() => {
            const { ref } = new Image("fraud", args);
            new (class User extends pulumi.CustomResource {})("test:index:User", "user", { ref });
        });
        assert.deepEqual(recording.resource("user").dependsOn, ["fraud-copy"]);
    });
});

describe("the reference of an Image", () => {
    for (const digest of ["", "registry.example/fraud:1", "sha256:12"]) {
        it(`fails if the registry returns no digest: "${digest}"`, async () => {
            await assert.rejects(build(imageArgs(), { outputs: () => ({ digest }) }), {
                message:
                    `Image "fraud": the registry returned the digest "${digest}"; it must be sha256:…: ` +
                    "use a registry that implements the OCI distribution API",
            });
        });
    }
});

describe("a preview of an Image", () => {
    it("builds nothing, and shows the tag but not the digest", async () => {
        const args = fullImageArgs();
        const recording = await build(args, { preview: true });
        assert.deepEqual(unknownPaths(recording.resources), ["[0].outputs.ref"]);
        assert.equal(outputsOf(recording).tag, outputsOf(await build(args)).tag);
        assert.deepEqual(recording.resource("fraud-image").inputs.buildOnPreview, false);
    });

    const previews: [what: string, args: () => Partial<ImageArgs>, unknown: string[]][] = [
        ["an unknown repository", () => ({ repository: unknownOutput() }), ["inputs.tags[0]", "inputs.tags[1]"]],
        [
            "an unknown build argument",
            () => ({ buildArgs: { BASE: unknownOutput<string>() } }),
            [
                "inputs.buildArgs",
                "inputs.context.location",
                "inputs.dockerfile.location",
                "inputs.platforms",
                "inputs.tags[0]",
                "inputs.tags[1]",
                "inputs.target",
            ],
        ],
        [
            "an unknown password",
            () => ({ registry: { username: "ci", password: unknownOutput<string>() } }),
            ["inputs.registries[0].password"],
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows everything that does not depend on ${what}`, async () => {
            const recording = await build({ ...imageArgs(), ...args() }, { preview: true });
            assert.deepEqual(unknownPaths(recording.resource("fraud-image")), expected);
        });
    }
});
