import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../arguments/hash";
import { mapInput, mapInputs } from "../arguments/inputs";

/** Where a model stands in the container, as the variable MODEL_DIR says. */
export const modelDir = "/model";

/** Volumes of a pod, and where they are mounted. */
export interface PodVolumes {
    volumes: pulumi.Input<types.input.core.v1.Volume[]>;
    mounts: pulumi.Input<types.input.core.v1.VolumeMount[]>;
}

/** A model in a volume: the claim, and the directory of one run in it. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)\/(?<path>[^/\s]+(\/[^/\s]+)*)$/;

/** A model that is an image; of what else a registry holds, containerd makes an empty directory. */
const inRegistry = /^oci:\/\/(?<reference>[^\s@]+@sha256:[0-9a-f]{64})$/;

/** What is wrong with a model's address. */
export function modelProblem(uri: unknown): string | undefined {
    if (typeof uri === "string" && uri.startsWith("oci:")) {
        return inRegistry.test(uri)
            ? undefined
            : "it must be oci://repository@sha256:<64 hexadecimal digits>: a tag may mean another model tomorrow";
    }
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S+$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be an address such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"';
}

/** The address of what a run writes into a directory of a claim. */
export const claimUri = (claim: pulumi.Input<string>, ...path: pulumi.Input<string>[]): pulumi.Input<string> =>
    mapInputs([claim, ...path], (known) => `pvc://${known.join("/")}`);

/** The volume of a run's result: its own directory of the claim, or one of the pod's from which it is uploaded. */
export function outputVolume(claim: pulumi.Input<string> | undefined, directory: pulumi.Input<string>): PodVolumes {
    return claim === undefined
        ? podVolume
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
              mounts: [{ name: "model", mountPath: modelDir, subPath: directory }],
          };
}

/**
 * The volume of a model that is served: read from its claim or its image, or one to which it is downloaded, that is, a
 * directory of its own in the cache, or one of the pod's.
 */
export function inputVolume(model: pulumi.Input<string>, cache?: pulumi.Input<string>): PodVolumes {
    return {
        volumes: mapInput(model, (uri) => inputVolumes(uri, cache).volumes),
        mounts: mapInput(model, (uri) => inputVolumes(uri, cache).mounts),
    };
}

function inputVolumes(uri: string, cache: pulumi.Input<string> | undefined) {
    const { claim, path } = inClaim.exec(uri)?.groups ?? {};
    if (claim !== undefined) {
        return {
            volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
            mounts: [{ name: "model", mountPath: modelDir, subPath: path, readOnly: true }],
        };
    }
    const { reference } = inRegistry.exec(uri)?.groups ?? {};
    if (reference !== undefined) {
        // Kubernetes 1.35 and newer; 1.33 and 1.34 with the feature gate ImageVolume. containerd 2.1 and newer.
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

/** A volume that lives as long as the pod. */
const podVolume = {
    volumes: [{ name: "model", emptyDir: {} }],
    mounts: [{ name: "model", mountPath: modelDir }],
};
