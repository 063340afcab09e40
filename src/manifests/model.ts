import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "./inputs";

/** Where a model stands in the container, as the variable MODEL_DIR says. */
export const modelDir = "/model";

/** Volumes of a pod, and where they are mounted. */
export interface PodVolumes {
    volumes: pulumi.Input<types.input.core.v1.Volume[]>;
    mounts: pulumi.Input<types.input.core.v1.VolumeMount[]>;
}

/** A model in a volume: the claim, and the directory of one run in it. */
const inClaim = /^pvc:\/\/(?<claim>[a-z0-9][-a-z0-9.]*)\/(?<path>[^/\s]+(\/[^/\s]+)*)$/;

/** What is wrong with a model's address. */
export function modelProblem(uri: unknown): string | undefined {
    const isUri = typeof uri === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S+$/.test(uri);
    return isUri && (inClaim.test(uri) || !uri.startsWith("pvc:")) && !/\/\.\.(\/|$)/.test(uri)
        ? undefined
        : 'it must be an address such as the model of a TrainingJob, "pvc://<claim>/<directory>" or "s3://<bucket>/<key>"';
}

/** The address of what a run writes into a directory of a claim. */
export function claimUri(claim: string, directory: string): string {
    return `pvc://${claim}/${directory}`;
}

/** The volume of a run's result: its own directory of the claim, or one of the pod's from which it is uploaded. */
export function outputVolume(claim: pulumi.Input<string> | undefined, directory: pulumi.Input<string>): PodVolumes {
    return claim === undefined
        ? podVolume
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
              mounts: [{ name: "model", mountPath: modelDir, subPath: directory }],
          };
}

/** The volume of a model that is served: read from its claim, or one of the pod's to which it is downloaded. */
export function inputVolume(model: pulumi.Input<string>): PodVolumes {
    return {
        volumes: mapInput(model, (uri) => {
            const claimName = inClaim.exec(uri)?.groups?.claim;
            return claimName ? [{ name: "model", persistentVolumeClaim: { claimName } }] : podVolume.volumes;
        }),
        mounts: mapInput(model, (uri) => {
            const subPath = inClaim.exec(uri)?.groups?.path;
            return subPath ? [{ name: "model", mountPath: modelDir, subPath, readOnly: true }] : podVolume.mounts;
        }),
    };
}

/** A volume that lives as long as the pod. */
const podVolume = {
    volumes: [{ name: "model", emptyDir: {} }],
    mounts: [{ name: "model", mountPath: modelDir }],
};
