import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { templateEngines } from "../../arguments/words";
import { restricted } from "../../pod/pod-template";
import { defaultTimeZone, startPolicy } from "../../runs/cron-job";
import { queueLabels } from "../../runs/queue";
import { runTimeout } from "../../runs/run";
import type { ScheduleArgs } from "./args";
import {
    historyLimits,
    type RunName,
    buildRunPod,
    type ScheduleContext,
    scheduleLabels,
    scheduleMeta,
} from "./run-pod";

type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

/** Argo's own placeholder: Argo mounts the volume into its own container, too, which lacks the program's variables. */
const workflowName: RunName = {
    env: { RUN_NAME: "{{workflow.name}}" },
    directory: { subPath: "{{workflow.name}}" },
};

/**
 * The permissions that the pods of a workflow need to report their results.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/workflow-rbac/
 */
export const workflowRules = [
    { apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] },
];

/**
 * Returns the CronWorkflow of a schedule, whose workflows have one step.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/fields/#cronworkflowspec
 */
export function buildCronWorkflow(
    name: string,
    args: ScheduleArgs,
    context: ScheduleContext & { serviceAccountName: pulumi.Input<string> },
): CustomResourceArgs {
    const labels = scheduleLabels(name);
    const template = buildRunPod(args, context, workflowName, {
        // Kueue admits the pods of workflows one by one.
        labels: { ...labels, ...queueLabels(args) },
        spec: { serviceAccountName: context.serviceAccountName, automountServiceAccountToken: true },
        templateEngine: templateEngines.braces,
    });
    return {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "CronWorkflow",
        metadata: scheduleMeta(name, args),
        spec: {
            schedules: [args.schedule],
            timezone: args.timeZone ?? defaultTimeZone,
            ...startPolicy(args, args.concurrency),
            ...historyLimits(args),
            workflowMetadata: {
                labels: { ...args.labels, ...labels },
                ...(args.annotations && { annotations: args.annotations }),
            },
            workflowSpec: {
                entrypoint: "main",
                activeDeadlineSeconds: runTimeout(args),
                podMetadata: template.metadata,
                ...buildWorkflowSpec(template, {
                    limit: mapInput(args.retries ?? 2, String),
                    // Also when the pod was lost with its node.
                    retryPolicy: "Always",
                }),
            },
        },
    };
}

/**
 * The fields of a pod spec that a workflow has as well. It also has `automountServiceAccountToken`, but passes on only
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
 * Patches a container that Argo adds, which the restricted Pod Security Standard would refuse. Argo's default image
 * runs as root; this is the user of its variant that does not.
 * Source: https://argo-workflows.readthedocs.io/en/release-4.0/workflow-pod-security-context/
 */
const patchArgoContainer = (name: string) => ({ name, securityContext: { ...restricted, runAsUser: 8737 } });

/**
 * Returns the spec of a workflow of one step; fields that a workflow lacks are merged into the pod that Argo creates.
 */
function buildWorkflowSpec(template: PodTemplateSpec, retryStrategy: object): Record<string, unknown> {
    const { containers, initContainers, ...spec } = template.spec as types.input.core.v1.PodSpec;
    const [container, ...sidecars] = containers as types.input.core.v1.Container[];
    const entries = Object.entries(spec).filter(([, value]) => value !== undefined);
    const own = entries.filter(([field]) => workflowFields.includes(field));
    const others = entries.filter(([field]) => !workflowFields.includes(field));
    return {
        ...Object.fromEntries(own),
        podSpecPatch: pulumi.jsonStringify({
            ...Object.fromEntries(others),
            initContainers: [patchArgoContainer("init")],
            containers: [patchArgoContainer("wait")],
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
