import { strict as assert } from "node:assert";

import { getObjects, kubectl } from "../../support/kubectl";
import type { Workload } from "./workload";

const namespace = "schedule";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

interface CronJob {
    spec: { schedule: string; timeZone: string; concurrencyPolicy: string; startingDeadlineSeconds: number };
}

interface Said {
    uri: string;
    run: string;
    earlier: string[];
    mean: number;
}

/** Starts a run now, and waits until it has completed. */
async function runNow(run: string): Promise<Said> {
    await inNamespace("create", "job", "--from=cronjob/schedule", run);
    await inNamespace("wait", "--for=condition=Complete", `job/${run}`, "--timeout=100s");
    return JSON.parse(await inNamespace("logs", `job/${run}`)) as Said;
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
                const said = await runNow(run);
                assert.equal(said.uri, `${String(outputs().models)}/${run}`);
                assert.equal(said.run, run);
                assert.deepEqual(said.earlier, []);
                assert.ok(Math.abs(said.mean - 5) < 0.2);
            }
            assert.match(String(outputs().models), /^pvc:\/\/schedule-[0-9a-f]{8}$/);
        });
    },
};
