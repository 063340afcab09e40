import { strict as assert } from "node:assert";

import { getObjects, kubectl } from "../../support/kubectl";
import { inClaim } from "../../support/volumes";
import type { Workload } from "./workload";

const namespace = "schedule";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

interface CronJob {
    spec: { schedule: string; timeZone: string; concurrencyPolicy: string; startingDeadlineSeconds: number };
}

/** Starts a run now, waits until it has completed, and returns its logs. */
async function runNow(run: string): Promise<{ model: string; r2: number }> {
    await inNamespace("create", "job", "--from=cronjob/schedule", run);
    await inNamespace("wait", "--for=condition=Complete", `job/${run}`, "--timeout=100s");
    return JSON.parse(await inNamespace("logs", `job/${run}`)) as { model: string; r2: number };
}

export const workload: Workload = {
    example: "schedule",

    checks: (outputs) => {
        it("is a CronJob with its time zone and without overlapping runs", async () => {
            const { spec } = await getObjects<CronJob>("cronjob/schedule", "--namespace", namespace);
            const { schedule, timeZone, concurrencyPolicy, startingDeadlineSeconds } = spec;
            assert.deepEqual(
                { schedule, timeZone, concurrencyPolicy, startingDeadlineSeconds },
                {
                    schedule: "0 3 * * 1-5",
                    timeZone: "Europe/Berlin",
                    concurrencyPolicy: "Forbid",
                    startingDeadlineSeconds: 6 * 3600,
                },
            );
        });

        it("writes the result of each run to its own directory", async function () {
            this.timeout("4m");
            for (const run of ["schedule-first", "schedule-second"]) {
                const { model, r2 } = await runNow(run);
                assert.equal(model, `${String(outputs().models)}/${run}`);
                assert.ok(r2 > 0.9, `r2 is ${r2}`);
            }
            const [, claim] = /^pvc:\/\/(schedule-schedule-model-[0-9a-f]{8})$/.exec(String(outputs().models)) ?? [];
            const program = "import pathlib; print(*sorted(pathlib.Path('/data').glob('*/*')))";
            assert.equal(
                (await inClaim(namespace, claim!, program)).trim(),
                "/data/schedule-first/model.joblib /data/schedule-second/model.joblib",
            );
        });
    },
};
