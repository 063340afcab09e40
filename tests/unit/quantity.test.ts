import { strict as assert } from "node:assert";

import { bytes, cpu } from "../../src/arguments/formats";
import { bytesOf, coresOf } from "../../src/arguments/quantity";
import type { Problems, Rule } from "../../src/arguments/rules";

/** What a rule finds wrong with a value. */
function problemsOf(rule: Rule, value: string): string[] {
    const found: string[] = [];
    const line = (path: string, problem: string) => `${path} ${problem}`;
    const problems: Problems = { line, add: (_path, problem) => void found.push(problem) };
    rule(value, "", problems);
    return found;
}

const amounts: [string, number][] = [
    ["128974848", 128974848],
    ["1k", 1e3],
    ["1M", 1e6],
    ["1G", 1e9],
    ["1T", 1e12],
    ["1P", 1e15],
    ["12E", 12e18],
    ["1Ki", 2 ** 10],
    ["1Mi", 2 ** 20],
    ["1Gi", 2 ** 30],
    ["1Ti", 2 ** 40],
    ["1Pi", 2 ** 50],
    ["1Ei", 2 ** 60],
    ["1e9", 1e9],
    ["1E3", 1e3],
    ["1e+3", 1e3],
    ["1500e-2", 15],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["1.Gi", 2 ** 30],
    [".5Gi", 2 ** 29],
];

describe("the bytes of a quantity", () => {
    for (const [quantity, expected] of amounts) {
        it(`${quantity} is ${expected}`, () => {
            assert.deepEqual(problemsOf(bytes, quantity), []);
            assert.equal(bytesOf(quantity), expected);
        });
    }

    it("have a number for every suffix and exponent that the rule lets through", () => {
        const characters = ["", "k", "K", "m", "M", "G", "T", "P", "E", "e", "e3", "E3", "E+3", "e-3"];
        const passed = ["1", "1.", "1.5", ".5"]
            .flatMap((number) => characters.flatMap((one) => [number + one, `${number}${one}i`]))
            .filter((quantity) => problemsOf(bytes, quantity).length === 0);
        assert.equal(passed.length, 4 * (1 + 1 + 1 + 5 + 5 + 4));
        for (const quantity of passed) {
            assert.ok(bytesOf(quantity) > 0, quantity);
        }
    });
});

describe("the cores of a quantity", () => {
    for (const [quantity, expected] of [
        ["2", 2],
        ["0.5", 0.5],
        ["500m", 0.5],
        ["2500m", 2.5],
    ] as const) {
        it(`${quantity} is ${expected}`, () => {
            assert.deepEqual(problemsOf(cpu, quantity), []);
            assert.equal(coresOf(quantity), expected);
        });
    }
});
