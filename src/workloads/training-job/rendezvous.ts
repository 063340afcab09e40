import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { TrainingFramework, type TrainingJobArgs } from "./args";

/** The port on which the pod of rank 0 waits for the others. */
const port = 29500;

/** How the pods of a run find each other, and which of them each one is. */
export interface Rendezvous {
    env: Record<string, pulumi.Input<string>>;
    envValueFrom: Record<string, types.input.core.v1.EnvVarSource>;
}

/** How many processes each pod runs: as many as it has GPUs. */
export function processesPerNode(args: TrainingJobArgs): pulumi.Input<number> {
    return args.processesPerNode ?? args.gpu?.count ?? 1;
}

/**
 * The variables by which processes of several pods find each other.
 *
 * `torchrun` takes what its command line does not say from variables that begin with PET_. JAX looks for its coordinator
 * only, so the program hands it the other two.
 * Sources: https://docs.pytorch.org/docs/stable/elastic/run.html, https://docs.jax.dev/en/latest/multi_process.html
 *
 * @param first - The host name of the pod of rank 0.
 */
export function rendezvous(args: TrainingJobArgs, first: pulumi.Input<string>): Rendezvous {
    const nodes = String(args.nodes);
    const rank = "$(NODE_RANK)";
    const frameworks = {
        [TrainingFramework.Torch]: {
            PET_NNODES: nodes,
            PET_NODE_RANK: rank,
            PET_NPROC_PER_NODE: mapInput(processesPerNode(args), String),
            PET_MASTER_ADDR: first,
            PET_MASTER_PORT: String(port),
        },
        [TrainingFramework.Jax]: {
            JAX_COORDINATOR_ADDRESS: mapInput(first, (host) => `${host}:${port}`),
            JAX_NUM_PROCESSES: nodes,
            JAX_PROCESS_ID: rank,
        },
    };
    const framework = args.framework ?? TrainingFramework.Torch;
    return {
        env: {
            MASTER_ADDR: first,
            MASTER_PORT: String(port),
            NODE_COUNT: nodes,
            ...frameworks[framework as keyof typeof frameworks],
        },
        envValueFrom: {
            NODE_RANK: {
                fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
            },
        },
    };
}

/** The Service through which pods have host names; it has no address of its own. */
export function buildNodesService(
    name: pulumi.Input<string>,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
): types.input.core.v1.Service {
    return {
        // There is nothing to wait for before there are pods.
        metadata: objectMeta(name, namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            clusterIP: "None",
            selector: labels,
            // Pods look for each other before any of them is ready.
            publishNotReadyAddresses: true,
            ports: [{ name: "rendezvous", port, targetPort: port }],
        },
    };
}
