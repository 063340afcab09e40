import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { claimUri, resultUri } from "../../pod/model-volume";
import { trainingNames, trainingObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createEnvironmentSecret } from "../../pod/secret";
import { historyLength } from "../../runs/history";
import { createRunRecord, currentResult, defineResult, knownResult } from "../../runs/record";
import { operatorRunOptions, type RunIdentity, runOptions } from "../../runs/run";
import { directoryOf, endOf, identityOf, planRun, runNameOf, runOwner, settle } from "../../runs/tracked-run";
import { TrainingBackend, type TrainingJobArgs } from "./args";
import { hashTraining } from "./content";
import { type TrainingContext, buildTrainingJob, trainingLabels, type TrainingTarget } from "./job";
import { buildJobSet } from "./job-set";
import { buildRayJob } from "./ray-job";
import { buildNodesService } from "./rendezvous";
import { checkAcross, fields } from "./rules";
import { buildTrainJob } from "./train-job";

/**
 * A training, of one pod or of several that work together. Each change of its content starts a new run, and servers can
 * depend on its result.
 *
 * `pulumi up` waits until the run has completed, unless `wait` says otherwise. Changing the image, the command, the
 * resources or anything else that decides the result starts a new run, which replaces the Job of the old one. Each run
 * writes into a directory of its own, and a record remembers those that have completed: a program that returns to
 * earlier content takes the result that is there. `retries` and `timeout` of a Job change in place, and where the pods
 * are placed matters only to a run that has not completed.
 *
 * A run that fails is reported by `pulumi up`, which then fails after everything else is done; servers keep the result
 * of the last completed run. It is not repeated by another `pulumi up` with the same content; change `triggers` to run
 * it again.
 *
 * The container receives these variables: MODEL_DIR, the directory for the result, and MODEL_URI, the URI of the
 * result. With `output.uri`, MODEL_DIR is a directory of the pod, and the program uploads its result to MODEL_URI
 * itself. With several nodes also NODE_RANK, the index of the node; NODE_COUNT, the number of nodes; and MASTER_ADDR
 * and MASTER_PORT, the address of the first node. `torchrun` needs no arguments.
 */
export class TrainingJob extends pulumi.ComponentResource {
    /**
     * URI of the current result, that of the last completed run: `pvc://<claim>/<run>/<UID of the Job>`, or the same
     * below `output.uri`. Fails if it is used before any run has completed.
     */
    declare public readonly model: pulumi.Output<string>;
    /** Name of the Job (JobSet, TrainJob, RayJob), which is the name of the run. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: TrainingJobArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("TrainingJob", name, args, fields, checkAcross);
        const owned = ownership("TrainingJob", name, opts);
        const run = checked.name ?? name;
        const training = owned.claim(args, checked, trainingObjects(run, checked.nodes));
        super("kubernetes-mlops:index:TrainingJob", name, {}, withMetadata(owned.options, training));

        const labels = trainingLabels(run);
        const { namespace } = training.workspace;
        const target = createTrainingTarget(name, run, training, this);
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
                // Its name stays, so the old one must be deleted first; a completed run has no pod that needs it.
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

        const keep = target.claim === undefined ? undefined : (training.keepResults ?? historyLength);
        const owner = runOwner(this, `TrainingJob "${name}"`, trainingNames.record(run), training, keep);
        const plan = planRun(owner, run, hashTraining(training, context));
        const job = createRun(name, run, training, context, identityOf(plan), {
            parent: this,
            dependsOn: secret && [secret],
        });
        const end = endOf(owner, plan, training.backend ?? TrainingBackend.Job, job);
        const outcome = pulumi
            .all([end, target.uri, directoryOf(plan, end)])
            .apply(([{ state }, uri, directory]) => (state === "completed" ? { result: `${uri}/${directory}` } : {}));
        const record = createRunRecord(name, owner, labels, settle(owner, plan, end, outcome), this);

        this.jobName = runNameOf(plan, job);
        defineResult(this, "model", () => resultUri(currentResult(owner, record), target.claim));
        owned.check();
        this.registerOutputs({ model: knownResult(record), jobName: this.jobName });
    }
}

/** Registers the resources of the run. They are deleted before others take their place, to free what they occupy. */
function createRun(
    name: string,
    objectsName: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
    opts: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): pulumi.CustomResource {
    const { backend = TrainingBackend.Job } = args;
    const { parent, dependsOn = [] } = opts;
    if (backend !== TrainingBackend.Job) {
        const { run, runtime } = operatorRuns[backend](objectsName, args, context, identity, parent);
        // Like the run, it is what it was when it was created: each run has another one.
        const before = runtime
            ? [new CustomResource(`${name}-runtime`, runtime, { parent, ignoreChanges: ["spec.*"] })]
            : [];
        return new CustomResource(`${name}-job`, run, {
            ...operatorRunOptions,
            parent,
            dependsOn: [...dependsOn, ...before],
        });
    }
    const service =
        (args.nodes ?? 1) > 1
            ? [
                  new core.Service(
                      `${name}-nodes`,
                      buildNodesService(
                          trainingNames.nodes(objectsName),
                          args.workspace.namespace,
                          trainingLabels(objectsName),
                      ),
                      { parent },
                  ),
              ]
            : [];
    return new batch.Job(`${name}-job`, buildTrainingJob(objectsName, args, context, identity), {
        ...runOptions,
        parent,
        dependsOn: [...dependsOn, ...service],
    });
}

const operatorRuns = {
    [TrainingBackend.JobSet]: buildJobSet,
    [TrainingBackend.TrainJob]: buildTrainJob,
    [TrainingBackend.RayJob]: buildRayJob,
};

function createTrainingTarget(
    name: string,
    run: string,
    args: TrainingJobArgs,
    parent: pulumi.Resource,
): TrainingTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uri };
    }
    const target = {
        resource: `${name}-model`,
        namespace: args.workspace.namespace,
        labels: trainingLabels(run),
    };
    const claim = createClaim(trainingNames.model(run), output, target, parent);
    return { claim, uri: claimUri(claim) };
}
