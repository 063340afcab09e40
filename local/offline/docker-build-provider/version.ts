import { readFileSync } from "node:fs";

/** The version of the `@pulumi/docker-build` package that programs use: the plugin's version is always the same. */
export function sdkVersion(): string {
    const file = require.resolve("@pulumi/docker-build/package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
