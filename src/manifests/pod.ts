import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ResourcesArgs, WorkloadArgs } from "../workloads/workload";
import { mapInput } from "./inputs";
import type { ModelVolume } from "./model";
import { patched } from "./patch";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;
type Container = types.input.core.v1.Container;
type EnvVar = types.input.core.v1.EnvVar;

/** The user's container; a patch finds it by this name. */
export const containerName = "main";

/** What a kind of workload says of its pods, besides what the user says. */
export interface PodDetails {
    labels: Record<string, pulumi.Input<string>>;
    /** Fields of the container: ports, probes, lifecycle. */
    container?: Partial<Container>;
    /** Fields of the pod's spec: restart policy, grace period, spreading. */
    spec?: Partial<types.input.core.v1.PodSpec>;
    /** Variables that the user's own may override. */
    env?: Record<string, pulumi.Input<string>>;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    model?: ModelVolume;
}

/**
 * The pod of a workload. It meets the restricted Pod Security Standard, whatever the image.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function podTemplate(args: WorkloadArgs, details: PodDetails): PodTemplateSpec {
    const { workspace } = args;
    const container: Container = {
        name: containerName,
        image: args.image,
        command: args.command,
        args: args.args,
        env: variables(args, details),
        resources: resources(args.resources ?? {}),
        securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: args.readOnlyRootFilesystem ?? true,
        },
        // When the container fails, the kubelet keeps the end of its log as the reason, which the engine then shows.
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: mapInput(details.model?.mounts ?? [], (mounts) => [
            { name: "tmp", mountPath: "/tmp" },
            ...mounts,
        ]),
        ...details.container,
    };
    const spec: types.input.core.v1.PodSpec = {
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
        containers: [container],
        volumes: mapInput(details.model?.volumes ?? [], (volumes) => [{ name: "tmp", emptyDir: {} }, ...volumes]),
        ...details.spec,
    };
    return { metadata: { labels: details.labels }, spec: patched(spec, args.podSpec) };
}

function variables(args: WorkloadArgs, details: PodDetails): EnvVar[] {
    const secret = args.secretEnv ?? {};
    const plain = Object.entries({ HOME: "/tmp", ...details.env, ...args.env }).filter(([name]) => !(name in secret));
    return [
        ...plain.map(([name, value]) => ({ name, value })),
        ...Object.keys(secret).map((key) => ({
            name: key,
            valueFrom: { secretKeyRef: { name: details.secretName, key } },
        })),
    ];
}

function resources(args: ResourcesArgs): types.input.core.v1.ResourceRequirements {
    const memory = args.memory ?? "1Gi";
    const gpus = args.gpus && { "nvidia.com/gpu": mapInput(args.gpus, String) };
    return {
        requests: { cpu: args.cpu ?? "500m", memory, ...gpus },
        limits: { memory, ...gpus },
    };
}
