import type * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../arguments/hash";
import { givenOf, mapInput, mapInputs } from "../arguments/inputs";
import { buildClaimVolume, type KnownVolumes, type PodVolumes } from "./volumes";

/** Directory of the model in the container, in the variable MODEL_DIR. */
export const modelDir = "/model";

/** The URI of a claim, or of a directory in it. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)(\/(?<path>[^/\s]+(\/[^/\s]+)*))?$/;

/** The URI of a model that is an image. For other artifacts in a registry, containerd mounts an empty directory. */
const inRegistry = /^oci:\/\/(?<reference>[^\s@]+@sha256:[0-9a-f]{64})$/;

/** Returns the claim of a URI and the directory in it, unless the URI is of something else or wrong. */
export function parseClaimUri(uri: string): { claim: string; path?: string } | undefined {
    return inClaim.exec(uri)?.groups as { claim: string; path?: string } | undefined;
}

/** Returns what is wrong with the URI of a model, if anything. */
export function modelProblem(uri: unknown): string | undefined {
    if (typeof uri === "string" && uri.startsWith("oci:")) {
        return inRegistry.test(uri)
            ? undefined
            : "it must be oci://repository@sha256:<64 hexadecimal digits>, because a tag may point to another model later";
    }
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S+$/.test(uri);
    return isUri && (parseClaimUri(uri) !== undefined || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
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
        : buildClaimVolume("model", claim, { mountPath: modelDir, subPathExpr: directory });
}

/**
 * Returns the volume of a model to read: its claim or its image, or a directory to which the program downloads it, in
 * the cache or in the pod.
 */
export function buildModelVolume(model: pulumi.Input<string>, cache?: pulumi.Input<string>): PodVolumes {
    const claim = claims.get(givenOf(model) as object);
    if (claim !== undefined) {
        const subPath = mapInput(model, (uri) => parseClaimUri(uri)!.path!);
        return buildClaimVolume("model", claim, { mountPath: modelDir, subPath, readOnly: true });
    }
    return {
        volumes: mapInput(model, (uri) => buildVolumes(uri, cache).volumes),
        mounts: mapInput(model, (uri) => buildVolumes(uri, cache).mounts),
    };
}

function buildVolumes(uri: string, cache: pulumi.Input<string> | undefined): KnownVolumes {
    const { claim, path } = parseClaimUri(uri) ?? {};
    if (claim !== undefined) {
        return buildClaimVolume("model", claim, { mountPath: modelDir, subPath: path, readOnly: true });
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
        : buildClaimVolume("model", cache, { mountPath: modelDir, subPath: hashOf(uri) });
}

/** A volume with the lifetime of the pod. */
const podVolume: KnownVolumes = {
    volumes: [{ name: "model", emptyDir: {} }],
    mounts: [{ name: "model", mountPath: modelDir }],
};
