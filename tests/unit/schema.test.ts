/** The schema with which programs in other languages see the package. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { getPulumiComponents } from "@pulumi/pulumi/provider/experimental/provider";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";
import * as prettier from "prettier";

import * as mlops from "../../src";
import { directoryWith } from "../support/directories";

const root = path.join(__dirname, "..", "..");
const snapshot = path.join(__dirname, "schema.json");

interface Manifest {
    name: string;
    version: string;
    description: string;
}

/** The schema that Pulumi makes of src, seen alone as it is in the published package. */
function schemaOf(manifest: Manifest): unknown {
    const tsconfig = { extends: path.join(root, "tsconfig.json"), include: [path.join(root, "src")] };
    const analyzer = new Analyzer(
        directoryWith({ "tsconfig.json": JSON.stringify(tsconfig) }),
        manifest.name,
        { main: path.join(root, "src", "index.ts") },
        new Set(getPulumiComponents(mlops).map(({ name }) => name)),
    );
    const { components, typeDefinitions, dependencies } = analyzer.analyze();
    const { name, version, description } = manifest;
    const schema = generateSchema(name, version, description, components, typeDefinitions, dependencies);
    return JSON.parse(JSON.stringify(schema)) as unknown;
}

describe("the schema of the package", () => {
    it("is the one in schema.json; UPDATE_SNAPSHOTS=1 updates it", async function () {
        this.timeout(60_000);
        const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;
        // A new version or a new description of the package is no new schema.
        const schema = schemaOf({ ...manifest, version: "0.0.0", description: "" });
        if (process.env.UPDATE_SNAPSHOTS) {
            const options = { ...(await prettier.resolveConfig(snapshot)), filepath: snapshot };
            fs.writeFileSync(snapshot, await prettier.format(JSON.stringify(schema), options));
        }
        assert.deepEqual(schema, JSON.parse(fs.readFileSync(snapshot, "utf8")));
    });
});
