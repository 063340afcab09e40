import { strict as assert } from "node:assert";

import { getObjects, kubectl } from "../../support/kubectl";
import type { Workload } from "./workload";

const namespace = "sweep";

interface Pod {
    metadata: { name: string; annotations: Record<string, string> };
    status: { phase: string; containerStatuses: { state: { terminated: { message?: string } } }[] };
}

const index = ({ metadata }: Pod): number => Number(metadata.annotations["batch.kubernetes.io/job-completion-index"]);

export const workload: Workload = {
    example: "sweep",

    checks: (outputs) => {
        const pods = async (): Promise<Pod[]> => {
            const selector = `batch.kubernetes.io/job-name=${String(outputs().run)}`;
            return (await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace, "--selector", selector)).items;
        };

        it("outputs its best trial, which is the expected one", () => {
            const { trial, parameters, value } = outputs().best as { trial: string; parameters: object; value: number };
            assert.deepEqual({ trial, parameters }, { trial: "2", parameters: { degree: 3, ridge: 0 } });
            assert.ok(Math.abs(value - 0.00309) < 1e-5, `the error is ${value}`);
            assert.match(
                String(outputs().model),
                /^pvc:\/\/sweep-sweep-[0-9a-f]{8}\/sweep-[0-9a-f]{8}\/[0-9a-f-]{36}\/2$/,
            );
        });

        it("has run each of eight trials once, and exactly one has failed", async () => {
            const ran = await pods();
            assert.deepEqual(ran.map(index).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
            const failed = ran.filter(({ status }) => status.phase === "Failed");
            assert.deepEqual(failed.map(index), [6]);
            assert.match(
                failed[0]!.status.containerStatuses[0]!.state.terminated.message ?? "",
                /12 points do not determine a polynomial of degree 16/,
            );
        });

        it("has given each trial its own parameters", async () => {
            const logs = await Promise.all(
                (await pods())
                    .filter(({ status }) => status.phase === "Succeeded")
                    .sort((a, b) => index(a) - index(b))
                    .map(({ metadata }) => kubectl("logs", "--namespace", namespace, metadata.name)),
            );
            const parameters = logs.map((log) => /^\{'degree': (\d+), 'ridge': ([\d.]+)\}: error=/.exec(log)?.slice(1));
            assert.deepEqual(
                parameters,
                [1, 3, 5, 16].flatMap((degree) => [
                    ...(degree === 16 ? [] : [[String(degree), "0"]]),
                    [String(degree), "0.1"],
                ]),
            );
        });

        it("is a failed Job for Kubernetes, because one trial has failed, but not for Pulumi", async () => {
            const job = await getObjects<{ status: { failedIndexes: string; completedIndexes: string } }>(
                `job/${String(outputs().run)}`,
                "--namespace",
                namespace,
            );
            assert.equal(job.status.failedIndexes, "6");
            assert.equal(job.status.completedIndexes, "0-5,7");
        });
    },
};
