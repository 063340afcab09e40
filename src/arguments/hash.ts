import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { isEventual, mapInputs, outputOf } from "./inputs";

/**
 * Returns `<name>-<8 characters>`, where the characters are a hash of the content. The order of fields does not matter.
 *
 * For objects that must exist beside their predecessor. Unlike a random suffix, the hash is the same when an
 * interrupted update is run again, which then finds the object of the first attempt instead of creating another.
 */
export function hashedName(name: string, content: object): pulumi.Input<string> {
    const hashed = mapInputs(content, (known) => `${name}-${hashOf(known)}`);
    // Pulumi would hide a name that is derived from a secret. A hash reveals only whether a guess is right, as do the
    // names and checksums that Kustomize and charts derive from the content of Secrets.
    return isEventual(hashed) ? pulumi.unsecret(outputOf(hashed)) : hashed;
}

/** Returns the first hexadecimal digits of the hash of a known value. */
export function hashOf(content: unknown, length = 8): string {
    return createHash("sha256").update(canonical(content)).digest("hex").slice(0, length);
}

/**
 * Returns a value as JSON with sorted fields. This is not `mapDeep`, which does not walk into what it has replaced, and
 * so cannot sort the fields inside a sorted object.
 */
function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, field: unknown) =>
        field !== null && typeof field === "object" && !Array.isArray(field)
            ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
            : field,
    );
}
