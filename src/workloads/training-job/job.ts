import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { labelsOf } from "../../pod/metadata";
import { modelDir, buildOutputVolume, type PodVolumes } from "../../pod/model-volume";
import { trainingNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { ignoreDisruptions, runMeta, runTimeout, runTolerations } from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { buildRendezvous, type Rendezvous } from "./rendezvous";

type Job = types.input.batch.v1.Job;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

export const component = "training";

/** Returns the labels of all objects of a training. */
export const trainingLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** The directory of the checkpoints from which a run resumes after it has lost a pod. */
const checkpointDir = "/checkpoint";

/** Where a run writes: to a directory of a claim, or to its own URI. */
export interface TrainingTarget {
    /** Name of the claim, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** Returns the URI of the result of a run. */
    uriOf(run: pulumi.Input<string>): pulumi.Input<string>;
}

/** The names of the objects to which a run refers. */
export interface TrainingContext {
    target: TrainingTarget;
    /** Name of the claim of the checkpoints. */
    checkpoint?: pulumi.Input<string>;
    /** Name of the Secret with the values of `secretEnv`. */
    secretName?: pulumi.Input<string>;
    /** Name of the ResourceClaimTemplate, with `gpu.deviceClass`. */
    claimTemplate?: pulumi.Input<string>;
}

/** Returns the Job of a run. Its name is a hash of its immutable fields, so that a change starts a new run. */
export function buildTrainingJob(name: string, args: TrainingJobArgs, context: TrainingContext): Job {
    const content = { ...fixedSpec(name, args, context, "run"), triggers: args.triggers };
    const run = hashedName(name, content);
    // When a pod is lost, the others of its run fail, too: each failure of the run is a failure of every pod.
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

/** Returns the immutable fields of a Job. */
function fixedSpec(name: string, args: TrainingJobArgs, context: TrainingContext, run: pulumi.Input<string>) {
    const service = trainingNames.nodes(name);
    const several = (args.nodes ?? 1) > 1;
    const template = buildTrainingPod(name, args, context, run, {
        ...(several && {
            rendezvous: buildRendezvous(args, pulumi.interpolate`${run}-0.${service}`),
            spec: { subdomain: service },
        }),
    });
    return {
        ...(several && { completionMode: "Indexed", completions: args.nodes, parallelism: args.nodes }),
        podFailurePolicy: ignoreDisruptions,
        template,
    };
}

/** Returns the pod template of a run. */
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
        ...buildPlacement(name, args, run),
        spec: { restartPolicy: "Never", ...details.spec },
        env: {
            MODEL_URI: target.uriOf(run),
            MODEL_DIR: modelDir,
            ...(checkpoint !== undefined && { CHECKPOINT_DIR: checkpointDir }),
            ...details.rendezvous?.env,
        },
        envValueFrom: details.rendezvous?.envValueFrom,
        volumes: [
            buildOutputVolume(target.claim, run),
            ...(checkpoint === undefined ? [] : [buildCheckpointVolume(checkpoint, run)]),
        ],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

/** Returns the volume of checkpoints. Each run has its own directory: another content cannot resume from them. */
function buildCheckpointVolume(claim: pulumi.Input<string>, run: pulumi.Input<string>): PodVolumes {
    return {
        volumes: [{ name: "checkpoint", persistentVolumeClaim: { claimName: claim } }],
        mounts: [{ name: "checkpoint", mountPath: checkpointDir, subPath: run }],
    };
}

/** Label with which affinity rules select the pods of a run. */
const runLabel = "kubernetes-mlops/run";

/**
 * Returns the placement of the pods of a run. A queue places them all at once; without one, each pod follows the first.
 * Source: https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/
 */
function buildPlacement(name: string, args: TrainingJobArgs, run: pulumi.Input<string>) {
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
