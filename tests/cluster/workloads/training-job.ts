import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { kubectl } from "../../support/kubectl";
import type { Workload } from "./workload";

const namespace = "training-job";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);
const podOf = (index: number) => `--selector=batch.kubernetes.io/job-completion-index=${index}`;

/** Returns the logs of the pods of an index so far; empty before there is one. */
const said = (index: number) => inNamespace("logs", podOf(index), "--tail=-1").catch(() => "");

export const workload: Workload = {
    example: "training-job",
    // Slow enough to be interrupted.
    edit: (edit) => {
        edit("model/train.py", "STEPS = 200", "STEPS = 60");
        edit("model/train.py", "PAUSE = 0 ", "PAUSE = 0.25 ");
    },

    /** Deletes a pod of the run when it has saved a checkpoint. */
    during: async () => {
        while (!(await said(0)).includes("saved step")) {
            await sleep(500);
        }
        await inNamespace("delete", "pod", podOf(1), "--wait=false");
    },

    checks: (outputs) => {
        it("has averaged gradients over two pods, and has resumed from its checkpoint after one was lost", async () => {
            const succeeded = "--field-selector=status.phase=Succeeded";
            const pods = await inNamespace("get", "pods", podOf(0), succeeded, "--output=name");
            const log = await inNamespace("logs", pods.trim());
            const [, loss, processes, began] =
                /'loss': ([\d.]+), 'processes': (\d+), 'began_at_step': (\d+)/.exec(log) ?? [];
            assert.equal(processes, "2", log);
            assert.ok(Number(loss) < 0.02, log);
            assert.ok(Number(began) > 0 && Number(began) < 60, log);
            assert.match(await inNamespace("logs", podOf(1), "--tail=-1"), /process 1 of 2 begins at step [1-9]/);
        });

        it("outputs the URI of its model", () => {
            const { model, run } = outputs();
            assert.match(
                String(model),
                new RegExp(`^pvc://training-job-training-model-[0-9a-f]{8}/${String(run)}/[0-9a-f-]{36}$`),
            );
        });
    },
};
