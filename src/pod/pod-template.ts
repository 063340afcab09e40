import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { joinInputs, mapInput } from "../arguments/inputs";
import type { WorkloadArgs } from "./args";
import { gpuNeeds } from "./gpu";
import type { PodVolumes } from "./model-volume";
import { patched } from "./patch";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;
type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** The user's container; a patch finds it by this name. */
export const containerName = "main";

/** What every container says of itself so that its pod meets the restricted standard. */
export const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** What a kind of workload says of its pods, besides what the user says. */
export interface PodDetails {
    labels: Record<string, pulumi.Input<string>>;
    annotations?: Record<string, pulumi.Input<string>>;
    /** Fields of the container: ports, probes, lifecycle. */
    container?: Partial<Container>;
    /** Fields of the pod's spec: restart policy, grace period, spreading. */
    spec?: Partial<PodSpec>;
    /** Variables that the user's own may override. */
    env?: Record<string, pulumi.Input<string>>;
    /** Variables whose values come from the pod itself, which the user's own may override. */
    envValueFrom?: Record<string, types.input.core.v1.EnvVarSource>;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of the pod's GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
    /** Volumes besides /tmp and the user's. */
    volumes?: PodVolumes[];
    /** Containers beside the user's. */
    sidecars?: Container[];
    /** Where pods of the workload are to be, relative to each other. */
    podAffinity?: types.input.core.v1.PodAffinity;
    tolerations?: pulumi.Input<types.input.core.v1.Toleration[]>;
}

/**
 * The pod of a workload. It meets the restricted Pod Security Standard, whatever the image.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function buildPodTemplate(args: WorkloadArgs, details: PodDetails): PodTemplateSpec {
    const { workspace } = args;
    const gpu = gpuNeeds(args.gpu, details.claimTemplate);
    const { volumes, mounts } = allVolumes(args, details);
    const container: Container = {
        name: containerName,
        image: args.image,
        command: args.command,
        args: args.args,
        env: variables(args, details),
        resources: { ...resources(args, gpu.resources), ...(gpu.claims && { claims: gpu.claims.container }) },
        securityContext: { ...restricted, readOnlyRootFilesystem: args.readOnlyRootFilesystem ?? true },
        // When the container fails, the kubelet keeps the end of its log as the reason, which the engine then shows.
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: mounts,
        ...details.container,
    };
    const spec: PodSpec = {
        serviceAccountName: workspace.serviceAccount,
        automountServiceAccountToken: workspace.serviceAccount !== undefined,
        imagePullSecrets: workspace.imagePullSecrets?.map((name) => ({ name })),
        enableServiceLinks: false,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: args.runAsUser,
            // Volumes are made writable for this group, and every user of the pod is in it.
            fsGroup: 1000,
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [container, ...(details.sidecars ?? [])],
        volumes,
        ...(gpu.claims && { resourceClaims: gpu.claims.pod }),
        ...affinity(gpu.nodeRequirements, details.podAffinity),
        ...tolerations(gpu.tolerations, details.tolerations),
        ...details.spec,
    };
    const { labels, annotations } = details;
    return { metadata: { labels, ...(annotations && { annotations }) }, spec: patched(spec, args.podSpec) };
}

function affinity(
    nodeRequirements: types.input.core.v1.NodeSelectorRequirement[],
    podAffinity: types.input.core.v1.PodAffinity | undefined,
): Partial<PodSpec> {
    const nodeAffinity = {
        requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: nodeRequirements }],
        },
    };
    const parts = { ...(nodeRequirements.length > 0 && { nodeAffinity }), ...(podAffinity && { podAffinity }) };
    return Object.keys(parts).length > 0 ? { affinity: parts } : {};
}

function tolerations(
    ofGpu: types.input.core.v1.Toleration[],
    others: pulumi.Input<types.input.core.v1.Toleration[]> = [],
): Partial<PodSpec> {
    const all = mapInput(others, (known) => [...ofGpu, ...known]);
    return Array.isArray(all) && all.length === 0 ? {} : { tolerations: all };
}

function variables(args: WorkloadArgs, details: PodDetails): EnvVar[] {
    const secret = args.secretEnv ?? {};
    const isOurs = (name: string) => !(name in secret);
    const plain = Object.entries({ HOME: "/tmp", ...details.env, ...args.env }).filter(([name]) => isOurs(name));
    const ofPod = Object.entries(details.envValueFrom ?? {}).filter(
        ([name]) => isOurs(name) && !(name in (args.env ?? {})),
    );
    return [
        // First, so that others may refer to them as $(NAME).
        ...ofPod.map(([name, valueFrom]) => ({ name, valueFrom })),
        ...plain.map(([name, value]) => ({ name, value })),
        ...Object.keys(secret).map((key) => ({
            name: key,
            valueFrom: { secretKeyRef: { name: details.secretName, key } },
        })),
    ];
}

function resources(
    { resources: args = {} }: WorkloadArgs,
    ofGpu: Record<string, pulumi.Input<string>>,
): types.input.core.v1.ResourceRequirements {
    const memory = args.memory ?? "1Gi";
    return {
        requests: { cpu: args.cpu ?? "500m", memory, ...ofGpu },
        limits: { memory, ...ofGpu },
    };
}

/** The volumes of a pod: a writable /tmp, what the kind of workload has, and what the user mounts. */
function allVolumes(
    args: WorkloadArgs,
    details: PodDetails,
): { volumes: pulumi.Input<Volume[]>; mounts: pulumi.Input<VolumeMount[]> } {
    const parts = [
        { volumes: [{ name: "tmp", emptyDir: {} }], mounts: [{ name: "tmp", mountPath: "/tmp" }] },
        ...(details.volumes ?? []),
        ...(args.mounts ?? []).map(({ claim, mountPath, subPath, readOnly }, index): PodVolumes => {
            const name = `mount-${index}`;
            return {
                volumes: [{ name, persistentVolumeClaim: { claimName: claim } }],
                mounts: [{ name, mountPath, subPath, readOnly }],
            };
        }),
        ...(args.resources?.sharedMemory === undefined
            ? []
            : [
                  {
                      volumes: [
                          { name: "shm", emptyDir: { medium: "Memory", sizeLimit: args.resources.sharedMemory } },
                      ],
                      mounts: [{ name: "shm", mountPath: "/dev/shm" }],
                  },
              ]),
    ];
    return {
        volumes: parts.map((part) => part.volumes).reduce(joinInputs),
        mounts: parts.map((part) => part.mounts).reduce(joinInputs),
    };
}
