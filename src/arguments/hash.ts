import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { isEventual, mapInputs, outputOf } from "./inputs";

/**
 * A name that ends in eight characters that stand for a content: the same for the same content, whatever the order of its
 * fields.
 *
 * Names end so where an object must exist beside its predecessor. Unlike a random suffix it is the same when an
 * interrupted update is run again, which then finds what the first had made instead of making it twice.
 */
export function hashedName(name: string, content: object): pulumi.Input<string> {
    const hashed = mapInputs(content, (known) => `${name}-${hashOf(known)}`);
    // Pulumi would hide a name that is derived from a secret. It tells who reads it no more than whether a guess is
    // right, as the names and checksums of Secrets do that Kustomize and charts derive from their content.
    return isEventual(hashed) ? pulumi.unsecret(outputOf(hashed)) : hashed;
}

/** As many hexadecimal digits of the hash of a content that is known. */
export function hashOf(content: unknown, length = 8): string {
    return createHash("sha256").update(canonical(content)).digest("hex").slice(0, length);
}

function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, field: unknown) =>
        field !== null && typeof field === "object" && !Array.isArray(field)
            ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
            : field,
    );
}
