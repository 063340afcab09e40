import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { TrainingFramework, type TrainingJobArgs } from "./args";

/** Port on which the pod of rank 0 listens. */
const port = 29500;

/** The variables with which the pods of a run find each other, and each knows its rank. */
export interface Rendezvous {
    env: Record<string, pulumi.Input<string>>;
    envValueFrom: Record<string, types.input.core.v1.EnvVarSource>;
}

/** Returns the number of processes of each pod. */
export function processesPerNode(args: TrainingJobArgs): pulumi.Input<number> {
    return args.processesPerNode ?? args.gpu?.count ?? 1;
}

/**
 * Returns the variables with which the processes of several pods find each other.
 *
 * `torchrun` reads options that are not on its command line from variables that begin with PET_. JAX itself reads only
 * the address of its coordinator, so the program passes it the other two.
 * Sources: https://docs.pytorch.org/docs/stable/elastic/run.html, https://docs.jax.dev/en/latest/multi_process.html
 *
 * @param first - Host name of the pod of rank 0.
 */
export function buildRendezvous(args: TrainingJobArgs, first: pulumi.Input<string>): Rendezvous {
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

/** Returns the headless Service that gives pods host names. */
export function buildNodesService(
    name: pulumi.Input<string>,
    namespace: pulumi.Input<string>,
    labels: Record<string, string>,
): types.input.core.v1.Service {
    return {
        // Without pods, a wait for the Service would not end.
        metadata: objectMeta(name, namespace, labels, { "pulumi.com/skipAwait": "true" }),
        spec: {
            clusterIP: "None",
            selector: labels,
            // Pods connect to each other before any of them is ready.
            publishNotReadyAddresses: true,
            ports: [{ name: "rendezvous", port, targetPort: port }],
        },
    };
}
