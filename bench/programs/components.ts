/** The workloads, created with the components. */

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
    });
    new mlops.ModelServer(`serve-${index}`, {
        workspace,
        image,
        command: ["python", "serve.py"],
        env: { THREADS: "4" },
        resources: { cpu: "1", memory: "2Gi" },
        gpu: {},
        model: training.model,
        replicas: 2,
    });
}
