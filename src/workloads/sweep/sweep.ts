import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { failOutput, outputOf } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { claimUri } from "../../pod/model-volume";
import { sweepNames, sweepObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createEnvironmentSecret } from "../../pod/secret";
import { type BestTrial, type SweepArgs, SweepBackend } from "./args";
import { buildBestTrialPod } from "./best-trial-pod";
import { buildExperiment } from "./experiment";
import { experimentOutcome, type ExperimentStatus } from "./experiment-outcome";
import { buildSweepJob } from "./job";
import { type Outcome, sweepOutcome } from "./outcome";
import { checkAcross, fields } from "./rules";
import { type SweepContext, sweepLabels } from "./trial-pod";
import { type Trial, trialsOf } from "./trials";
import { buildTrialsConfigMap } from "./trials-config-map";

/**
 * A search for the best parameters: a Job that runs the same image once for each trial, some of them at a time, and
 * the best trial as an output.
 *
 * In the container TRIAL_FILE is a JSON file with the parameters of the trial, MODEL_DIR the directory to write its
 * result to, and RESULT_FILE the JSON file in it to write the metric to, as `{"accuracy": 0.93}`. TRIAL_NAME names the
 * trial for people and tracking servers.
 *
 * `pulumi up` waits until all trials are through, and has the best one then. A trial that fails is tried again up to
 * `retries` times by itself; one that fails for good is no reason for the sweep to fail, unless `maxFailedTrials` says
 * so. A change of what is searched, of the pod, of `retries` or of `parallelism` is a new run with all of its trials;
 * `timeout`, `maxFailedTrials` and `budget.gpuHours` change in place.
 */
export class Sweep extends pulumi.ComponentResource {
    /** The best trial: which it was, its parameters, and the value it has reached. */
    public readonly best: pulumi.Output<BestTrial>;
    /** Where the best trial's result is, `pvc://<claim>/<run>/<trial>`, for a ModelServer. */
    public readonly model: pulumi.Output<string>;
    /** The name of the run: of its Job, or of its Experiment. */
    public readonly runName: pulumi.Output<string>;

    constructor(name: string, args: SweepArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Sweep", name, args, fields, checkAcross);
        const owned = ownership("Sweep", name, opts);
        const objectsName = checked.name ?? name;
        const sweep = owned.claim(args, checked, sweepObjects(objectsName));
        super("kubernetes-mlops:index:Sweep", name, {}, owned.options);

        const labels = sweepLabels(objectsName);
        const { namespace } = sweep.workspace;
        const secretName = sweepNames.secret(objectsName);
        const secret =
            sweep.secretEnv &&
            createEnvironmentSecret(
                name,
                // Not named after its content: a new password is no reason to search again.
                { secretName, namespace, labels, values: sweep.secretEnv },
                { parent: this, deleteBeforeReplace: true },
            );
        const context: SweepContext = {
            claim: createClaim(
                sweepNames.results(objectsName),
                sweep.output ?? {},
                { resource: `${name}-output`, namespace, labels },
                this,
            ),
            secretName: secret && secretName,
            claimTemplate: createGpuClaimTemplate(name, sweepNames.gpuClaim(objectsName), sweep, labels, this),
        };
        const run =
            sweep.backend === SweepBackend.Katib
                ? experimentRun(name, objectsName, sweep, context, { parent: this, dependsOn: secret })
                : jobRun(name, objectsName, sweep, context, { parent: this, dependsOn: secret });

        this.runName = run.name;
        this.best = run.outcome.apply(({ best, problem, warning }): BestTrial => {
            if (warning !== undefined) {
                void pulumi.log.warn(`Sweep "${name}": ${warning}`, this);
            }
            // Where nobody has waited (pulumi.com/skipAwait), nothing is known of it.
            return problem === undefined
                ? (best ?? ({} as BestTrial))
                : failOutput<BestTrial>(`Sweep "${name}": ${problem}`);
        });
        const trial = this.best.apply((best) => best.trial ?? "");
        this.model = outputOf(claimUri(context.claim, run.name, trial));
        owned.check();
        this.registerOutputs({ best: this.best, model: this.model, runName: this.runName });
    }
}

interface SweepRun {
    name: pulumi.Output<string>;
    outcome: pulumi.Output<Outcome>;
}

/** A Job of all trials, and a pod that compares their results when it has ended. */
function jobRun(
    name: string,
    objectsName: string,
    args: SweepArgs,
    context: SweepContext,
    opts: pulumi.CustomResourceOptions,
): SweepRun {
    const { parent } = opts;
    const trials: Trial[] = trialsOf(args);
    const config = new core.ConfigMap(`${name}-trials`, buildTrialsConfigMap(objectsName, args, trials), { parent });
    const ofJob = { ...context, trials: trials.length, trialsName: config.metadata.name };
    const job = new batch.Job(`${name}-job`, buildSweepJob(objectsName, args, ofJob), opts);
    const pod = new core.Pod(`${name}-best`, buildBestTrialPod(objectsName, args, ofJob, job), {
        parent,
        dependsOn: job,
    });
    const { maxFailedTrials, timeout, budget } = args;
    const outcome = pulumi
        .all([job.status, pod.status, pulumi.output({ maxFailedTrials, timeout, gpuHours: budget?.gpuHours })])
        .apply(([jobStatus, podStatus, told]) => sweepOutcome({ trials, ...told, job: jobStatus, pod: podStatus }));
    return { name: job.metadata.name, outcome };
}

/** An Experiment, which knows its best trial itself. */
function experimentRun(
    name: string,
    objectsName: string,
    args: SweepArgs,
    context: SweepContext,
    opts: pulumi.CustomResourceOptions,
): SweepRun {
    const experiment = new CustomResource(
        `${name}-experiment`,
        // Only what is named here is read back.
        { ...buildExperiment(objectsName, args, context), status: undefined },
        { ...opts, replaceOnChanges: ["spec"] },
    );
    const { status } = experiment as unknown as { status: pulumi.Output<ExperimentStatus | undefined> };
    return {
        name: experiment.metadata.name,
        outcome: pulumi
            .output({ status, maxFailedTrials: args.maxFailedTrials })
            .apply((told) => experimentOutcome(args, told)),
    };
}
