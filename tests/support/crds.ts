/** CRDs of the add-ons' projects on the API server of the tests, without their controllers. */
import { strict as assert } from "node:assert";

import { eventually } from "./eventually";
import { applyManifests, getObjects, kubectl } from "./kubectl";
import { crdByKind, crdsMissing, whyKindsMissing } from "./upstream";
import { crdText } from "./upstream-crds";

interface Crd {
    metadata: { name: string };
    status?: { conditions?: { type: string; status: string }[] };
}

const isEstablished = ({ status }: Crd): boolean =>
    (status?.conditions ?? []).some(({ type, status: value }) => type === "Established" && value === "True");

/** Why these kinds, each as `<group>/<Kind>`, are not available; undefined where they are. */
export const whyCrdsMissing = (kinds: string[]): string | undefined => whyKindsMissing(crdsMissing(kinds));

/**
 * Installs the CRDs of these kinds, each as `<group>/<Kind>`, unless they exist; returns the names of those installed.
 */
export async function installCrds(kinds: string[]): Promise<string[]> {
    const crds = kinds.map((kind) => {
        const found = crdByKind().get(kind);
        if (found === undefined) {
            throw new Error(`no add-on has a CRD of ${kind}`);
        }
        return found;
    });
    const present = (await kubectl("get", "crd", "--output=name")).split("\n");
    const nameOf = ({ name }: { name: string }) => `customresourcedefinition.apiextensions.k8s.io/${name}`;
    const wanted = [...new Set(crds)].filter((crd) => !present.includes(nameOf(crd)));
    if (wanted.length === 0) {
        return [];
    }
    const names = wanted.map(nameOf);
    await applyManifests(wanted.map(crdText).join("\n---\n"));
    // Not with `kubectl wait`, which fails while an object has no conditions at all.
    await eventually(async () => {
        const { items } = await getObjects<{ items: Crd[] }>("crd");
        const established = items.filter(isEstablished).map(({ metadata }) => metadata.name);
        assert.deepEqual(
            wanted.map(({ name }) => name).filter((name) => !established.includes(name)),
            [],
        );
    }, 60);
    return names;
}

/** Deletes them, with the objects of their kinds. */
export async function removeCrds(names: string[]): Promise<void> {
    if (names.length > 0) {
        await kubectl("delete", ...names);
    }
}
