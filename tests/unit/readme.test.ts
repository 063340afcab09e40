import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import { pages, read } from "../support/documents";
import { exampleNames } from "../support/examples";

const root = path.join(__dirname, "..", "..");

describe("the documents", () => {
    it("show exactly the program that the quickstart deploys", () => {
        const [, program] = /```ts\n(.*?)```/s.exec(read("README.md")) ?? [];
        assert.equal(program, read("examples/quickstart/index.ts"));
    });

    for (const example of exampleNames.filter((name) => name !== "quickstart")) {
        it(`show the program ${example}, which a test deploys, unchanged`, () => {
            const [, program] = /```ts\n(.*?)```/s.exec(read(`docs/${example}.md`)) ?? [];
            assert.equal(program, read(`examples/${example}/index.ts`));
        });
    }

    for (const page of pages) {
        it(`${page} links to files that exist and names commands that exist`, () => {
            const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
            for (const [, link] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
                assert.ok(fs.existsSync(path.join(root, path.dirname(page), link!)), `${link} does not exist`);
            }
            for (const [, command] of read(page).matchAll(/npm run ([a-z:]+)/g)) {
                assert.ok(command! in scripts, `npm run ${command} does not exist`);
            }
        });
    }
});
