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
        super("kubernetes-mlops:index:Schedule", name, {}, opts);

        const { namespace, serviceAccount } = checked.workspace;
        const labels = scheduleLabels(name);
        const target = createScheduleTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            createEnvironmentSecret(
                name,
                // Not named after its content: a run in progress needs it when a pod is retried.
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

function createScheduleTarget(name: string, args: ScheduleArgs, parent: pulumi.Resource): ScheduleTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uri };
    }
    const target = { resource: `${name}-model`, namespace: args.workspace.namespace, labels: scheduleLabels(name) };
    const claim = createClaim(name, output, target, parent);
    return { claim, uri: pulumi.interpolate`pvc://${claim}` };
}
