import * as batch from "@pulumi/kubernetes/batch/v1";
import * as pulumi from "@pulumi/pulumi";

import { labelsOf } from "../manifests/metadata";
import { claimUri } from "../manifests/model";
import { trainingJob, TrainingTarget } from "../manifests/training";
import { matching, object, Problems, validate } from "../validation";
import { checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { RunArgs, runFields } from "./run";
import { environmentSecret } from "./secret";
import { checkWorkload } from "./workload";

/** Where the results of runs are kept. */
export interface TrainingOutputArgs extends ClaimArgs {
    /**
     * An address such as "s3://models/fraud" in place of a claim. Each run is told an address of its own below it as
     * the variable MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}

/** The arguments of a TrainingJob. */
export interface TrainingJobArgs extends RunArgs {
    /** Where the results are kept. Defaults to a claim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
}

const fields = {
    ...runFields,
    output: object({
        ...claimFields,
        uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
    }),
};

function checkAcross(args: TrainingJobArgs, problems: Problems): void {
    checkWorkload(args, problems);
    checkClaim(args.output, "output", problems);
    const { uri, ...claim } = args.output ?? {};
    if (uri !== undefined && Object.keys(claim).length > 0) {
        problems.add("output", "describes a claim besides a uri; leave one of them out");
    }
}

/**
 * A training: a Job that runs once for each content it is made of, and whose result others depend on.
 *
 * `pulumi up` waits until it is through. A change of the image, the command, the resources or anything else of its pod
 * is a new run: the Job is replaced, the new one is through before the old one's record goes, and each run writes to a
 * place of its own, so that what serves the old model is not disturbed. `retries` and `timeout` change in place and
 * change nothing about a run that is through; neither does a new value in `secretEnv`. A run that has failed for good
 * is not repeated by another `pulumi up` of the same content; change `triggers` to run it again.
 *
 * In the container MODEL_DIR is the directory to write the result to, and MODEL_URI its address. With `output.uri` the
 * directory is the pod's own, from which the program uploads to that address.
 */
export class TrainingJob extends pulumi.ComponentResource {
    /** Where the result is, known when the run is through: `pvc://<claim>/<run>`, or an address below `output.uri`. */
    public readonly model: pulumi.Output<string>;
    /** The name of the Job, which is the name of the run. */
    public readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: TrainingJobArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("TrainingJob", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:TrainingJob", name, {}, opts);

        const labels = labelsOf(name, "training");
        const target = trainingTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to train again.
                    secretName: `${name}-env`,
                    namespace: checked.workspace.namespace,
                    labels,
                    values: checked.secretEnv,
                },
                // Its name stays, so the old one must go first; no pod of a run that is through misses it.
                { parent: this, deleteBeforeReplace: true },
            );
        const job = new batch.Job(
            `${name}-job`,
            trainingJob(name, checked, {
                target,
                secretName: secret && `${name}-env`,
                claimTemplate: gpuClaimTemplate(name, checked, labels, this),
            }),
            { parent: this, dependsOn: secret },
        );

        this.jobName = job.metadata.name;
        this.model = job.metadata.name.apply((run) => target.uriOf(run));
        this.registerOutputs({ model: this.model, jobName: this.jobName });
    }
}

function trainingTarget(name: string, args: TrainingJobArgs, parent: pulumi.Resource): TrainingTarget {
    const { uri, ...output } = args.output ?? {};
    if (uri !== undefined) {
        return { uriOf: (run) => pulumi.interpolate`${uri}/${run}` };
    }
    const target = {
        resource: `${name}-model`,
        namespace: args.workspace.namespace,
        labels: labelsOf(name, "training"),
    };
    const claim = claimOf(name, output, target, parent);
    return { claim, uriOf: (run) => pulumi.output(claim).apply((known) => claimUri(known, run)) };
}
