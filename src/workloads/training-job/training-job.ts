import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { failOutput, mapInputs, outputOf } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { claimUri } from "../../pod/model-volume";
import { trainingNames, trainingObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createEnvironmentSecret } from "../../pod/secret";
import { failureOf, type RunStatus } from "../../runs/status";
import { TrainingBackend, type TrainingJobArgs } from "./args";
import { type TrainingContext, buildTrainingJob, trainingLabels, type TrainingTarget } from "./job";
import { buildJobSet } from "./job-set";
import type { OperatorRun } from "./operator-run";
import { buildRayJob } from "./ray-job";
import { buildNodesService } from "./rendezvous";
import { checkAcross, fields } from "./rules";
import { buildTrainJob } from "./train-job";

/**
 * A training: a run for each content it is made of, of one pod or of several that work together, and whose result others
 * depend on.
 *
 * `pulumi up` waits until it is through. A change of the image, the command, the resources or anything else of its pod
 * is a new run: the Job is replaced, the new one is through before the old one's record goes, and each run writes to a
 * place of its own, so that what serves the old model is not disturbed. `retries` and `timeout` of a Job change in place
 * and change nothing about a run that is through (other backends cannot be changed: there they are a new run, too);
 * neither does a new value in `secretEnv`. A run that has failed for good is not repeated by another `pulumi up` of the
 * same content; change `triggers` to run it again.
 *
 * In the container MODEL_DIR is the directory to write the result to, and MODEL_URI its address. With `output.uri` the
 * directory is the pod's own, from which the program uploads to that address. With several nodes NODE_RANK says which of
 * them it is, NODE_COUNT how many there are, MASTER_ADDR and MASTER_PORT where the first is; `torchrun` needs
 * no arguments.
 */
export class TrainingJob extends pulumi.ComponentResource {
    /** Where the result is, known when the run is through: `pvc://<claim>/<run>`, or an address below `output.uri`. */
    public readonly model: pulumi.Output<string>;
    /** The name of the Job (JobSet, TrainJob, RayJob), which is the name of the run. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: TrainingJobArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("TrainingJob", name, args, fields, checkAcross);
        const owned = ownership("TrainingJob", name, opts);
        const run = checked.name ?? name;
        const training = owned.claim(args, checked, trainingObjects(run, checked.nodes));
        super("kubernetes-mlops:index:TrainingJob", name, {}, owned.options);

        const labels = trainingLabels(run);
        const { namespace } = training.workspace;
        const target = trainingTarget(name, run, training, this);
        const secret =
            training.secretEnv &&
            createEnvironmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to train again.
                    secretName: trainingNames.secret(run),
                    namespace,
                    labels,
                    values: training.secretEnv,
                },
                // Its name stays, so the old one must go first; no pod of a run that is through misses it.
                { parent: this, deleteBeforeReplace: true },
            );
        const context: TrainingContext = {
            target,
            checkpoint:
                training.checkpoint &&
                createClaim(
                    trainingNames.checkpoint(run),
                    training.checkpoint,
                    { resource: `${name}-checkpoint`, namespace, labels },
                    this,
                ),
            secretName: secret && trainingNames.secret(run),
            claimTemplate: createGpuClaimTemplate(name, trainingNames.gpuClaim(run), training, labels, this),
        };

        this.jobName = startRun(name, run, training, context, { parent: this, dependsOn: secret && [secret] });
        this.model = outputOf(target.uriOf(this.jobName));
        owned.check();
        this.registerOutputs({ model: this.model, jobName: this.jobName });
    }
}

/** Registers what the run is in the cluster; gives its name, once it is through. */
function startRun(
    name: string,
    run: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    opts: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): pulumi.Output<string> {
    const { backend = TrainingBackend.Job } = args;
    if (backend !== TrainingBackend.Job) {
        return startOperatorRun(name, operatorRuns[backend](run, args, context), opts);
    }
    const { parent, dependsOn = [] } = opts;
    const service =
        (args.nodes ?? 1) > 1
            ? [
                  new core.Service(
                      `${name}-nodes`,
                      buildNodesService(trainingNames.nodes(run), args.workspace.namespace, trainingLabels(run)),
                      { parent },
                  ),
              ]
            : [];
    return new batch.Job(`${name}-job`, buildTrainingJob(run, args, context), {
        parent,
        dependsOn: [...dependsOn, ...service],
    }).metadata.name;
}

const operatorRuns = {
    [TrainingBackend.JobSet]: buildJobSet,
    [TrainingBackend.TrainJob]: buildTrainJob,
    [TrainingBackend.RayJob]: buildRayJob,
};

function startOperatorRun(
    name: string,
    { run, runtime }: OperatorRun,
    { parent, dependsOn = [] }: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): pulumi.Output<string> {
    const before = runtime ? [new CustomResource(`${name}-runtime`, runtime, { parent })] : [];
    // Pulumi gives back what was declared only, so the status is.
    const job = new CustomResource(
        `${name}-job`,
        { ...run, status: undefined },
        { parent, dependsOn: [...dependsOn, ...before] },
    ) as CustomResource & { status: pulumi.Output<RunStatus | undefined> };
    return pulumi.all([job.metadata.name, job.status]).apply(([known, status]) => {
        const failure = failureOf(status);
        return failure === undefined
            ? known
            : failOutput<string>(
                  `TrainingJob "${name}": the run ${known} has failed: ${failure}; kubectl logs tells what its pods ` +
                      "said. Mend it, or change triggers to run it again",
              );
    });
}

function trainingTarget(name: string, run: string, args: TrainingJobArgs, parent: pulumi.Resource): TrainingTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uriOf: (of) => mapInputs({ uri, of }, (known) => `${known.uri}/${known.of}`) };
    }
    const target = {
        resource: `${name}-model`,
        namespace: args.workspace.namespace,
        labels: trainingLabels(run),
    };
    const claim = createClaim(trainingNames.model(run), output, target, parent);
    return { claim, uriOf: (of) => claimUri(claim, of) };
}
