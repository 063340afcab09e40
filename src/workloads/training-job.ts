import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { duration } from "../duration";
import { labelsOf } from "../manifests/metadata";
import { claimUri } from "../manifests/model";
import { trainingClaim, trainingJob, TrainingTarget } from "../manifests/training";
import {
    bytes,
    dnsSubdomain,
    integer,
    list,
    matching,
    object,
    oneOf,
    Problems,
    required,
    rule,
    textOf,
    validate,
} from "../validation";
import { environmentSecret } from "./secret";
import { checkVariables, WorkloadArgs, workloadFields } from "./workload";

/** Who may mount a volume, and how. */
export enum AccessMode {
    /** Pods of one node. Every kind of storage has it. */
    ReadWriteOnce = "ReadWriteOnce",
    /** One pod of the whole cluster. */
    ReadWriteOncePod = "ReadWriteOncePod",
    /** Pods of any node. Needs shared storage such as NFS or CephFS. */
    ReadWriteMany = "ReadWriteMany",
}

/** Where the results of runs are kept. */
export interface TrainingOutputArgs {
    /**
     * An existing PersistentVolumeClaim of the namespace. Defaults to one that the component creates with `size`,
     * `storageClass` and `accessMode`.
     */
    claim?: pulumi.Input<string>;
    /** The size of the claim that is created. It can grow where its storage class allows it. Defaults to "10Gi". */
    size?: pulumi.Input<string>;
    /**
     * The storage class of the claim that is created. Defaults to the cluster's default class. Another class makes a
     * new claim; the old one stays with what is in it.
     */
    storageClass?: pulumi.Input<string>;
    /**
     * Who may mount the claim that is created. Defaults to ReadWriteOnce: training and servers then run on one node.
     * Another mode makes a new claim; the old one stays with what is in it.
     */
    accessMode?: pulumi.Input<AccessMode>;
    /**
     * Whether the claim that is created is left in the cluster, with the models in it, when the component is removed.
     * Defaults to true. Deleting its namespace deletes it all the same.
     */
    retain?: boolean;
    /**
     * An address such as "s3://models/fraud" in place of a claim. Each run is told an address of its own below it as
     * the variable MODEL_URI, and uploads its result itself.
     */
    uri?: pulumi.Input<string>;
}

/** The arguments of a TrainingJob. */
export interface TrainingJobArgs extends WorkloadArgs {
    /** Where the results are kept. Defaults to a claim of 10Gi that the component creates. */
    output?: TrainingOutputArgs;
    /**
     * How often a failed pod is tried again. Pods that had to make way for others do not count. Defaults to 2.
     */
    retries?: pulumi.Input<number>;
    /**
     * How long the run may take, retries included, for example "90m" or "6h"; then it is stopped and has failed.
     * `pulumi up` waits that long for it. Defaults to "24h".
     */
    timeout?: pulumi.Input<string>;
    /** Texts, a change of which runs the training again even if nothing else has changed: a date, a data version. */
    triggers?: pulumi.Input<string>[];
}

const fields = {
    ...workloadFields,
    output: object({
        claim: dnsSubdomain,
        size: bytes,
        storageClass: dnsSubdomain,
        accessMode: oneOf(Object.values(AccessMode)),
        retain: rule((value) => (typeof value === "boolean" ? undefined : "it must be true or false, and no Output")),
        uri: matching(/^[a-z][a-z0-9+.-]*:\/\/\S+[^\s/]$/, 'it must be an address such as "s3://models/fraud"'),
    }),
    retries: integer(0, 1000),
    timeout: duration,
    triggers: list(
        required(
            textOf({ notSecret: "triggers can be read in the Job: give what tells its versions apart" }),
            "leave the entry out or give a text",
        ),
    ),
};

function checkAcross(args: TrainingJobArgs, problems: Problems): void {
    checkVariables(args, problems);
    const { claim, uri, size, storageClass, accessMode, retain } = args.output ?? {};
    if (claim !== undefined && uri !== undefined) {
        problems.add("output", "names both a claim and a uri; leave one of them out");
    }
    if ((claim ?? uri) !== undefined && (size ?? storageClass ?? accessMode ?? retain) !== undefined) {
        problems.add("output", "describes a new claim besides an existing claim or a uri; leave one of them out");
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

        const target = trainingTarget(name, checked, this);
        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                {
                    // Not named after its content: a new password is no reason to train again.
                    secretName: `${name}-env`,
                    namespace: checked.workspace.namespace,
                    labels: labelsOf(name, "training"),
                    values: checked.secretEnv,
                },
                // Its name stays, so the old one must go first; no pod of a run that is through misses it.
                { parent: this, deleteBeforeReplace: true },
            );
        const job = new batch.Job(`${name}-job`, trainingJob(name, checked, target, secret && `${name}-env`), {
            parent: this,
            dependsOn: secret,
        });

        this.jobName = job.metadata.name;
        this.model = job.metadata.name.apply((run) => target.uriOf(run));
        this.registerOutputs({ model: this.model, jobName: this.jobName });
    }
}

function trainingTarget(name: string, args: TrainingJobArgs, parent: pulumi.Resource): TrainingTarget {
    const { uri, claim: existing, retain } = args.output ?? {};
    if (uri !== undefined) {
        return { uriOf: (run) => pulumi.interpolate`${uri}/${run}` };
    }
    const claim =
        existing ??
        new core.PersistentVolumeClaim(`${name}-model`, trainingClaim(name, args), {
            parent,
            retainOnDelete: retain ?? true,
        }).metadata.name;
    return { claim, uriOf: (run) => pulumi.output(claim).apply((known) => claimUri(known, run)) };
}
