import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../arguments/hash";
import { givenOf, mapInput, mapInputs } from "../arguments/inputs";

/** Directory of the model in the container, in the variable MODEL_DIR. */
export const modelDir = "/model";

/** Volumes of a pod, and their mounts. */
export interface PodVolumes {
    volumes: pulumi.Input<types.input.core.v1.Volume[]>;
    mounts: pulumi.Input<types.input.core.v1.VolumeMount[]>;
}

/** The URI of a model in a claim: the claim, and the directory of one run. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)\/(?<path>[^/\s]+(\/[^/\s]+)*)$/;

/** The URI of a model that is an image. For other artifacts in a registry, containerd mounts an empty directory. */
const inRegistry = /^oci:\/\/(?<reference>[^\s@]+@sha256:[0-9a-f]{64})$/;

/** Returns what is wrong with the URI of a model, if anything. */
export function modelProblem(uri: unknown): string | undefined {
    if (typeof uri === "string" && uri.startsWith("oci:")) {
        return inRegistry.test(uri)
            ? undefined
            : "it must be oci://repository@sha256:<64 hexadecimal digits>, because a tag may point to another model later";
    }
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S+$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be a URI such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"';
}

/** The claim of models whose URI may be unknown in a preview, or undefined if they are at another URI. */
const claims = new WeakMap<object, pulumi.Input<string> | undefined>();

/** Returns the URI of a result, in a claim that is known before the URI is: a preview then shows only that path as new. */
export function resultUri(uri: pulumi.Output<string>, claim: pulumi.Input<string> | undefined): pulumi.Output<string> {
    claims.set(uri, claim);
    return uri;
}

/** Returns the URI of a directory of a claim. */
export const claimUri = (claim: pulumi.Input<string>, ...path: pulumi.Input<string>[]): pulumi.Input<string> =>
    mapInputs([claim, ...path], (known) => `pvc://${known.join("/")}`);

/**
 * Returns the volume for the result of a run: a directory of the claim, or an empty one to upload from. The directory
 * may contain variables of the container, such as $(RUN_UID).
 */
export function buildOutputVolume(
    claim: pulumi.Input<string> | undefined,
    directory: pulumi.Input<string>,
): PodVolumes {
    return claim === undefined
        ? podVolume
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
              mounts: [{ name: "model", mountPath: modelDir, subPathExpr: directory }],
          };
}

/**
 * Returns the volume of a model to read: its claim or its image, or a directory to which the program downloads it, in
 * the cache or in the pod.
 */
export function buildModelVolume(model: pulumi.Input<string>, cache?: pulumi.Input<string>): PodVolumes {
    const claim = claims.get(givenOf(model) as object);
    if (claim !== undefined) {
        const subPath = mapInput(model, (uri) => inClaim.exec(uri)!.groups!.path!);
        return {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
            mounts: [{ name: "model", mountPath: modelDir, subPath, readOnly: true }],
        };
    }
    return {
        volumes: mapInput(model, (uri) => buildVolumes(uri, cache).volumes),
        mounts: mapInput(model, (uri) => buildVolumes(uri, cache).mounts),
    };
}

function buildVolumes(uri: string, cache: pulumi.Input<string> | undefined) {
    const { claim, path } = inClaim.exec(uri)?.groups ?? {};
    if (claim !== undefined) {
        return {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
            mounts: [{ name: "model", mountPath: modelDir, subPath: path, readOnly: true }],
        };
    }
    const { reference } = inRegistry.exec(uri)?.groups ?? {};
    if (reference !== undefined) {
        // Kubernetes 1.35 and later; 1.33 and 1.34 with the feature gate ImageVolume. containerd 2.1 and later.
        return {
            volumes: [{ name: "model", image: { reference, pullPolicy: "IfNotPresent" } }],
            mounts: [{ name: "model", mountPath: modelDir, readOnly: true }],
        };
    }
    return cache === undefined
        ? podVolume
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: cache } }],
              mounts: [{ name: "model", mountPath: modelDir, subPath: hashOf(uri) }],
          };
}

/** A volume with the lifetime of the pod. */
const podVolume = {
    volumes: [{ name: "model", emptyDir: {} }],
    mounts: [{ name: "model", mountPath: modelDir }],
};
