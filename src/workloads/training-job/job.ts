import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import { modelDir, outputVolume, type PodVolumes } from "../../pod/model-volume";
import { trainingNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { ignoreDisruptions, runMeta, runTimeout, runTolerations } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { rendezvous, type Rendezvous } from "./rendezvous";

type Job = types.input.batch.v1.Job;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

export const component = "training";

/** The labels of everything that belongs to a training. */
export const trainingLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** Where a run keeps what it goes on from when it has lost a pod. */
const checkpointDir = "/checkpoint";

/** Where a run writes: into a directory of a claim, or to an address of its own. */
export interface TrainingTarget {
    /** The claim's name, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The address of the run of this name. */
    uriOf(run: pulumi.Input<string>): pulumi.Input<string>;
}

/** What a run refers to, besides its arguments. */
export interface TrainingContext {
    target: TrainingTarget;
    /** The claim of the checkpoints. */
    checkpoint?: pulumi.Input<string>;
    /** The name of the Secret that holds `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** The name of the template of GPU claims, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** The Job of one run. What cannot be changed in a Job is part of its name, so that a change is a new run. */
export function buildTrainingJob(name: string, args: TrainingJobArgs, context: TrainingContext): Job {
    const content = { ...fixedSpec(name, args, context, "run"), triggers: args.triggers };
    const run = hashedName(name, content);
    // A lost pod takes the others of its run along: each failure of the run is one of every pod.
    const pods = args.nodes ?? 1;
    const retries = args.retries ?? 2;
    return {
        metadata: runMeta(name, component, run, args),
        spec: {
            backoffLimit: pods === 1 ? retries : mapInput(retries, (known) => known * pods),
            activeDeadlineSeconds: runTimeout(args),
            ...fixedSpec(name, args, context, run),
        },
    };
}

/** The fields of a Job that cannot be changed. */
function fixedSpec(name: string, args: TrainingJobArgs, context: TrainingContext, run: pulumi.Input<string>) {
    const service = trainingNames.nodes(name);
    const several = (args.nodes ?? 1) > 1;
    const template = buildTrainingPod(name, args, context, run, {
        ...(several && {
            rendezvous: rendezvous(args, pulumi.interpolate`${run}-0.${service}`),
            spec: { subdomain: service },
        }),
    });
    return {
        ...(several && { completionMode: "Indexed", completions: args.nodes, parallelism: args.nodes }),
        podFailurePolicy: ignoreDisruptions,
        template,
    };
}

/** The pod of a run. */
export function buildTrainingPod(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    run: pulumi.Input<string>,
    details: { rendezvous?: Rendezvous; spec?: Partial<types.input.core.v1.PodSpec> },
): PodTemplateSpec {
    const { target, checkpoint, secretName, claimTemplate } = context;
    return buildPodTemplate(args, {
        labels: trainingLabels(name),
        ...placement(name, args, run),
        spec: { restartPolicy: "Never", ...details.spec },
        env: {
            MODEL_URI: target.uriOf(run),
            MODEL_DIR: modelDir,
            ...(checkpoint !== undefined && { CHECKPOINT_DIR: checkpointDir }),
            ...details.rendezvous?.env,
        },
        envValueFrom: details.rendezvous?.envValueFrom,
        volumes: [
            outputVolume(target.claim, run),
            ...(checkpoint === undefined ? [] : [checkpointVolume(checkpoint, run)]),
        ],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

/** Each run has a directory of its own: another content has no use for the checkpoints of this one. */
function checkpointVolume(claim: pulumi.Input<string>, run: pulumi.Input<string>): PodVolumes {
    return {
        volumes: [{ name: "checkpoint", persistentVolumeClaim: { claimName: claim } }],
        mounts: [{ name: "checkpoint", mountPath: checkpointDir, subPath: run }],
    };
}

/** Pods of a run find each other by this label. */
const runLabel = "kubernetes-mlops/run";

/**
 * Where the pods of a run are, relative to each other. A queue places them all at once; without one each pod goes to
 * where the first of them is.
 * Source: https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/
 */
function placement(name: string, args: TrainingJobArgs, run: pulumi.Input<string>) {
    const { required, preferred } = args.topology ?? {};
    if (required === undefined && preferred === undefined) {
        return {};
    }
    if (args.workspace.queue !== undefined) {
        const annotations: Record<string, pulumi.Input<string>> = {
            ...(required !== undefined && { "kueue.x-k8s.io/podset-required-topology": required }),
            ...(preferred !== undefined && { "kueue.x-k8s.io/podset-preferred-topology": preferred }),
        };
        return { annotations };
    }
    const labels = { ...trainingLabels(name), [runLabel]: run };
    const near = (topologyKey: pulumi.Input<string>) => ({
        labelSelector: { matchLabels: { [runLabel]: run } },
        topologyKey,
    });
    return {
        labels,
        podAffinity: {
            ...(required !== undefined && { requiredDuringSchedulingIgnoredDuringExecution: [near(required)] }),
            ...(preferred !== undefined && {
                preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: near(preferred) }],
            }),
        },
    };
}
