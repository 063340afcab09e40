import { strict as assert } from "node:assert";

import { getObjects } from "../../support/kubectl";
import { inClaim } from "../../support/volumes";
import type { Workload } from "./workload";

const namespace = "batch-inference";

interface Pod {
    metadata: { annotations: Record<string, string> };
    status: { phase: string };
}

/** Fails shard 2 at its first attempt, like a temporary problem of its node, and counts all attempts. */
const failure = `
attempts = output_dir / f"attempts-{shard}.txt"
with attempts.open("a") as file:
    file.write("attempt\\n")
if shard == 2 and attempts.read_text() == "attempt\\n":
    raise SystemExit("shard 2 fails at its first attempt")

model = joblib.load(`;

export const workload: Workload = {
    example: "batch-inference",
    edit: (edit) => edit("scoring/score.py", "\nmodel = joblib.load(", failure),

    checks: (outputs) => {
        it("has its results as an output", () => {
            const { results, job } = outputs();
            assert.match(String(results), new RegExp(`^pvc://scores/november/${String(job)}/[0-9a-f-]{36}$`));
        });

        it("has retried the shard that failed, and ran each other shard once", async () => {
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
            const directory = String(outputs().results).replace("pvc://scores/", "");
            const program = [
                "import json, pathlib",
                `files = sorted(pathlib.Path('/data/${directory}').iterdir())`,
                "print(json.dumps({file.name: file.read_text().split() for file in files}))",
            ].join("; ");
            const files = JSON.parse(await inClaim(namespace, "scores", program)) as Record<string, string[]>;
            const attempts = [0, 1, 2, 3].map((shard) => files[`attempts-${shard}.txt`]?.length);
            assert.deepEqual(attempts, [1, 1, 2, 1]);
            for (const shard of [0, 1, 2, 3]) {
                const days = Array.from({ length: 25 }, (_, index) => shard + 4 * index);
                assert.deepEqual(files[`shard-${shard}.csv`], [
                    "claim,days,cost",
                    ...days.map((day) => `${1000 + day},${day},${30 * day + 100}.0`),
                ]);
            }
            assert.equal(Object.keys(files).length, 8);
        });
    },
};
