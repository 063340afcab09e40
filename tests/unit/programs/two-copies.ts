/** A unit test of a user whose `@pulumi/pulumi` is another copy than that of this package. Prints what is registered. */
import * as pulumi from "@pulumi/pulumi";

import type * as package_ from "../../../src";

async function main(): Promise<void> {
    const names: string[] = [];
    await pulumi.runtime.setMocks({
        newResource: ({ name, inputs }: pulumi.runtime.MockResourceArgs) => {
            names.push(name);
            return { id: name, state: inputs as object };
        },
        call: () => ({}),
    });
    for (const file of Object.keys(require.cache).filter((one) => one.includes("/@pulumi/pulumi/"))) {
        delete require.cache[file];
    }
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it must come after the first copy.
    const mlops = require("../../../src") as typeof package_;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- likewise.
    const other = require("@pulumi/pulumi") as typeof pulumi;
    if (other.Output === pulumi.Output) {
        throw new Error("there is but one copy");
    }
    const addon = new mlops.Addon("widgets", { charts: [{ chart: "./widgets" }], namespace: "widgets" });
    const namespace = await new Promise((resolve) => addon.namespace.apply(resolve));
    console.log(JSON.stringify({ names: names.sort(), namespace }));
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
