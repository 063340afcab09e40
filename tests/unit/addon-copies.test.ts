import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";

describe("a unit test with two copies of @pulumi/pulumi", () => {
    it("registers an Addon under mocks", async function () {
        this.timeout(60_000);
        const program = path.join(__dirname, "programs", "two-copies.ts");
        const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program]);
        assert.deepEqual(JSON.parse(stdout), {
            names: ["widgets", "widgets:namespace", "widgets:record", "widgets:widgets"],
            namespace: "widgets",
        });
    });
});
