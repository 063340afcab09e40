import * as pulumi from "@pulumi/pulumi";

import { mapInput, mapInputs } from "../../arguments/inputs";
import type { PodVolumes } from "../../pod/model-volume";

/** A claim, or a directory of a claim. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)(\/(?<path>[^/\s]+(\/[^/\s]+)*))?$/;

/** Returns what is wrong with the URI of an input or an output, if anything. */
export function dataUriProblem(uri: unknown): string | undefined {
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S*[^\s/]$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
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
    const groupsOf = (known: string): { claim?: string; path?: string } => inClaim.exec(known)?.groups ?? {};
    return {
        volumes: mapInput(uri, (known) => {
            const { claim } = groupsOf(known);
            return [
                claim === undefined ? { name, emptyDir: {} } : { name, persistentVolumeClaim: { claimName: claim } },
            ];
        }),
        mounts: mapInputs({ uri, directory }, (known) => {
            const { claim, path } = groupsOf(known.uri);
            if (claim === undefined) {
                return [{ name, mountPath }];
            }
            const below = [path, known.directory].filter((part) => part !== undefined).join("/");
            return [
                {
                    name,
                    mountPath,
                    ...(below !== "" && (directory === undefined ? { subPath: below } : { subPathExpr: below })),
                    ...(readOnly && { readOnly }),
                },
            ];
        }),
    };
}
