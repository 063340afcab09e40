import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { ScheduleArgs } from "../workloads/schedule";
import { mapInput } from "./inputs";
import { labelsOf, objectMeta } from "./metadata";
import { modelDir, outputVolume, PodVolumes } from "./model";
import { podTemplate, restricted } from "./pod";
import { disruptionsAreNoFailures, runTimeout, runTolerations } from "./run";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

const component = "schedule";

/** The labels of everything that belongs to a schedule. */
export function scheduleLabels(name: string): Record<string, string> {
    return labelsOf(name, component);
}

/** Where runs write: into directories of a claim, or to addresses of their own, each called after the run. */
export interface ScheduleTarget {
    /** The claim's name, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The address below which the runs' own are. */
    uri: pulumi.Input<string>;
}

/** What a schedule refers to, besides its arguments. */
export interface ScheduleContext {
    target: ScheduleTarget;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** A schedule that Kubernetes keeps. */
export function cronJob(name: string, args: ScheduleArgs, context: ScheduleContext): types.input.batch.v1.CronJob {
    const labels = scheduleLabels(name);
    return {
        metadata: scheduleMeta(name, args),
        spec: {
            schedule: args.schedule,
            timeZone: args.timeZone ?? "Etc/UTC",
            ...policy(args),
            jobTemplate: {
                metadata: { labels: { ...labels, ...queueLabel(args) } },
                spec: {
                    backoffLimit: args.retries ?? 2,
                    activeDeadlineSeconds: runTimeout(args),
                    podFailurePolicy: disruptionsAreNoFailures,
                    template: runTemplate(args, context, runOfJob, { labels, spec: { restartPolicy: "Never" } }),
                },
            },
        },
    };
}

function scheduleMeta(name: string, args: ScheduleArgs): types.input.meta.v1.ObjectMeta {
    return objectMeta(name, args.workspace.namespace, scheduleLabels(name), {
        // What somebody has suspended by hand is taken back without a conflict.
        "pulumi.com/patchForce": "true",
    });
}

/** What both kinds of schedules call the same. */
function policy(args: ScheduleArgs) {
    return {
        concurrencyPolicy: args.concurrency ?? "Forbid",
        startingDeadlineSeconds: mapInput(args.startingDeadline ?? "1h", seconds),
        suspend: args.suspend ?? false,
        successfulJobsHistoryLimit: args.successfulRunsHistoryLimit ?? 3,
        failedJobsHistoryLimit: args.failedRunsHistoryLimit ?? 3,
    };
}

function queueLabel({ workspace }: ScheduleArgs): Record<string, pulumi.Input<string>> {
    return workspace.queue === undefined ? {} : { "kueue.x-k8s.io/queue-name": workspace.queue };
}

/** How a run is told what it is called, and how its directory in the claim. */
interface RunName {
    envFrom?: Record<string, types.input.core.v1.EnvVarSource>;
    env?: Record<string, string>;
    directory: Pick<types.input.core.v1.VolumeMount, "subPath" | "subPathExpr">;
}

/** By the label that its pod gets. */
const runOfJob: RunName = {
    envFrom: { RUN_NAME: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
    directory: { subPathExpr: "$(RUN_NAME)" },
};

/** By Argo's own variable: Argo mounts the same into a container beside it, which has not the program's variables. */
const runOfWorkflow: RunName = {
    env: { RUN_NAME: "{{workflow.name}}" },
    directory: { subPath: "{{workflow.name}}" },
};

/** The pod of a run. */
function runTemplate(
    args: ScheduleArgs,
    { target, secretName, claimTemplate }: ScheduleContext,
    { envFrom, env, directory }: RunName,
    details: { labels: Record<string, pulumi.Input<string>>; spec: Partial<types.input.core.v1.PodSpec> },
): PodTemplateSpec {
    return podTemplate(args, {
        ...details,
        envFrom,
        env: { ...env, MODEL_URI: mapInput(target.uri, (uri) => `${uri}/$(RUN_NAME)`), MODEL_DIR: modelDir },
        volumes: [resultVolume(target.claim, directory)],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

function resultVolume(claim: pulumi.Input<string> | undefined, directory: RunName["directory"]): PodVolumes {
    return claim === undefined
        ? outputVolume(undefined, "")
        : {
              volumes: [{ name: "model", persistentVolumeClaim: { claimName: claim } }],
              mounts: [{ name: "model", mountPath: modelDir, ...directory }],
          };
}

/**
 * What the pods of a workflow must be allowed to do: tell how they went.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/workflow-rbac/
 */
export const workflowRules = [
    { apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] },
];

/**
 * A schedule that Argo Workflows keeps: workflows of one step.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/fields/#cronworkflowspec
 */
export function cronWorkflow(
    name: string,
    args: ScheduleArgs,
    context: ScheduleContext & { serviceAccountName: pulumi.Input<string> },
): CustomResourceArgs {
    const labels = scheduleLabels(name);
    const template = runTemplate(args, context, runOfWorkflow, {
        // Kueue admits the pods of workflows one by one.
        labels: { ...labels, ...queueLabel(args) },
        spec: { serviceAccountName: context.serviceAccountName, automountServiceAccountToken: true },
    });
    return {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "CronWorkflow",
        metadata: scheduleMeta(name, args),
        spec: {
            schedules: [args.schedule],
            timezone: args.timeZone ?? "Etc/UTC",
            ...policy(args),
            workflowMetadata: { labels },
            workflowSpec: {
                entrypoint: "main",
                activeDeadlineSeconds: runTimeout(args),
                podMetadata: template.metadata,
                ...workflowOf(template, {
                    limit: mapInput(args.retries ?? 2, String),
                    // Also where the pod was lost with its node.
                    retryPolicy: "Always",
                }),
            },
        },
    };
}

/**
 * The fields of a pod that a workflow has as well. It also has `automountServiceAccountToken`, of which it hands on only
 * `false`.
 */
const workflowFields = [
    "affinity",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "imagePullSecrets",
    "nodeSelector",
    "schedulerName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
    "volumes",
];

/**
 * What the containers that Argo puts beside the program must be told, or the restricted standard refuses the pod. Its image
 * would run them as root; this is the user of the variant that does not.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/workflow-pod-security-context/
 */
const argoContainer = (name: string) => ({ name, securityContext: { ...restricted, runAsUser: 8737 } });

/** A pod as a workflow of one step says it; what a workflow has no field for is laid over the pod that Argo makes. */
function workflowOf(template: PodTemplateSpec, retryStrategy: object): Record<string, unknown> {
    const { containers, initContainers, ...spec } = template.spec as types.input.core.v1.PodSpec;
    const [container, ...sidecars] = containers as types.input.core.v1.Container[];
    const entries = Object.entries(spec).filter(([, value]) => value !== undefined);
    const own = entries.filter(([field]) => workflowFields.includes(field));
    const others = entries.filter(([field]) => !workflowFields.includes(field));
    return {
        ...Object.fromEntries(own),
        podSpecPatch: pulumi.jsonStringify({
            ...Object.fromEntries(others),
            initContainers: [argoContainer("init")],
            containers: [argoContainer("wait")],
        }),
        templates: [
            {
                name: "main",
                container,
                ...(initContainers && { initContainers }),
                ...(sidecars.length > 0 && { sidecars }),
                retryStrategy,
            },
        ],
    };
}
