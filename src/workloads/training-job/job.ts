import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput, mapInputs } from "../../arguments/inputs";
import { escapeReferences } from "../../arguments/words";
import { labelsOf } from "../../pod/metadata";
import { modelDir, buildOutputVolume } from "../../pod/model-volume";
import { trainingNames } from "../../pod/names";
import { buildPodTemplate } from "../../pod/pod-template";
import { buildClaimVolume } from "../../pod/volumes";
import { buildCleanup } from "../../runs/obsolete";
import {
    buildFailurePolicy,
    podCounts,
    type RunIdentity,
    runMeta,
    runTimeout,
    runTolerations,
    uidOf,
} from "../../runs/run";
import type { TrainingJobArgs } from "./args";
import { buildRendezvous, type Rendezvous } from "./rendezvous";

type Job = types.input.batch.v1.Job;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

export const component = "training";

/** Returns the labels of all objects of a training. */
export const trainingLabels = (name: string): Record<string, string> => labelsOf(name, component);

/** The directory of the checkpoints from which a run resumes after it has lost a pod. */
export const checkpointDir = "/checkpoint";

/** Where runs write: to directories of a claim, or to URIs of their own. */
export interface TrainingTarget {
    /** Name of the claim, unless results go to `output.uri`. */
    claim?: pulumi.Input<string>;
    /** The URI below which each execution of a run has its own. */
    uri: pulumi.Input<string>;
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

/** Returns the Job of a run. */
export function buildTrainingJob(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    identity: RunIdentity,
): Job {
    // When a pod is lost, the others of its run fail, too: each failure of the run is a failure of every pod.
    const pods = args.nodes ?? 1;
    const retries = args.retries ?? 2;
    const service = trainingNames.nodes(name);
    const template = buildTrainingPod(name, args, context, identity, {
        uidLabel: "batch.kubernetes.io/controller-uid",
        ...(pods > 1 && {
            rendezvous: buildRendezvous(args, pulumi.interpolate`${identity.run}-0.${service}`),
            spec: { subdomain: service },
        }),
    });
    return {
        metadata: runMeta(name, component, identity, args),
        spec: {
            backoffLimit: pods === 1 ? retries : mapInput(retries, (known) => known * pods),
            activeDeadlineSeconds: runTimeout(args),
            ...(pods > 1 && { completionMode: "Indexed" }),
            ...podCounts(identity, pods === 1 ? undefined : pods),
            podFailurePolicy: buildFailurePolicy(args.retry, "FailJob"),
            template,
        },
    };
}

/** Returns the pod template of a run. */
export function buildTrainingPod(
    name: string,
    args: TrainingJobArgs,
    context: TrainingContext,
    { run, content, cleanup }: RunIdentity,
    details: {
        /** Label of the pods with what tells this execution of the run from another one. */
        uidLabel: string;
        rendezvous?: Rendezvous;
        spec?: Partial<types.input.core.v1.PodSpec>;
    },
): PodTemplateSpec {
    const { target, checkpoint, secretName, claimTemplate } = context;
    return buildPodTemplate(args, {
        labels: trainingLabels(name),
        ...buildPlacement(name, args, run),
        spec: {
            restartPolicy: "Never",
            ...buildCleanup(args.image, cleanup, checkpoint === undefined ? ["model"] : ["model", "checkpoint"]),
            ...details.spec,
        },
        env: {
            MODEL_URI: mapInputs(
                { uri: target.uri, run },
                (known) => `${escapeReferences(known.uri)}/${known.run}/$(RUN_UID)`,
            ),
            MODEL_DIR: modelDir,
            ...(checkpoint !== undefined && { CHECKPOINT_DIR: checkpointDir }),
            ...details.rendezvous?.env,
        },
        envValueFrom: { ...details.rendezvous?.envValueFrom, ...uidOf(details.uidLabel) },
        volumes: [
            buildOutputVolume(
                target.claim,
                mapInput(run, (known) => `${known}/$(RUN_UID)`),
            ),
            // Only runs of the same content share a directory, from which they can resume.
            ...(checkpoint === undefined
                ? []
                : [buildClaimVolume("checkpoint", checkpoint, { mountPath: checkpointDir, subPath: content })]),
        ],
        secretName,
        claimTemplate,
        tolerations: runTolerations(args),
    });
}

/**
 * Annotations with which Kueue places the pods of a run.
 * Source: https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/
 */
export const topologyAnnotations = {
    required: "kueue.x-k8s.io/podset-required-topology",
    preferred: "kueue.x-k8s.io/podset-preferred-topology",
} as const;

/** Label with which affinity rules select the pods of a run. */
const runLabel = "kubernetes-mlops/run";

/** Returns the placement of the pods of a run. A queue places them all at once; without one, each pod follows the first. */
function buildPlacement(name: string, args: TrainingJobArgs, run: pulumi.Input<string>) {
    const { required, preferred } = args.topology ?? {};
    if (required === undefined && preferred === undefined) {
        return {};
    }
    if (args.workspace.queue !== undefined) {
        const annotations: Record<string, pulumi.Input<string>> = {
            ...(required !== undefined && { [topologyAnnotations.required]: required }),
            ...(preferred !== undefined && { [topologyAnnotations.preferred]: preferred }),
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
