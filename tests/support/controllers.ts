import type { MirrorArgs } from "../../src";
import { type ControllerMirror, type ControllerName, ensureControllers } from "../controllers/support";
import { kubectl } from "./kubectl";
import { progressOnce } from "./progress";

/** Real controllers in the local registry. */
export const controllers = (names: ControllerName[]): Promise<ControllerMirror> =>
    ensureControllers(names, progressOnce());

/** The mirror of a closed network that contains them. */
export const mirrorOf = ({ ociCharts, images }: ControllerMirror): MirrorArgs => ({
    charts: ociCharts,
    images,
    plainHttp: true,
});

/** Deletes what a platform leaves behind: CRDs of these API groups, and namespaces. */
export async function deleteLeftovers(groups: string[], namespaces: string[]): Promise<void> {
    const crds = (await kubectl("get", "crd", "--output=name")).split("\n");
    const ours = crds.filter((crd) => groups.some((group) => crd.endsWith(`.${group}`)));
    if (ours.length > 0) {
        await kubectl("delete", ...ours);
    }
    if (namespaces.length > 0) {
        await kubectl("delete", "namespaces", ...namespaces, "--ignore-not-found");
    }
}
