import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../../src";
import { completedAtOnce, skipAwait } from "../../support/transforms";

/** The namespace of everything that this program creates. */
export const namespace = "interrupted";

/** One of each workload; only the training is awaited, and only where INTERRUPTED_WAITS is set. */
// eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
export async function program(): Promise<Record<string, pulumi.Output<string>>> {
    const space = new core.Namespace("space", { metadata: { name: namespace } });
    const args = {
        workspace: { namespace: space.metadata.name },
        image: `registry.example.com/fraud@sha256:${"0".repeat(64)}`,
        secretEnv: { TOKEN: "something-secret" },
        // The tests set the status of pods; a node would set a different one.
        podSpec: { nodeSelector: { "kubernetes.io/hostname": "nowhere" } },
    };
    const training = new mlops.TrainingJob("train", args, {
        transforms: [skipAwait, ...(process.env.INTERRUPTED_WAITS ? [] : [completedAtOnce])],
    });
    const server = new mlops.ModelServer(
        "serve",
        { ...args, model: training.model, autoscaling: { max: 3 } },
        { transforms: [skipAwait] },
    );
    return { model: training.model, url: server.url };
}
