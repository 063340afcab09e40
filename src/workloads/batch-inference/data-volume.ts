import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { escapeReferences } from "../../arguments/words";
import { parseClaimUri } from "../../pod/model-volume";
import { buildClaimVolume, type KnownVolumes, type PodVolumes } from "../../pod/volumes";

/** Returns what is wrong with the URI of an input or an output, if anything. */
export function dataUriProblem(uri: unknown): string | undefined {
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S*[^\s/]$/.test(uri);
    return isUri && (parseClaimUri(uri) !== undefined || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be a URI such as "s3://scores/november", "pvc://<claim>" or "pvc://<claim>/<directory>", without a slash at the end';
}

/** Returns the volume of a URI: its claim, or an empty directory, between which and the URI the program copies. */
export function buildDataVolume(
    name: string,
    mountPath: string,
    uri: pulumi.Input<string>,
    { readOnly, directory }: { readOnly?: true; directory?: pulumi.Input<string> },
): PodVolumes {
    const build = (known: string): KnownVolumes => {
        const { claim, path } = parseClaimUri(known) ?? {};
        if (claim === undefined) {
            return { volumes: [{ name, emptyDir: {} }], mounts: [{ name, mountPath }] };
        }
        const subPathExpr =
            directory &&
            mapInput(directory, (below) => (path === undefined ? below : `${escapeReferences(path)}/${below}`));
        return buildClaimVolume(name, claim, {
            mountPath,
            ...(subPathExpr === undefined ? { subPath: path } : { subPathExpr }),
            ...(readOnly && { readOnly }),
        });
    };
    return {
        volumes: mapInput(uri, (known) => build(known).volumes),
        mounts: mapInput(uri, (known) => build(known).mounts),
    };
}
