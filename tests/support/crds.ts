/** CRDs of the add-ons' projects on the API server of the tests, without the controllers that belong to them. */
import * as path from "node:path";

import { kubectl } from "./kubectl";
import { crdByKind, missing, upstream } from "./upstream";

/** Why there are none, or nothing where there are. */
export const crdsMissing = missing;

/** Installs the CRDs of these kinds, each as `<group>/<Kind>`, unless they are there; gives the names of those made. */
export async function installCrds(kinds: string[]): Promise<string[]> {
    const files = kinds.map((kind) => {
        const found = crdByKind().get(kind);
        if (found === undefined) {
            throw new Error(`no add-on has a CRD of ${kind}`);
        }
        return path.join(upstream, found.file);
    });
    const present = (await kubectl("get", "crd", "--output=name")).split("\n");
    const nameOf = (file: string) => {
        const [group, plural] = path.basename(file, ".yaml").split("_");
        return `customresourcedefinition.apiextensions.k8s.io/${plural}.${group}`;
    };
    const wanted = [...new Set(files)].filter((file) => !present.includes(nameOf(file)));
    if (wanted.length === 0) {
        return [];
    }
    const names = wanted.map(nameOf);
    await kubectl("apply", "--server-side", "--force-conflicts", ...wanted.flatMap((file) => ["--filename", file]));
    // kubectl fails where it finds no conditions at all yet, so these are waited for first.
    await kubectl("wait", "--for=jsonpath={.status.conditions}", "--timeout=60s", ...names);
    await kubectl("wait", "--for=condition=Established", "--timeout=60s", ...names);
    return names;
}

/** Deletes them, with the objects of their kinds. */
export async function removeCrds(names: string[]): Promise<void> {
    if (names.length > 0) {
        await kubectl("delete", ...names);
    }
}
