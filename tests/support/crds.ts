/** CRDs of the add-ons' projects on the API server of the tests, without their controllers. */
import { applyManifests, kubectl } from "./kubectl";
import { crdByKind, crdsMissing, whyKindsMissing } from "./upstream";
import { crdText } from "./upstream-crds";

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
    // With --for=condition, kubectl fails while the object has no conditions at all.
    const established = '{.status.conditions[?(@.type=="Established")].status}=True';
    await kubectl("wait", `--for=jsonpath=${established}`, "--timeout=60s", ...names);
    return names;
}

/** Deletes them, with the objects of their kinds. */
export async function removeCrds(names: string[]): Promise<void> {
    if (names.length > 0) {
        await kubectl("delete", ...names);
    }
}
