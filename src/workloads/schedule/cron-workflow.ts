import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { restricted } from "../../pod/pod-template";
import { runTimeout } from "../../runs/run";
import type { ScheduleArgs } from "./args";
import {
    policy,
    queueLabel,
    type RunName,
    buildRunPod,
    type ScheduleContext,
    scheduleLabels,
    scheduleMeta,
} from "./run-pod";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

/** By Argo's own variable: Argo mounts the same into a container beside it, which has not the program's variables. */
const runOfWorkflow: RunName = {
    env: { RUN_NAME: "{{workflow.name}}" },
    directory: { subPath: "{{workflow.name}}" },
};

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
export function buildCronWorkflow(
    name: string,
    args: ScheduleArgs,
    context: ScheduleContext & { serviceAccountName: pulumi.Input<string> },
): CustomResourceArgs {
    const labels = scheduleLabels(name);
    const template = buildRunPod(args, context, runOfWorkflow, {
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
