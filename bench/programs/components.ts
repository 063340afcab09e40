/** The workloads, created with the components. */

import * as pulumi from "@pulumi/pulumi";

import { pairs } from "./pairs";
import { image, namespace } from "./shared";

import * as mlops from "kubernetes-mlops";

const workspace = { namespace };

for (let index = 0; index < pairs; index++) {
    const training = new mlops.TrainingJob(`train-${index}`, {
        workspace,
        image,
        command: ["python", "train.py"],
        env: { EPOCHS: "20" },
        resources: { cpu: "2", memory: "4Gi" },
        gpu: {},
        timeout: "6h",
        // There need be no node that runs it.
        wait: mlops.RunWait.Never,
    });
    new mlops.ModelServer(`serve-${index}`, {
        workspace,
        image,
        command: ["python", "serve.py"],
        env: { THREADS: "4" },
        resources: { cpu: "1", memory: "2Gi" },
        gpu: {},
        // No run completes, so there is no result to serve.
        model: pulumi.interpolate`pvc://models/${training.jobName}`,
        replicas: 2,
    });
}
