import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
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
 * A training, or whatever else ends by itself, on a schedule.
 *
 * Every argument changes in place and counts from the next run on; a run that is under way goes on as it was started.
 * `pulumi up` waits for no run. `kubectl create job --from=cronjob/<name> <run>` starts one by hand.
 *
 * In the container RUN_NAME is the name of the run, MODEL_DIR the directory to write its result to, and MODEL_URI the
 * result's address. Each run has a directory of its own; nothing deletes those of earlier runs. With `output.uri` the
 * directory is the pod's own, from which the program uploads to that address.
 */
export class Schedule extends pulumi.ComponentResource {
    /** The name of the CronJob or CronWorkflow, with which the names of its runs begin. */
    public readonly scheduleName: pulumi.Output<string>;
    /** The address below which each run has its result, under its name: `pvc://<claim>`, or `output.uri`. */
    public readonly outputUri: pulumi.Output<string>;

    constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Schedule", name, args, fields, checkAcross);
        const owned = ownership("Schedule", name, opts);
        const objectsName = checked.name ?? name;
        const schedule = owned.claim(args, checked, scheduleObjects(objectsName));
        super("kubernetes-mlops:index:Schedule", name, {}, owned.options);

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
