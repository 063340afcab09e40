import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
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
        super("kubernetes-mlops:index:Schedule", name, {}, opts);

        const { namespace, serviceAccount } = checked.workspace;
        const labels = scheduleLabels(name);
        const target = scheduleTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            createEnvironmentSecret(
                name,
                // Not named after its content: a run that is under way finds it when a pod is tried again.
                { secretName: `${name}-env`, namespace, labels, values: checked.secretEnv },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: ScheduleContext = {
            target,
            secretName: secret && `${name}-env`,
            claimTemplate: createGpuClaimTemplate(name, checked, labels, this),
        };
        if (checked.backend === ScheduleBackend.CronWorkflow) {
            const role = `${name}-workflow`;
            const account = createPodRole(
                name,
                { role, namespace, labels, rules: workflowRules, serviceAccount },
                this,
            );
            const schedule = new CustomResource(
                `${name}-cronworkflow`,
                buildCronWorkflow(name, checked, { ...context, serviceAccountName: account.serviceAccountName }),
                { parent: this, dependsOn: secret ? [secret, account.binding] : account.binding },
            );
            this.scheduleName = schedule.metadata.name;
        } else {
            const schedule = new batch.CronJob(`${name}-cronjob`, buildCronJob(name, checked, context), {
                parent: this,
                dependsOn: secret,
            });
            this.scheduleName = schedule.metadata.name;
        }

        this.outputUri = pulumi.output(target.uri);
        this.registerOutputs({ scheduleName: this.scheduleName, outputUri: this.outputUri });
    }
}

function scheduleTarget(name: string, args: ScheduleArgs, parent: pulumi.Resource): ScheduleTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uri };
    }
    const target = { resource: `${name}-model`, namespace: args.workspace.namespace, labels: scheduleLabels(name) };
    const claim = createClaim(name, output, target, parent);
    return { claim, uri: pulumi.interpolate`pvc://${claim}` };
}
