import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import type { PodVolumes } from "../../pod/model-volume";

/** A claim, or a directory in it. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)(\/(?<path>[^/\s]+(\/[^/\s]+)*))?$/;

/** What is wrong with the address of an input or an output. */
export function addressProblem(uri: unknown): string | undefined {
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S*[^\s/]$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be an address such as "s3://scores/november", "pvc://<claim>" or "pvc://<claim>/<directory>", without a slash at the end';
}

/** The volume of an address: of its claim, or the pod's own, to which or from which the container copies. */
export function addressVolume(
    name: string,
    mountPath: string,
    uri: pulumi.Input<string>,
    { readOnly, run }: { readOnly?: true; run?: string },
): PodVolumes {
    const groupsOf = (known: string): { claim?: string; path?: string } => inClaim.exec(known)?.groups ?? {};
    return {
        volumes: mapInput(uri, (known) => {
            const { claim } = groupsOf(known);
            return [
                claim === undefined ? { name, emptyDir: {} } : { name, persistentVolumeClaim: { claimName: claim } },
            ];
        }),
        mounts: mapInput(uri, (known) => {
            const { claim, path } = groupsOf(known);
            if (claim === undefined) {
                return [{ name, mountPath }];
            }
            const directory = [path, run].filter((part) => part !== undefined).join("/");
            return [
                {
                    name,
                    mountPath,
                    ...(directory !== "" && (run === undefined ? { subPath: directory } : { subPathExpr: directory })),
                    ...(readOnly && { readOnly }),
                },
            ];
        }),
    };
}
