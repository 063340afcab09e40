import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { scheduleNames, scheduleObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createRecord } from "../../pod/record";
import { createPodRole } from "../../pod/role";
import { createEnvironmentSecret } from "../../pod/secret";
import { type ScheduleArgs, ScheduleBackend } from "./args";
import { buildCronJob } from "./cron-job";
import { buildCronWorkflow, workflowRules } from "./cron-workflow";
import { checkAcross, fields } from "./rules";
import { type ScheduleContext, scheduleLabels, type ScheduleTarget } from "./run-pod";

/**
 * A training, or any other program that runs to completion, on a schedule.
 *
 * Every argument changes in place and applies from the next run on; a run in progress continues as it was started.
 * `pulumi up` waits for no run. `kubectl create job --from=cronjob/<name> <run>` starts one manually.
 *
 * The container receives these variables: RUN_NAME, the name of the run; MODEL_DIR, the directory for its result; and
 * MODEL_URI, the URI of the result. Each run has its own directory in the claim; those of earlier runs are never
 * deleted. With `output.uri`, MODEL_DIR is a directory of the pod, and the program uploads its result to MODEL_URI
 * itself.
 */
export class Schedule extends pulumi.ComponentResource {
    /** Name of the CronJob or CronWorkflow. The names of its runs begin with it. */
    public readonly scheduleName: pulumi.Output<string>;
    /** The URI below which each run stores its result, under its name: `pvc://<claim>`, or `output.uri`. */
    public readonly outputUri: pulumi.Output<string>;

    constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Schedule", name, args, fields, checkAcross);
        const owned = ownership("Schedule", name, opts);
        const objectsName = checked.name ?? name;
        const schedule = owned.claim(args, checked, scheduleObjects(objectsName));
        super("kubernetes-mlops:index:Schedule", name, {}, withMetadata(owned.options, schedule));

        const { namespace, serviceAccount } = schedule.workspace;
        const labels = scheduleLabels(objectsName);
        const record = createRecord(name, scheduleNames.record(objectsName), namespace, labels, this);
        const target = scheduleTarget(name, objectsName, schedule, this);
        const secretName = scheduleNames.secret(objectsName);
        const secret =
            schedule.secretEnv &&
            createEnvironmentSecret(
                name,
                // Not named after its content: a run that is under way finds it when a pod is tried again.
                { secretName, namespace, labels, values: schedule.secretEnv },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: ScheduleContext = {
            target,
            secretName: secret && secretName,
            claimTemplate: createGpuClaimTemplate(name, scheduleNames.gpuClaim(objectsName), schedule, labels, this),
        };
        const before = secret ? [record, secret] : [record];
        if (schedule.backend === ScheduleBackend.CronWorkflow) {
            const role = scheduleNames.role(objectsName);
            const account = createPodRole(
                name,
                { role, namespace, labels, rules: workflowRules, serviceAccount },
                this,
            );
            const workflow = new CustomResource(
                `${name}-cronworkflow`,
                buildCronWorkflow(objectsName, schedule, {
                    ...context,
                    serviceAccountName: account.serviceAccountName,
                }),
                { parent: this, dependsOn: [...before, account.binding] },
            );
            this.scheduleName = workflow.metadata.name;
        } else {
            const cronJob = new batch.CronJob(`${name}-cronjob`, buildCronJob(objectsName, schedule, context), {
                parent: this,
                dependsOn: before,
            });
            this.scheduleName = cronJob.metadata.name;
        }

        this.outputUri = pulumi.output(target.uri);
        owned.check();
        this.registerOutputs({ scheduleName: this.scheduleName, outputUri: this.outputUri });
    }
}

function scheduleTarget(
    name: string,
    objectsName: string,
    args: ScheduleArgs,
    parent: pulumi.Resource,
): ScheduleTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uri };
    }
    const target = {
        resource: `${name}-model`,
        namespace: args.workspace.namespace,
        labels: scheduleLabels(objectsName),
    };
    const claim = createClaim(scheduleNames.model(objectsName), output, target, parent);
    return { claim, uri: pulumi.interpolate`pvc://${claim}` };
}
