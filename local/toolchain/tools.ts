import { readFileSync } from "node:fs";

import { parseVersion, type VersionRange } from "./versions";

export type ToolName = "pulumi" | "pulumi-language-nodejs" | "pulumi-resource-kubernetes" | "kubernetes" | "coredns";

/** The program that runs a stack's TypeScript program for the engine, which looks for it only beside the CLI. */
export const LANGUAGE_HOST = "pulumi-language-nodejs";

/** The version of an installed npm package. */
function npmVersion(name: string): string {
    return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string }).version;
}

/** Which installed Pulumi CLIs are accepted: from the version of the SDK on, below the next major version. */
export function acceptedPulumi(): VersionRange {
    const min = parseVersion(npmVersion("@pulumi/pulumi"))!;
    return { min, below: [min[0] + 1, 0, 0] };
}

/** Which installed versions of CoreDNS are accepted. */
export const ACCEPTED_COREDNS: VersionRange = { min: [1, 11, 0], below: [2, 0, 0] };
