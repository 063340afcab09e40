/**
 * Runs programs under Pulumi's mocks, as a preview, one after the other, and prints what each has registered as JSON.
 *
 * node program-runner.mjs '[{ "file": …, "directory": …, "config": … }, …]'
 *
 * A file that Node treats as an ES module is imported, others are required, as Pulumi does it.
 */
import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

import * as pulumi from "@pulumi/pulumi";

const require = createRequire(import.meta.url);
const results = [];
for (const { file, directory, config, isModule } of JSON.parse(process.argv[2])) {
    const resources = [];
    process.chdir(directory);
    pulumi.runtime.setAllConfig(config);
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => {
                resources.push(`${type} ${name}`);
                return { id: `${name}-id`, state: inputs };
            },
            call: ({ token }) => {
                throw new Error(`the program called ${token}`);
            },
        },
        "project",
        "stack",
        true,
    );
    const exported = isModule ? await import(pathToFileURL(file).href) : require(file);
    await pulumi.runtime.disconnect();
    results.push({ resources: resources.sort(), outputs: Object.keys(exported).sort() });
}
process.stdout.write(JSON.stringify(results));
