import * as pulumi from "@pulumi/pulumi";

import { isEventual } from "../arguments/inputs";
import { isMocked } from "../arguments/monitor";
import type { ObjectMetadata } from "../cluster/client";
import { clusterOf, isCluster } from "../cluster/cluster";

/**
 * Returns the name of an object that must exist beside its predecessor: the hashed name, or, if an object of that name is
 * left from before the present one, `<hashed name>-2` and so on.
 *
 * An update that fails does not delete the predecessors of what it has replaced; the next one does. If that one returns
 * to the content of a predecessor, an object of the same name would be taken over, and then deleted.
 *
 * @param name - The hashed name.
 * @param base - What the names of all objects of this purpose begin with, before the hash.
 * @param resource - API group, version and resource, such as "api/v1/secrets".
 */
export function successorName(
    name: pulumi.Input<string>,
    base: string,
    { resource, namespace, parent }: { resource: string; namespace: pulumi.Input<string>; parent: pulumi.Resource },
): pulumi.Input<string> {
    if (isMocked()) {
        return name;
    }
    const cluster = clusterOf(parent.getProvider("kubernetes:core/v1:Secret"));
    const found = pulumi.all([name, namespace, cluster]).apply(async ([hashed, space, known]) => {
        if (!isCluster(known)) {
            return hashed;
        }
        const [, group, plural] = /^(.+)\/([^/]+)$/.exec(resource)!;
        try {
            return chooseName(hashed, base, await known.listMetadata(`/${group}/namespaces/${space}/${plural}`));
        } catch {
            // Listing may be forbidden to the one who runs the update.
            return hashed;
        }
    });
    return isEventual(name) ? found : pulumi.unsecret(found);
}

/** Returns the first of these names that is the present one or is not taken. */
export function chooseName(hashed: string, base: string, existing: ObjectMetadata[]): string {
    const own = existing
        .filter(({ name }) => name.startsWith(`${base}-`) && /^[0-9a-f]{8}(-\d+)?$/.test(name.slice(base.length + 1)))
        .sort((one, other) => Date.parse(one.creationTimestamp) - Date.parse(other.creationTimestamp));
    const isSame = (name: string) => name === hashed || name.replace(/-\d+$/, "") === hashed;
    const present = own.at(-1)?.name;
    if (present !== undefined && isSame(present)) {
        return present;
    }
    const numbers = own.map(({ name }) => name).filter(isSame);
    const last = Math.max(0, ...numbers.map((name) => Number(/^-(\d+)$/.exec(name.slice(hashed.length))?.[1] ?? 1)));
    return last === 0 ? hashed : `${hashed}-${last + 1}`;
}
