import { strict as assert } from "node:assert";

import { restricted } from "../../../src/pod/pod-template";
import { savedEnvironment } from "../../support/environment";
import { createObjects, getObjects, kubectl } from "../../support/kubectl";
import { restrictedPod } from "../../support/pod-security";
import type { Workload } from "./workload";

const namespace = "batch-inference";

interface Pod {
    metadata: { annotations: Record<string, string> };
    status: { phase: string };
}

/** Returns the output of a program in a temporary pod that mounts the volume of the results. */
async function inResults(program: string): Promise<string> {
    const reader = { name: "reader", namespace };
    await createObjects({
        apiVersion: "v1",
        kind: "Pod",
        metadata: reader,
        spec: {
            restartPolicy: "Never",
            securityContext: restrictedPod,
            containers: [
                {
                    name: "main",
                    image: savedEnvironment().baseImage,
                    command: ["python3", "-c", program],
                    securityContext: restricted,
                    volumeMounts: [{ name: "scores", mountPath: "/scores", subPath: "november" }],
                },
            ],
            volumes: [{ name: "scores", persistentVolumeClaim: { claimName: "scores" } }],
        },
    });
    try {
        await kubectl(
            "wait",
            "--namespace",
            namespace,
            "pod/reader",
            "--for=jsonpath={.status.phase}=Succeeded",
            "--timeout=60s",
        );
        return await kubectl("logs", "--namespace", namespace, "reader");
    } finally {
        await kubectl("delete", "--namespace", namespace, "pod/reader", "--now");
    }
}

export const workload: Workload = {
    example: "batch-inference",

    checks: (outputs) => {
        it("outputs the URI of the results when all shards have completed", () => {
            assert.equal(outputs().results, "pvc://scores/november");
        });

        it("has retried the failed shard once, and run every other shard once", async () => {
            const selector = `batch.kubernetes.io/job-name=${String(outputs().job)}`;
            const { items } = await getObjects<{ items: Pod[] }>(
                "pods",
                "--namespace",
                namespace,
                "--selector",
                selector,
            );
            const attempts = items.map(
                ({ metadata, status }) =>
                    `${metadata.annotations["batch.kubernetes.io/job-completion-index"]} ${status.phase}`,
            );
            assert.deepEqual(attempts.sort(), ["0 Succeeded", "1 Succeeded", "2 Failed", "2 Succeeded", "3 Succeeded"]);
        });

        it("has written every result once", async function () {
            this.timeout("2m");
            const program = [
                "import json, pathlib",
                "files = sorted(pathlib.Path('/scores').iterdir())",
                "print(json.dumps({file.name: file.read_text().split() for file in files}))",
            ].join("; ");
            const files = JSON.parse(await inResults(program)) as Record<string, string[]>;
            const attempts = [0, 1, 2, 3].map((shard) => files[`attempts-${shard}.txt`]?.length);
            assert.deepEqual(attempts, [1, 1, 2, 1]);
            for (const shard of [0, 1, 2, 3]) {
                const numbers = Array.from({ length: 25 }, (_, index) => shard + 4 * index);
                assert.deepEqual(
                    files[`shard-${shard}.csv`],
                    numbers.map((number) => `${number},${3 * number + 1}`),
                );
            }
            assert.equal(Object.keys(files).length, 8);
        });
    },
};
