/**
 * Storage: a default StorageClass with volumes that are created in advance, each a directory on this machine.
 *
 * The kubelet treats such `local` volumes like a disk: it gives a directory to the pod's fsGroup, which the host-path
 * provisioner of the controller manager does not. Their size is not limited. Each claim binds one; after the claim is
 * deleted, the next `up` empties the volume, releases it, and adds new ones until enough are free.
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";

import type { Api, KubernetesObject } from "./api";
import { clusterDir, nodeName } from "./settings";

export const storageClass = "local";

/** How many volumes are free after each `up`. */
const poolSize = 40;

const storageClassObject: KubernetesObject = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: storageClass, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
};

const volumeDir = (name: string): string => clusterDir("volumes", name);

export const volumeObject = (name: string): KubernetesObject => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "kubernetes-mlops" } },
    spec: {
        // More than any claim requests: a claim gets the smallest volume that is large enough.
        capacity: { storage: "1Ti" },
        accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: storageClass,
        local: { path: volumeDir(name) },
        nodeAffinity: {
            required: {
                nodeSelectorTerms: [
                    { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [nodeName] }] },
                ],
            },
        },
    },
});

export interface Volume {
    metadata: { name: string };
    spec: { storageClassName?: string };
    status?: { phase?: string };
}

/**
 * Which volumes to empty and release because their claim is deleted, and which to create.
 *
 * @param volumes every PersistentVolume of the cluster
 */
export function planVolumes(volumes: Volume[], size = poolSize): { reuse: string[]; create: string[] } {
    const ours = volumes.filter(({ spec }) => spec.storageClassName === storageClass);
    const named = (phase: (text: string) => boolean): string[] =>
        ours.filter(({ status }) => phase(status?.phase ?? "Pending")).map(({ metadata }) => metadata.name);
    const reuse = named((phase) => phase === "Released" || phase === "Failed");
    const free = named((phase) => phase === "Available" || phase === "Pending").length + reuse.length;
    const taken = new Set(volumes.map(({ metadata }) => metadata.name));
    const create: string[] = [];
    for (let number = 1; free + create.length < size; number++) {
        const name = `local-${String(number).padStart(3, "0")}`;
        if (!taken.has(name)) {
            create.push(name);
        }
    }
    return { reuse, create };
}

/** An empty directory that every user may write to, even in a pod without fsGroup. */
function emptyDirectory(name: string): void {
    rmSync(volumeDir(name), { recursive: true, force: true });
    mkdirSync(volumeDir(name), { recursive: true });
    chmodSync(volumeDir(name), 0o777);
}

/** Creates the storage class and fills the pool of volumes. */
export async function ensureVolumes(api: Api): Promise<void> {
    await api.apply(`/apis/storage.k8s.io/v1/storageclasses/${storageClass}`, storageClassObject);
    const list = await api.get<{ items: Volume[] }>("/api/v1/persistentvolumes");
    const { reuse, create } = planVolumes(list?.items ?? []);
    for (const name of reuse) {
        emptyDirectory(name);
        await api.merge(`/api/v1/persistentvolumes/${name}`, { spec: { claimRef: null } });
    }
    for (const name of create) {
        emptyDirectory(name);
        await api.apply(`/api/v1/persistentvolumes/${name}`, volumeObject(name));
    }
}
