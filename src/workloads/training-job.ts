import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { mapInputs } from "../manifests/inputs";
import { claimUri } from "../manifests/model";
import { nodesService } from "../manifests/rendezvous";
import { failureOf, type RunStatus } from "../manifests/run-status";
import {
    nodesServiceName,
    type TrainingContext,
    trainingJob,
    trainingLabels,
    TrainingTarget,
} from "../manifests/training";
import { type OperatorRun, trainingJobSet, trainingRayJob, trainingTrainJob } from "../manifests/training-operators";
import { failOutput, integer, matching, object, oneOf, outputOf, plain, Problems, validate } from "../validation";
import { AccessMode, checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { RunArgs, runFields } from "./run";
import { environmentSecret } from "./secret";
import { TrainingBackend, TrainingFramework } from "./training-enums";
import { checkWorkload } from "./workload";

/** Where the results of runs are kept. */
export interface TrainingOutputArgs extends ClaimArgs {
    /**
     * An address such as "s3://models/fraud" in place of a claim. Each run is told an address of its own below it as
     * the variable MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}

/** Where the pods of one run are, relative to each other. */
export interface TopologyArgs {
    /**
     * The node label whose value all pods must have in common, for example "topology.kubernetes.io/zone", a rack's, or
     * "nvidia.com/gpu.clique" for one NVLink domain. Where there is no room for all of them, none starts with a queue,
     * and without one the last wait.
     */
    required?: pulumi.Input<string>;
    /** The node label whose value pods have in common where there is room. */
    preferred?: pulumi.Input<string>;
}

/** The arguments of a TrainingJob. */
export interface TrainingJobArgs extends RunArgs {
    /** Where the results are kept. Defaults to a claim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /**
     * How many pods train together. Defaults to 1. With a queue (`workspace.queue`) none starts before there is room for
     * all; without one they start as there is.
     */
    nodes?: number;
    /** What the pods work together with, which decides the variables that they get. Defaults to PyTorch. */
    framework?: TrainingFramework;
    /** How many processes each pod runs. Defaults to as many as it has GPUs, or 1. */
    processesPerNode?: pulumi.Input<number>;
    /** What the training is in the cluster. Defaults to a Job. Another one is a new run. */
    backend?: TrainingBackend;
    /**
     * A volume in which each run has the directory CHECKPOINT_DIR. What the program writes there is found again after a
     * lost pod, by the same run; a run of another content begins with an empty one. Defaults to none.
     */
    checkpoint?: ClaimArgs;
    /** Where the pods are, relative to each other. Defaults to anywhere. */
    topology?: TopologyArgs;
}

const decides = "it decides which objects there are: give a value";
const labelKey = matching(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    'it must be the name of a node label, such as "topology.kubernetes.io/zone"',
);

const fields = {
    ...runFields,
    output: object({
        ...claimFields,
        uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
    }),
    nodes: plain(integer(1, 1000), decides),
    framework: plain(oneOf(Object.values(TrainingFramework)), decides),
    processesPerNode: integer(1, 1024),
    backend: plain(oneOf(Object.values(TrainingBackend)), decides),
    checkpoint: object(claimFields),
    topology: object({ required: labelKey, preferred: labelKey }),
};

/** The longest names of components whose runs are called `<name>-<8 characters>`, and pods after them. */
const longestNames: Record<TrainingBackend, number> = {
    [TrainingBackend.Job]: 50,
    [TrainingBackend.JobSet]: 40,
    [TrainingBackend.TrainJob]: 40,
    // Source: ValidateRayJobMetadata of KubeRay, which allows 47 characters.
    [TrainingBackend.RayJob]: 38,
};

function checkAcross(args: TrainingJobArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems);
    checkClaim(args.output, "output", problems);
    checkClaim(args.checkpoint, "checkpoint", problems);
    const { uri, ...claim } = args.output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "describes a claim besides a uri; leave one of them out");
    }
    const { nodes = 1, backend = TrainingBackend.Job, framework = TrainingFramework.Torch } = args;
    const longest = longestNames[backend];
    if (longest !== undefined && name.length > longest && name.length <= longestNames.Job) {
        problems.add("the name", `is "${name}"; with the backend ${backend} it must be at most ${longest} characters`);
    }
    if (framework === TrainingFramework.Mpi && backend !== TrainingBackend.TrainJob) {
        problems.add("framework", 'is "mpi", which the backend TrainJob alone can start; set backend to "TrainJob"');
    }
    if (backend === TrainingBackend.RayJob) {
        for (const field of ["framework", "processesPerNode"] as const) {
            if (args[field] !== undefined) {
                problems.add(
                    field,
                    "is given besides the backend RayJob, where Ray starts the processes; leave it out",
                );
            }
        }
        if (args.command === undefined) {
            problems.add("command", "is missing; a RayJob has no use for the image's own: give the command to run");
        }
    }
    if (nodes === 1) {
        return;
    }
    for (const [path, volume] of Object.entries({
        output: uri === undefined ? claim : undefined,
        checkpoint: args.checkpoint,
    })) {
        if (volume !== undefined && volume.claim === undefined && volume.accessMode === undefined) {
            problems.add(
                `${path}.accessMode`,
                `is missing; ${nodes} pods share the volume: say ReadWriteMany, or ReadWriteOnce where one node holds them`,
            );
        }
        if (volume?.accessMode === AccessMode.ReadWriteOncePod) {
            problems.add(
                `${path}.accessMode`,
                `is "ReadWriteOncePod", and ${nodes} pods share the volume; say ReadWriteMany, or name a claim`,
            );
        }
    }
}

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
        super("kubernetes-mlops:index:TrainingJob", name, {}, opts);

        const labels = trainingLabels(name);
        const { namespace } = checked.workspace;
        const target = trainingTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to train again.
                    secretName: `${name}-env`,
                    namespace,
                    labels,
                    values: checked.secretEnv,
                },
                // Its name stays, so the old one must go first; no pod of a run that is through misses it.
                { parent: this, deleteBeforeReplace: true },
            );
        const context: TrainingContext = {
            target,
            checkpoint:
                checked.checkpoint &&
                claimOf(
                    `${name}-checkpoint`,
                    checked.checkpoint,
                    { resource: `${name}-checkpoint`, namespace, labels },
                    this,
                ),
            secretName: secret && `${name}-env`,
            claimTemplate: gpuClaimTemplate(name, checked, labels, this),
        };

        this.jobName = startRun(name, checked, context, { parent: this, dependsOn: secret && [secret] });
        this.model = outputOf(target.uriOf(this.jobName));
        this.registerOutputs({ model: this.model, jobName: this.jobName });
    }
}

/** Registers what the run is in the cluster; gives its name, once it is through. */
function startRun(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    opts: { parent: pulumi.Resource; dependsOn?: pulumi.Resource[] },
): pulumi.Output<string> {
    const { backend = TrainingBackend.Job } = args;
    if (backend !== TrainingBackend.Job) {
        return startOperatorRun(name, operatorRuns[backend](name, args, context), opts);
    }
    const { parent, dependsOn = [] } = opts;
    const service =
        (args.nodes ?? 1) > 1
            ? [
                  new core.Service(
                      `${name}-nodes`,
                      nodesService(nodesServiceName(name), args.workspace.namespace, trainingLabels(name)),
                      { parent },
                  ),
              ]
            : [];
    return new batch.Job(`${name}-job`, trainingJob(name, args, context), {
        parent,
        dependsOn: [...dependsOn, ...service],
    }).metadata.name;
}

const operatorRuns = {
    [TrainingBackend.JobSet]: trainingJobSet,
    [TrainingBackend.TrainJob]: trainingTrainJob,
    [TrainingBackend.RayJob]: trainingRayJob,
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

function trainingTarget(name: string, args: TrainingJobArgs, parent: pulumi.Resource): TrainingTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uriOf: (run) => mapInputs({ uri, run }, (known) => `${known.uri}/${known.run}`) };
    }
    const target = {
        resource: `${name}-model`,
        namespace: args.workspace.namespace,
        labels: trainingLabels(name),
    };
    const claim = claimOf(name, output, target, parent);
    return { claim, uriOf: (run) => claimUri(claim, run) };
}
