/** The volumes of a pod, and where its containers mount them. */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { configured } from "../arguments/config";
import { mapInput, mapInputs } from "../arguments/inputs";
import type { MountArgs } from "./mount-args";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;
type ClaimSource = types.input.core.v1.PersistentVolumeClaimVolumeSource;

/** Volumes of a pod, and their mounts. */
export interface PodVolumes {
    volumes: pulumi.Input<Volume[]>;
    mounts: pulumi.Input<VolumeMount[]>;
}

/** The same where it is known which ones there are. */
export interface KnownVolumes {
    volumes: Volume[];
    mounts: VolumeMount[];
}

/**
 * Returns the volume of a claim and its mount. If it is mounted read-only, so is the volume: only then does the kubelet
 * leave the group and the mode of its files as they are, instead of changing those of every file for `fsGroup`.
 * Sources: SetUpAt in https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/volume/local/local.go, and supportsFSGroup
 * in https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/volume/csi/csi_mounter.go
 */
export function buildClaimVolume(
    name: string,
    claimName: pulumi.Input<string>,
    mount: Omit<VolumeMount, "name">,
): KnownVolumes {
    const { readOnly } = mount;
    return {
        volumes: [{ name, persistentVolumeClaim: { claimName, ...(readOnly !== undefined && { readOnly }) } }],
        mounts: [{ name, ...mount }],
    };
}

/** Returns the volume of an entry of `mounts`. */
export function buildMountedVolume(name: string, mount: MountArgs): KnownVolumes {
    const { claim, secret, configMap, ephemeral, image, ...where } = mount;
    if (claim !== undefined) {
        return buildClaimVolume(name, claim, where);
    }
    if (ephemeral !== undefined) {
        const { size, storageClass = configured("storageClass") } = ephemeral;
        const spec = {
            accessModes: ["ReadWriteOnce"],
            storageClassName: storageClass,
            resources: { requests: { storage: size } },
        };
        return { volumes: [{ name, ephemeral: { volumeClaimTemplate: { spec } } }], mounts: [{ name, ...where }] };
    }
    const source: Omit<Volume, "name"> =
        secret !== undefined
            ? { secret: { secretName: secret } }
            : configMap !== undefined
              ? { configMap: { name: configMap } }
              : { image: { reference: image, pullPolicy: "IfNotPresent" } };
    return { volumes: [{ name, ...source }], mounts: [{ name, ...where, readOnly: true }] };
}

/** The volumes of a pod without those of the same claim, and the names of the ones that took their place. */
interface SharedVolumes {
    volumes: Volume[];
    names: Record<string, string>;
}

/**
 * Returns the spec of a pod with one volume for each claim, which is read-only if everything that mounts it only reads.
 *
 * Of several volumes of one claim, the kubelet mounts only one, for all of them: it is as the last of them says, so that
 * a read-only one makes the others read-only, too. Older kubelets do not start such a pod.
 * Sources: AddPodToVolume in
 * https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/kubelet/volumemanager/cache/desired_state_of_world.go, and
 * https://github.com/kubernetes/kubernetes/issues/127004
 */
export function shareClaims(spec: PodSpec): PodSpec {
    const shared = mapInput(spec.volumes as pulumi.Input<Volume[]>, shareVolumes) as pulumi.Input<SharedVolumes>;
    const renameMounts = (container: Container): Container =>
        container.volumeMounts === undefined
            ? container
            : {
                  ...container,
                  volumeMounts: renameVolumes(container.volumeMounts as pulumi.Input<VolumeMount[]>, shared),
              };
    const rename = (containers: PodSpec["containers"]) =>
        mapInput(containers as pulumi.Input<Container[]>, (all) => all?.map(renameMounts));
    return {
        ...spec,
        volumes: mapInput(shared, ({ volumes }) => volumes),
        containers: rename(spec.containers),
        ...(spec.initContainers && { initContainers: rename(spec.initContainers) }),
    };
}

/** Returns the mounts of a container with the volumes that are shared. */
function renameVolumes(mounts: pulumi.Input<VolumeMount[]>, shared: pulumi.Input<SharedVolumes>) {
    return mapInput(shared, ({ names }) =>
        Object.keys(names).length === 0
            ? mounts
            : mapInput(mounts, (all) => all.map((one) => ({ ...one, name: names[one.name as string] ?? one.name }))),
    ) as pulumi.Input<VolumeMount[]>;
}

function shareVolumes(volumes: Volume[]): pulumi.Input<SharedVolumes> {
    const claims = volumes.map(({ persistentVolumeClaim }) => (persistentVolumeClaim as ClaimSource)?.claimName);
    if (claims.filter((claim) => claim !== undefined).length < 2) {
        return { volumes, names: {} };
    }
    return mapInputs(claims, (known) => {
        const first = known.map((claim, index) => (claim === undefined ? index : known.indexOf(claim)));
        const names = volumes.map(({ name }, index) => [name, volumes[first[index]!]!.name] as [string, string]);
        return {
            volumes: volumes.flatMap((volume, index) => {
                const same = volumes.filter((_, other) => first[other] === index);
                return same.length < 2 ? same : [{ ...volume, persistentVolumeClaim: joinClaims(same) }];
            }),
            names: Object.fromEntries(names.filter(([name, other]) => name !== other)),
        };
    });
}

/** Returns the claim of several volumes, which is read-only if it is in all of them. */
function joinClaims(volumes: Volume[]): ClaimSource {
    const sources = volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim as ClaimSource);
    const readOnly = mapInputs({ modes: sources.map((one) => one.readOnly) }, ({ modes }) =>
        modes.every((mode) => mode === true) ? true : undefined,
    );
    return { claimName: sources[0]!.claimName, readOnly: readOnly as pulumi.Input<boolean> };
}
