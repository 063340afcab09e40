import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { pages, pagesFolder, argsInterface } from "../../docs/generate";
import { declarationsOf } from "../../docs/interfaces";
import { catalog } from "../../src/platform/addon-catalog";
import { addonNames } from "../../src/platform/catalog/names";
import { samples } from "../support/addon-arguments";

const declarations = declarationsOf(path.join(__dirname, "..", "..", "src"));

/** Returns the paths of all fields of an interface, including those of nested objects. */
function fieldsOf(name: string): { path: string; doc: string; field: string }[] {
    const declaration = declarations.get(name);
    if (declaration?.kind !== "interface") {
        return [];
    }
    return declaration.members.flatMap(({ name: field, doc, type }) => [
        { path: field, doc, field },
        ...fieldsOf(type.replace(/\[\]$/, "")).map((below) => ({ ...below, path: `${field}.${below.path}` })),
    ]);
}

/** Returns the paths of all fields in a value. */
function pathsIn(value: unknown): string[] {
    if (Array.isArray(value)) {
        return value.flatMap(pathsIn);
    }
    if (value === null || typeof value !== "object") {
        return [];
    }
    return Object.entries(value).flatMap(([key, below]) => [key, ...pathsIn(below).map((one) => `${key}.${one}`)]);
}

describe("the pages of the add-ons", () => {
    it("are what the generator writes; npx tsx docs/generate.ts updates them", async function () {
        this.timeout(60_000);
        const expected = await pages();
        const actual = Object.fromEntries(
            fs.readdirSync(pagesFolder).map((file) => [file, fs.readFileSync(path.join(pagesFolder, file), "utf8")]),
        );
        assert.deepEqual(actual, expected);
    });

    for (const name of addonNames.filter((one) => one in catalog)) {
        it(`${name}: every argument is described, has a rule and has a sample`, () => {
            const { name: args, doc, members } = argsInterface(name);
            assert.match(doc, /^The arguments of .+\./);
            assert.deepEqual(members.map((member) => member.name).sort(), Object.keys(catalog[name].fields).sort());
            const tried = Object.entries(samples[name] ?? {}).flatMap(([field, { right }]) =>
                right.flatMap((value) => [field, ...pathsIn(value).map((below) => `${field}.${below}`)]),
            );
            for (const field of fieldsOf(args)) {
                assert.ok(field.doc.length > 20 || /^[A-Z].+\.$/.test(field.doc), `${field.path} is not described`);
                assert.ok(tried.includes(field.path), `${field.path} is in no sample`);
            }
            for (const member of members.filter(({ optional }) => optional)) {
                assert.match(member.doc, /Defaults? to |default/i, `${member.name} does not say its default`);
            }
        });
    }
});
