/** The small pure functions that build manifests. */
import * as assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../src/arguments/duration";
import { hashedName, hashOf } from "../../src/arguments/hash";
import { mapInput, mapInputs } from "../../src/arguments/inputs";
import { labelsOf, objectMeta } from "../../src/pod/metadata";
import { claimUri, buildModelVolume, buildOutputVolume } from "../../src/pod/model-volume";
import { run } from "../support/mocks";

/** Returns the value of an Output. */
function valueOf<T>(input: pulumi.Input<T>): Promise<unknown> {
    return new Promise((resolve) => pulumi.output(input).apply(resolve));
}

describe("a duration", () => {
    const durations: Record<string, number> = {
        "1s": 1,
        "90m": 5400,
        "6h": 21600,
        "2d": 172800,
        "1h30m": 5400,
        "1d2h3m4s": 93784,
        "007s": 7,
    };
    for (const [length, expected] of Object.entries(durations)) {
        it(`${length} is ${expected} seconds`, () => assert.equal(seconds(length), expected));
    }
});

describe("the hash of a value", () => {
    it("is eight hexadecimal digits, or another number of them", () => {
        assert.match(hashOf({ a: 1 }), /^[0-9a-f]{8}$/);
        assert.match(hashOf({ a: 1 }, 12), /^[0-9a-f]{12}$/);
    });

    const same: [a: unknown, b: unknown][] = [
        [
            { a: 1, b: { c: 2, d: 3 } },
            { b: { d: 3, c: 2 }, a: 1 },
        ],
        [{ a: 1, b: undefined }, { a: 1 }],
        [[{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
    ];
    for (const [a, b] of same) {
        it(`is the same for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => assert.equal(hashOf(a), hashOf(b)));
    }

    const different: [a: unknown, b: unknown][] = [
        [{ a: 1 }, { a: "1" }],
        [{ a: 1 }, { a: null }],
        [{ a: [] }, { a: {} }],
        [
            ["a", "b"],
            ["b", "a"],
        ],
        [["ab"], ["a", "b"]],
    ];
    for (const [a, b] of different) {
        it(`differs for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => assert.notEqual(hashOf(a), hashOf(b)));
    }

    it("is the same for plain values, Outputs and secrets, and is no secret itself", async () => {
        const hashed = pulumi.output(hashedName("a", { a: pulumi.secret("1"), b: { c: pulumi.output(2) } }));
        assert.equal(await valueOf(hashed), `a-${hashOf({ a: "1", b: { c: 2 } })}`);
        assert.equal(await pulumi.isSecret(hashed), false);
    });
});

describe("a function of an object with Outputs", () => {
    it("receives their values, also from lists and instances of classes", async () => {
        class Settings {
            constructor(readonly level: pulumi.Input<string>) {}
        }
        const values = { plain: 1, list: [pulumi.output(2)], settings: new Settings(pulumi.output("debug")) };
        assert.deepEqual(await valueOf(pulumi.output(mapInputs(values, (known) => known))), {
            plain: 1,
            list: [2],
            settings: { level: "debug" },
        });
    });
});

describe("a function of an Input", () => {
    it("returns a plain value for a plain value", () => {
        assert.equal(
            mapInput(2, (n) => n + 1),
            3,
        );
    });

    for (const [what, input] of [
        ["an Output", pulumi.output(2)],
        ["a promise", Promise.resolve(2)],
    ] as const) {
        it(`returns an Output for ${what}`, async () => {
            const result = mapInput(input, (n) => n + 1);
            assert.ok(pulumi.Output.isInstance(result));
            assert.equal(await valueOf(result), 3);
        });
    }
});

describe("the metadata of an object", () => {
    it("names the stack as the field manager, so that an update that was killed can be run again", async () => {
        await run(() => {
            assert.deepEqual(objectMeta("fraud", "ml", labelsOf("fraud", "training"), { note: "1" }), {
                name: "fraud",
                namespace: "ml",
                labels: {
                    "app.kubernetes.io/name": "fraud",
                    "app.kubernetes.io/component": "training",
                    "app.kubernetes.io/managed-by": "pulumi",
                },
                annotations: { "pulumi.com/patchFieldManager": "pulumi/project/stack", note: "1" },
            });
        });
    });
});

describe("the URI of a model", () => {
    it("consists of a claim and a directory", () => {
        assert.equal(claimUri("models", "fraud-1"), "pvc://models/fraud-1");
    });

    it("is the directory to which a run writes", () => {
        assert.deepEqual(buildOutputVolume("models", "fraud-1"), {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: "models" } }],
            mounts: [{ name: "model", mountPath: "/model", subPathExpr: "fraud-1" }],
        });
    });

    const uris: [uri: string, claimName: string | undefined, subPath?: string][] = [
        ["pvc://models", "models"],
        ["pvc://models/fraud-1", "models", "fraud-1"],
        ["pvc://models.a-1/fraud/1/best", "models.a-1", "fraud/1/best"],
        ["s3://models/fraud-1", undefined],
        ["https://hub.example/pvc://a/b", undefined],
    ];
    for (const [uri, claimName, subPath] of uris) {
        it(`${uri} is ${claimName ? "mounted read-only" : "for the program to download"}`, () => {
            assert.deepEqual(
                buildModelVolume(uri),
                claimName
                    ? {
                          volumes: [{ name: "model", persistentVolumeClaim: { claimName, readOnly: true } }],
                          mounts: [{ name: "model", mountPath: "/model", subPath, readOnly: true }],
                      }
                    : { volumes: [{ name: "model", emptyDir: {} }], mounts: [{ name: "model", mountPath: "/model" }] },
            );
        });
    }
});

describe("the volume of a model", () => {
    const uri = `oci://registry.example/models/fraud@sha256:${"c".repeat(64)}`;

    it("is a read-only image for a model in a registry, even with a cache", () => {
        const reference = uri.slice("oci://".length);
        const expected = {
            volumes: [{ name: "model", image: { reference, pullPolicy: "IfNotPresent" } }],
            mounts: [{ name: "model", mountPath: "/model", readOnly: true }],
        };
        assert.deepEqual(buildModelVolume(uri), expected);
        assert.deepEqual(buildModelVolume(uri, "cache"), expected);
    });

    it("is a directory of the cache, if there is one, for a model to download", () => {
        assert.deepEqual(buildModelVolume("s3://models/fraud-1", "cache"), {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: "cache" } }],
            mounts: [{ name: "model", mountPath: "/model", subPath: hashOf("s3://models/fraud-1") }],
        });
        assert.notEqual(hashOf("s3://models/fraud-1"), hashOf("s3://models/fraud-2"));
    });
});
