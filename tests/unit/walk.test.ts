import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";

import { mapDeep, type Path } from "../../src/arguments/walk";

describe("mapDeep", () => {
    it("visits every value with its path, outermost first", () => {
        const paths: Path[] = [];
        mapDeep({ a: [{ b: 1 }], c: null }, (value, path) => {
            paths.push(path);
            return value;
        });
        assert.deepEqual(paths, [[], ["a"], ["a", 0], ["a", 0, "b"], ["c"]]);
    });

    it("returns a copy, and does not change the value", () => {
        const value = { a: [1, { b: 2 }], c: undefined };
        const copy = mapDeep(value, (one) => (typeof one === "number" ? one + 1 : one));
        assert.deepEqual(copy, { a: [2, { b: 3 }], c: undefined });
        assert.deepEqual(value, { a: [1, { b: 2 }], c: undefined });
    });

    it("does not walk into what it has replaced", () => {
        const wrapped = mapDeep({ a: 1 }, (value, path) => (path.length === 1 ? { a: value } : value));
        assert.deepEqual(wrapped, { a: { a: 1 } });
    });

    it("passes the parent of a value", () => {
        const parents: unknown[] = [];
        mapDeep({ a: { b: 1 } }, (value, _path, parent) => {
            parents.push(parent);
            return value;
        });
        assert.deepEqual(parents, [undefined, { a: { b: 1 } }, { b: 1 }]);
    });

    it("treats Outputs and class instances as leaves", () => {
        const output = pulumi.output(1);
        const date = new Date(0);
        const copy = mapDeep({ output, date }, (value) => value) as Record<string, unknown>;
        assert.equal(copy.output, output);
        assert.equal(copy.date, date);
    });
});
