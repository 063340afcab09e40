/** The small pure functions that manifests are made with. */
import * as assert from "node:assert/strict";
import { inspect } from "node:util";

import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../../src/arguments/duration";
import { hashedName, hashOf } from "../../src/arguments/hash";
import { mapInput } from "../../src/arguments/inputs";
import { labelsOf, objectMeta } from "../../src/pod/metadata";
import { claimUri, inputVolume, outputVolume } from "../../src/pod/model-volume";
import { patched } from "../../src/pod/patch";
import { run } from "../support/mocks";

/** What an Output comes to. */
function valueOf<T>(input: pulumi.Input<T>): Promise<unknown> {
    return new Promise((resolve) => pulumi.output(input).apply(resolve));
}

describe("a length of time", () => {
    const lengths: Record<string, number> = {
        "1s": 1,
        "90m": 5400,
        "6h": 21600,
        "2d": 172800,
        "1h30m": 5400,
        "1d2h3m4s": 93784,
        "007s": 7,
    };
    for (const [length, expected] of Object.entries(lengths)) {
        it(`${length} is ${expected} seconds`, () => assert.equal(seconds(length), expected));
    }
});

describe("the hash of a content", () => {
    it("is eight hexadecimal digits, or as many as are wanted", () => {
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
        it(`is another for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => assert.notEqual(hashOf(a), hashOf(b)));
    }

    it("is the same whether values are plain, Outputs or secrets, and is no secret itself", async () => {
        const hashed = pulumi.output(hashedName("a", { a: pulumi.secret("1"), b: { c: pulumi.output(2) } }));
        assert.equal(await valueOf(hashed), `a-${hashOf({ a: "1", b: { c: 2 } })}`);
        assert.equal(await pulumi.isSecret(hashed), false);
    });
});

describe("a function of an input", () => {
    it("gives a plain value for a plain one", () => {
        assert.equal(
            mapInput(2, (n) => n + 1),
            3,
        );
    });

    for (const [what, input] of [
        ["an Output", pulumi.output(2)],
        ["a promise", Promise.resolve(2)],
    ] as const) {
        it(`gives an Output for ${what}`, async () => {
            const result = mapInput(input, (n) => n + 1);
            assert.ok(pulumi.Output.isInstance(result));
            assert.equal(await valueOf(result), 3);
        });
    }
});

describe("the metadata of an object", () => {
    it("names the stack as its manager, so that an update which was killed can be run again", async () => {
        await run(() => {
            assert.deepEqual(objectMeta("fraud", "ml", labelsOf("fraud", "training"), { note: "1" }), {
                name: "fraud",
                namespace: "ml",
                labels: {
                    "app.kubernetes.io/name": "fraud",
                    "app.kubernetes.io/component": "training",
                    "app.kubernetes.io/managed-by": "pulumi",
                },
                annotations: { "pulumi.com/patchFieldManager": "pulumi-project-stack", note: "1" },
            });
        });
    });
});

describe("the address of a model", () => {
    it("names a claim and a directory in it", () => {
        assert.equal(claimUri("models", "fraud-1"), "pvc://models/fraud-1");
    });

    it("is where a run writes to, in a directory of its own", () => {
        assert.deepEqual(outputVolume("models", "fraud-1"), {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: "models" } }],
            mounts: [{ name: "model", mountPath: "/model", subPath: "fraud-1" }],
        });
    });

    const addresses: [uri: string, claimName: string | undefined, subPath?: string][] = [
        ["pvc://models/fraud-1", "models", "fraud-1"],
        ["pvc://models.a-1/fraud/1/best", "models.a-1", "fraud/1/best"],
        ["s3://models/fraud-1", undefined],
        ["https://hub.example/pvc://a/b", undefined],
    ];
    for (const [uri, claimName, subPath] of addresses) {
        it(`${uri} is ${claimName ? "mounted, only to be read" : "for the container to fetch"}`, () => {
            assert.deepEqual(
                inputVolume(uri),
                claimName
                    ? {
                          volumes: [{ name: "model", persistentVolumeClaim: { claimName } }],
                          mounts: [{ name: "model", mountPath: "/model", subPath, readOnly: true }],
                      }
                    : { volumes: [{ name: "model", emptyDir: {} }], mounts: [{ name: "model", mountPath: "/model" }] },
            );
        });
    }
});

describe("a model that is served", () => {
    const uri = `oci://registry.example/models/fraud@sha256:${"c".repeat(64)}`;

    it("is mounted as an image, only to be read, where a registry has it, also with a cache", () => {
        const reference = uri.slice("oci://".length);
        const expected = {
            volumes: [{ name: "model", image: { reference, pullPolicy: "IfNotPresent" } }],
            mounts: [{ name: "model", mountPath: "/model", readOnly: true }],
        };
        assert.deepEqual(inputVolume(uri), expected);
        assert.deepEqual(inputVolume(uri, "cache"), expected);
    });

    it("is fetched into a directory of its own in the cache where there is one", () => {
        assert.deepEqual(inputVolume("s3://models/fraud-1", "cache"), {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: "cache" } }],
            mounts: [{ name: "model", mountPath: "/model", subPath: hashOf("s3://models/fraud-1") }],
        });
        assert.notEqual(hashOf("s3://models/fraud-1"), hashOf("s3://models/fraud-2"));
    });
});

describe("a patch", () => {
    const patches: [what: string, base: unknown, patch: unknown, expected: unknown][] = [
        ["of nothing leaves all as it is", { a: 1 }, undefined, { a: 1 }],
        ["of no field leaves all as it is", { a: 1 }, {}, { a: 1 }],
        ["adds a field", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
        ["replaces a value", { a: 1, b: 2 }, { a: 3 }, { a: 3, b: 2 }],
        ["merges objects", { a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }, { a: { b: 1, c: 3, d: 4 } }],
        [
            "removes a field that it sets to null",
            { a: 1, b: { c: 2, d: 3 } },
            { a: null, b: { c: null } },
            { b: { d: 3 } },
        ],
        ["leaves a field as it is that it sets to undefined", { a: 1 }, { a: undefined }, { a: 1 }],
        ["replaces a list of texts", { a: ["x", "y"] }, { a: ["z"] }, { a: ["z"] }],
        [
            "replaces a list of things without names",
            { a: [{ key: "x" }] },
            { a: [{ key: "y" }] },
            { a: [{ key: "y" }] },
        ],
        ["replaces an object by a text", { a: { b: 1 } }, { a: "x" }, { a: "x" }],
        [
            "merges named things by name, whatever their order, and appends new ones",
            {
                a: [
                    { name: "x", one: 1 },
                    { name: "y", one: 1 },
                ],
            },
            { a: [{ name: "z" }, { name: "y", two: 2 }] },
            { a: [{ name: "x", one: 1 }, { name: "y", one: 1, two: 2 }, { name: "z" }] },
        ],
        ["fills a list that is empty", { a: [] }, { a: [{ name: "x" }] }, { a: [{ name: "x" }] }],
        [
            "merges into an Output",
            { a: pulumi.output([{ name: "x", one: 1 }]) },
            { a: [{ name: "x", two: 2 }] },
            { a: [{ name: "x", one: 1, two: 2 }] },
        ],
        [
            "merges an Output, which would else drop what it does not name",
            { a: [{ name: "x", one: 1 }], b: { c: 1 } },
            { a: pulumi.output([{ name: "x", two: 2 }]), b: pulumi.output({ d: 2 }) },
            { a: [{ name: "x", one: 1, two: 2 }], b: { c: 1, d: 2 } },
        ],
        ["replaces a value by an Output", { a: 1 }, { a: pulumi.output(2) }, { a: 2 }],
    ];
    for (const [what, base, patch, expected] of patches) {
        it(what, async () => {
            const before = inspect(base, { depth: 9 });
            assert.deepEqual(await valueOf(patched(base, patch)), expected);
            assert.equal(inspect(base, { depth: 9 }), before, "the base itself has changed");
        });
    }
});
