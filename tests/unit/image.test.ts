import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { Image, ImageArgs } from "../../src";
import { fullImageArgs, imageArgs, password } from "../support/arguments";
import { directoryWith } from "../support/directories";
import {
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

describe("an Image", () => {
    it("creates one image of the docker provider from the required arguments", async () => {
        const args = imageArgs();
        const recording = await build(args);
        const { tag } = outputsOf(recording);
        assert.match(tag, /^[0-9a-f]{12}$/);
        const own = { parent: "", provider: "", dependsOn: [], propertiesFrom: [], options: {} };
        assert.deepEqual(recording.resources, [
            {
                ...own,
                type: "kubernetes-mlops:index:Image",
                name: "fraud",
                inputs: {},
                outputs: { ref: `registry.example/fraud@${pushedDigest}`, tag },
            },
            {
                ...own,
                type: "docker:index/image:Image",
                name: "fraud-image",
                parent: "fraud",
                inputs: {
                    imageName: `registry.example/fraud:${tag}`,
                    build: {
                        context: args.context,
                        dockerfile: path.join(args.context as string, "Dockerfile"),
                        args: {},
                        platform: "linux/amd64",
                    },
                    buildOnPreview: false,
                    skipPush: false,
                },
            },
        ]);
    });

    it("passes all arguments to the docker provider", async () => {
        const args = fullImageArgs();
        const { inputs } = (await build(args)).resource("fraud-image");
        assert.deepEqual(inputs.build, {
            context: args.context,
            dockerfile: path.join(args.context as string, "Dockerfile"),
            args: { REVISION: "1" },
            target: "run",
            platform: "linux/arm64",
            network: "host",
        });
        assert.deepEqual(inputs.registry, {
            server: "registry.example",
            username: "ci",
            password: new Secret(password),
        });
    });

    it("builds a Python program with the package's Dockerfile", async () => {
        const context = directoryWith({ "requirements.txt": "", "app.py": "" });
        const python = { version: "3.13", entrypoint: ["python", "app.py"] };
        const { inputs } = (await build({ ...imageArgs(), context, python })).resource("fraud-image");
        assert.deepEqual(inputs.build, {
            context,
            dockerfile: path.join("dockerfiles", "python.Dockerfile"),
            args: {
                BASE_IMAGE:
                    "docker.io/library/python:3.13.15-slim-bookworm@sha256:ed86c82274b3c69b52fb5820f358f0bd7df0b603332063cb5c6e32bd220c3e6e",
                REQUIREMENTS: "requirements.txt",
                ENTRYPOINT: '["python","app.py"]',
            },
            platform: "linux/amd64",
        });
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
                assert.equal((inputs.registry as { server: string }).server, server);
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
            assert.deepEqual(secretPaths(inputs), ["registry.password"]);
        });
    }
});

describe("the reference of an Image", () => {
    const digest = `sha256:${"1".repeat(64)}`;

    function pushedAs(repoDigest: string): Promise<Recording> {
        return build(imageArgs(), { outputs: () => ({ repoDigest }) });
    }

    for (const repoDigest of [
        `registry.example/fraud@${digest}`,
        `mirror.example/other@${digest}`,
        `fraud@${digest}`,
    ]) {
        it(`is the repository with the digest of ${repoDigest}`, async () => {
            assert.equal(outputsOf(await pushedAs(repoDigest)).ref, `registry.example/fraud@${digest}`);
        });
    }

    for (const repoDigest of ["", digest, "registry.example/fraud:1", "registry.example/fraud@sha256:12"]) {
        it(`fails if the registry returns no digest: "${repoDigest}"`, async () => {
            await assert.rejects(pushedAs(repoDigest), {
                message:
                    `Image "fraud": the registry returned the digest "${repoDigest}"; it must end with @sha256:…: ` +
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
        ["an unknown repository", () => ({ repository: unknownOutput() }), ["inputs.imageName"]],
        [
            "an unknown build argument",
            () => ({ buildArgs: { BASE: unknownOutput<string>() } }),
            ["inputs.build", "inputs.imageName"],
        ],
        [
            "an unknown password",
            () => ({ registry: { username: "ci", password: unknownOutput<string>() } }),
            ["inputs.registry.password"],
        ],
    ];
    for (const [what, args, expected] of previews) {
        it(`shows everything that does not depend on ${what}`, async () => {
            const recording = await build({ ...imageArgs(), ...args() }, { preview: true });
            assert.deepEqual(unknownPaths(recording.resource("fraud-image")), expected);
        });
    }
});
