import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { joinInputs, mapInput } from "../arguments/inputs";
import { emptyVariable, literal, mayHavePlaceholder, splitPlaceholders } from "../arguments/words";
import type { WorkloadArgs } from "./args";
import { buildGpuRequirements } from "./gpu";
import { mergePodSpec } from "./patch";
import { buildMountedVolume, type PodVolumes, shareClaims } from "./volumes";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;

/** Name of the container with the user's program. A patch refers to it by this name. */
export const containerName = "main";

/** The resources of a pod whose arguments do not say otherwise. */
export const defaultResources = { cpu: "500m", memory: "1Gi" };

/** Security context that every container needs under the restricted Pod Security Standard. */
export const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** What a kind of workload adds to its pods, besides the arguments of the user. */
export interface PodDetails {
    labels: Record<string, pulumi.Input<string>>;
    annotations?: Record<string, pulumi.Input<string>>;
    /** Fields of the container: ports, probes, lifecycle. */
    container?: Partial<Container>;
    /** Fields of the pod's spec: restart policy, grace period, spreading. */
    spec?: Partial<PodSpec>;
    /** Environment variables, in which $(NAME) refers to an earlier one. Those of the user override them. */
    env?: Record<string, pulumi.Input<string>>;
    /** The template engine of the backend, which must find no placeholders in the words of the user. */
    templateEngine?: RegExp;
    /** Environment variables with values from the pod itself. Those of the user override them. */
    envValueFrom?: Record<string, types.input.core.v1.EnvVarSource>;
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
    /** Volumes in addition to /tmp and `mounts`. */
    volumes?: PodVolumes[];
    /** Containers in addition to the user's. */
    sidecars?: Container[];
    /** Placement of the pods of the workload relative to each other. */
    podAffinity?: types.input.core.v1.PodAffinity;
    tolerations?: pulumi.Input<types.input.core.v1.Toleration[]>;
}

/**
 * Returns the pod template of a workload. It meets the restricted Pod Security Standard, regardless of the image.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function buildPodTemplate(args: WorkloadArgs, details: PodDetails): PodTemplateSpec {
    const { workspace } = args;
    const gpu = buildGpuRequirements(args.gpu, details.claimTemplate);
    const { volumes, mounts } = buildVolumes(args, details);
    const container: Container = {
        name: containerName,
        image: args.image,
        command: splitWords(args.command, details.templateEngine),
        args: splitWords(args.args, details.templateEngine),
        env: buildEnv(args, details),
        envFrom: buildEnvFrom(args),
        resources: { ...buildResources(args, gpu.resources), ...(gpu.claims && { claims: gpu.claims.container }) },
        securityContext: { ...restricted, readOnlyRootFilesystem: args.readOnlyRootFilesystem ?? true },
        // When the container fails, the kubelet keeps the end of its log as the message, which Pulumi shows.
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
            // Volumes are writable for this group, to which every user of the pod belongs.
            fsGroup: 1000,
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [container, ...(details.sidecars ?? [])],
        volumes,
        ...(gpu.claims && { resourceClaims: gpu.claims.pod }),
        ...buildAffinity(gpu.nodeRequirements, details.podAffinity),
        ...buildTolerations(gpu.tolerations, details.tolerations),
        ...details.spec,
    };
    return { metadata: buildPodMetadata(args, details), spec: mergePodSpec(shareClaims(spec), args.podSpec) };
}

function buildPodMetadata(
    { podLabels, podAnnotations }: WorkloadArgs,
    { labels, annotations }: PodDetails,
): PodTemplateSpec["metadata"] {
    return {
        labels: { ...podLabels, ...labels },
        ...((podAnnotations ?? annotations) && { annotations: { ...podAnnotations, ...annotations } }),
    };
}

function buildAffinity(
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

function buildTolerations(
    ofGpu: types.input.core.v1.Toleration[],
    others: pulumi.Input<types.input.core.v1.Toleration[]> = [],
): Partial<PodSpec> {
    const all = mapInput(others, (known) => [...ofGpu, ...known]);
    return Array.isArray(all) && all.length === 0 ? {} : { tolerations: all };
}

const splitWords = (words: pulumi.Input<string>[] | undefined, engine: RegExp | undefined) =>
    words?.map((word) => splitPlaceholders(word, engine));

function buildEnv(args: WorkloadArgs, details: PodDetails): EnvVar[] {
    const { templateEngine: engine } = details;
    const secret = args.secretEnv ?? {};
    const given = Object.entries(args.env ?? {}).map(([name, value]): [string, pulumi.Input<string>] => [
        name,
        splitPlaceholders(literal(value), engine),
    ]);
    const words = [...(args.command ?? []), ...(args.args ?? []), ...Object.values(args.env ?? {})];
    const isSplit = engine !== undefined && words.some((word) => mayHavePlaceholder(word, engine));
    const isOurs = (name: string) => !(name in secret);
    const plain = Object.entries({ HOME: "/tmp", ...details.env, ...Object.fromEntries(given) }).filter(([name]) =>
        isOurs(name),
    );
    const ofPod = Object.entries(details.envValueFrom ?? {}).filter(
        ([name]) => isOurs(name) && !(name in (args.env ?? {})),
    );
    return [
        // First, so that others may refer to them as $(NAME).
        ...(isSplit ? [{ name: emptyVariable }] : []),
        ...ofPod.map(([name, valueFrom]) => ({ name, valueFrom })),
        ...plain.map(([name, value]) => ({ name, value })),
        ...Object.keys(secret).map((key) => ({
            name: key,
            valueFrom: { secretKeyRef: { name: details.secretName, key } },
        })),
    ];
}

const buildEnvFrom = ({ envFrom }: WorkloadArgs): types.input.core.v1.EnvFromSource[] | undefined =>
    envFrom?.map(({ secret, configMap, prefix }) => ({
        prefix,
        ...(secret === undefined ? { configMapRef: { name: configMap } } : { secretRef: { name: secret } }),
    }));

function buildResources(
    { resources: args = {} }: WorkloadArgs,
    ofGpu: Record<string, pulumi.Input<string>>,
): types.input.core.v1.ResourceRequirements {
    const memory = args.memory ?? defaultResources.memory;
    return {
        requests: { cpu: args.cpu ?? defaultResources.cpu, memory, ...ofGpu },
        limits: { memory, ...ofGpu },
    };
}

/** Returns the volumes of a pod: a writable /tmp, those of the kind of workload, and those of `mounts`. */
function buildVolumes(args: WorkloadArgs, details: PodDetails): PodVolumes {
    const parts = [
        { volumes: [{ name: "tmp", emptyDir: {} }], mounts: [{ name: "tmp", mountPath: "/tmp" }] },
        ...(details.volumes ?? []),
        ...(args.mounts ?? []).map((mount, index) => buildMountedVolume(`mount-${index}`, mount)),
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
