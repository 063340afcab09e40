import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { withoutDependencies } from "../../arguments/inputs";
import { isMocked } from "../../arguments/monitor";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { resultUri } from "../../pod/model-volume";
import { sweepNames, sweepObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createEnvironmentSecret } from "../../pod/secret";
import type { RunHashes } from "../../runs/content";
import { type CompletedRun, historyLength } from "../../runs/history";
import { createRunRecord, currentResult, defineResult, knownResult } from "../../runs/record";
import { operatorRunOptions, runOptions } from "../../runs/run";
import {
    directoryOf,
    endOf,
    identityOf,
    planRun,
    type RunEnd,
    runNameOf,
    type RunOwner,
    runOwner,
    type RunPlan,
    settle,
} from "../../runs/tracked-run";
import { type BestTrial, type SweepArgs, SweepBackend } from "./args";
import { buildBestTrialPod } from "./best-trial-pod";
import { hashSweep } from "./content";
import { buildExperiment } from "./experiment";
import { parseExperimentOutcome } from "./experiment-outcome";
import { buildSweepJob } from "./job";
import { type Outcome, parseSweepOutcome, type SweepResult } from "./outcome";
import { checkAcross, fields } from "./rules";
import { type SweepContext, sweepLabels } from "./trial-pod";
import { type Trial, buildTrials } from "./trials";
import { buildTrialsConfigMap } from "./trials-config-map";

/**
 * A search for the best hyperparameters: a Job that runs the same image once for each trial, several at a time, and
 * outputs the best trial.
 *
 * The container receives these variables: TRIAL_FILE, a JSON file with the parameters of the trial; MODEL_DIR, the
 * directory for its result; RESULT_FILE, a JSON file in that directory to which it writes the metric, such as
 * `{"accuracy": 0.93}`; and TRIAL_NAME, a unique name of the trial, for people and tracking servers.
 *
 * `pulumi up` waits until all trials have ended, and then outputs the best one. A trial that fails is retried up to
 * `retries` times; the sweep succeeds despite failed trials, unless they are more than `maxFailedTrials`. Changing the
 * search or anything else that decides the results starts a new run of all trials, unless such a run has completed
 * before: then its result is there at once (Katib runs it again). `timeout`, `maxFailedTrials` and `budget.gpuHours`
 * change in place; `retries`, `parallelism` and where the trials are placed matter only to a run that has not completed.
 * If a run fails, `best` and `model` stay those of the last completed run.
 */
export class Sweep extends pulumi.ComponentResource {
    /** The best trial: its index or name, its parameters, and the value of its metric. */
    declare public readonly best: pulumi.Output<BestTrial>;
    /** URI of the result of the best trial, `pvc://<claim>/<run>/<UID of the Job>/<trial>`, for a ModelServer. */
    declare public readonly model: pulumi.Output<string>;
    /** Name of the run, which is the name of its Job or Experiment. */
    public readonly runName: pulumi.Output<string>;

    constructor(name: string, args: SweepArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Sweep", name, args, fields, checkAcross);
        const owned = ownership("Sweep", name, opts);
        const objectsName = checked.name ?? name;
        const sweep = owned.claim(args, checked, sweepObjects(objectsName));
        super("kubernetes-mlops:index:Sweep", name, {}, withMetadata(owned.options, sweep));

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
        const isKatib = sweep.backend === SweepBackend.Katib;
        const keep = isKatib ? undefined : (sweep.keepResults ?? historyLength);
        const owner = runOwner(this, `Sweep "${name}"`, sweepNames.record(objectsName), sweep, keep);
        const hashes = hashSweep(sweep, context.claim);
        const runOpts = { parent: this, dependsOn: secret };
        const run = isKatib
            ? createExperimentRun(name, objectsName, sweep, context, owner, hashes, runOpts)
            : createJobRun(name, objectsName, sweep, context, owner, hashes, runOpts);
        const outcome = pulumi
            .all([run.outcome, run.directory, context.claim])
            .apply(([{ best, problem, warning, succeeded }, directory, claim]) => {
                if (warning !== undefined) {
                    void pulumi.log.warn(`Sweep "${name}": ${warning}`, this);
                }
                const model = best && `pvc://${claim}/${directory}/${best.trial}`;
                return { problem, result: best && JSON.stringify({ best, model, succeeded }) };
            });
        const record = createRunRecord(name, owner, labels, settle(owner, run.plan, run.end, outcome), this);

        this.runName = runNameOf(run.plan, run.job);
        const result = () => currentResult(owner, record).apply((json) => JSON.parse(json) as SweepResult);
        defineResult(this, "best", () => result().apply(({ best }) => best));
        defineResult(this, "model", () =>
            resultUri(
                result().apply(({ model }) => model),
                context.claim,
            ),
        );
        const known = knownResult(record).apply((json) =>
            json === undefined ? undefined : (JSON.parse(json) as SweepResult),
        );
        owned.check();
        this.registerOutputs({
            best: known.apply((one) => one?.best),
            model: known.apply((one) => one?.model),
            runName: this.runName,
        });
    }
}

interface SweepRun {
    plan: pulumi.Output<RunPlan>;
    job: pulumi.CustomResource;
    end: pulumi.Output<RunEnd>;
    /** The directory of the run in the claim. */
    directory: pulumi.Output<string>;
    outcome: pulumi.Output<Outcome>;
}

/** A Job of all trials, and a pod that compares their results when it has ended. */
function createJobRun(
    name: string,
    objectsName: string,
    args: SweepArgs,
    context: SweepContext,
    owner: RunOwner,
    hashes: pulumi.Output<RunHashes>,
    opts: pulumi.CustomResourceOptions,
): SweepRun {
    const { parent } = opts;
    const trials: Trial[] = buildTrials(args);
    const config = new core.ConfigMap(`${name}-trials`, buildTrialsConfigMap(objectsName, args, trials, parent!), {
        parent,
    });
    const ofJob = { ...context, trials: trials.length, trialsName: config.metadata.name };
    const plan = planRun(owner, objectsName, hashes);
    const manifest = buildSweepJob(objectsName, args, ofJob, identityOf(plan));
    const job = new batch.Job(`${name}-job`, manifest, { ...runOptions, ...opts });
    const end = endOf(owner, plan, "Job", job);
    const directory = directoryOf(plan, end);
    const succeeded = pulumi.all([plan, end]).apply(([{ done }, known]) => succeededTrials(done, known));
    const pod = new core.Pod(
        `${name}-best`,
        buildBestTrialPod(objectsName, args, ofJob, { run: plan.run, directory, succeeded }),
        // Deleted first, so that the name can be used again after an update that has failed before its deletions.
        { parent, dependsOn: job, deleteBeforeReplace: true },
    );
    const { maxFailedTrials, timeout, budget } = args;
    const limits = pulumi.output({ maxFailedTrials, timeout, gpuHours: budget?.gpuHours });
    const outcome = pulumi
        .all([end, withoutDependencies(pod.status), limits, plan, succeeded])
        .apply(([known, podStatus, most, { done }, indexes]): Outcome => {
            if (done !== undefined) {
                return JSON.parse(done.result) as SweepResult;
            }
            const ended = known.state === "completed" || known.state === "failed" ? known.status : undefined;
            const parsed = parseSweepOutcome({ trials, ...most, job: ended, pod: podStatus });
            return { ...unlessMocked(parsed), succeeded: indexes };
        });
    return { plan, job, end, directory, outcome };
}

/** Returns the indexes of the trials that have succeeded, or undefined while the sweep has not ended. */
function succeededTrials(done: CompletedRun | undefined, end: RunEnd): string | undefined {
    if (done !== undefined) {
        return (JSON.parse(done.result) as SweepResult).succeeded;
    }
    return end.state === "completed" || end.state === "failed" ? (end.status?.completedIndexes ?? "") : undefined;
}

/** Registers an Experiment, whose status has the best trial. */
function createExperimentRun(
    name: string,
    objectsName: string,
    args: SweepArgs,
    context: SweepContext,
    owner: RunOwner,
    hashes: pulumi.Output<RunHashes>,
    opts: pulumi.CustomResourceOptions,
): SweepRun {
    const plan = planRun(owner, objectsName, hashes).apply((known) => ({ ...known, done: undefined }));
    const manifest = buildExperiment(objectsName, args, context, identityOf(plan));
    const experiment = new CustomResource(`${name}-experiment`, { ...manifest }, { ...operatorRunOptions, ...opts });
    const end = endOf(owner, plan, "Experiment", experiment);
    const outcome = pulumi
        .all([end, pulumi.output(args.maxFailedTrials)])
        .apply(([known, maxFailedTrials]) =>
            known.state === "completed" || known.state === "failed"
                ? unlessMocked(parseExperimentOutcome(args, { status: known.status, maxFailedTrials }))
                : {},
        );
    return { plan, job: experiment, end, directory: plan.run, outcome };
}

/** Under the mocks of a unit test, which have no trials, a best one without parameters. */
const unlessMocked = (outcome: Outcome): Outcome =>
    !isMocked() || outcome.best !== undefined || outcome.problem !== undefined
        ? outcome
        : { best: { trial: "0", parameters: {}, value: 0 } };
