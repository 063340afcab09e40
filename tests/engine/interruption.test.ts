import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { killedUp } from "../support/killable";
import { getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";
import { namespace, program } from "./programs/interrupted";

const module_ = require.resolve("./programs/interrupted");

/** Everything that the program creates in its namespace, by kind and name. */
async function objects(): Promise<string[]> {
    const kinds =
        "jobs,deployments,services,secrets,persistentvolumeclaims,poddisruptionbudgets,horizontalpodautoscalers";
    const { items } = await getObjects<{ items: { kind: string; metadata: { name: string } }[] }>(
        kinds,
        "--namespace",
        namespace,
    );
    return items.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/[0-9a-f]{8}$/, "*")}`).sort();
}

const expected = [
    "Deployment serve",
    "HorizontalPodAutoscaler serve",
    "Job train-*",
    "PersistentVolumeClaim train-training-model-*",
    "PodDisruptionBudget serve",
    "Secret serve-server-env-*",
    "Secret train-training-env",
    "Service serve",
];

describe("an update that is killed and run again", function () {
    this.timeout("4m");

    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.create("interrupted", program);
    });
    afterEach(async () => stack.destroy());

    it("converges wherever it was killed, with nothing doubled", async () => {
        let kills = 0;
        // Each attempt gets further than the last, until one completes.
        for (let seconds = 2; await killedUp(module_, stack, "interrupted", sleep(seconds * 1000)); seconds *= 1.15) {
            kills++;
        }
        assert.ok(kills >= 2, `only ${kills} of the updates were killed before they completed`);
        await stack.up();
        assert.deepEqual(await objects(), expected);
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    it("continues to wait for the training that was started", async () => {
        process.env.INTERRUPTED_WAITS = "yes";
        try {
            const started = (async () => {
                while (!(await objects().catch((): string[] => [])).includes("Job train-*")) {
                    await sleep(500);
                }
            })();
            assert.equal(await killedUp(module_, stack, "interrupted", started), true);
            const before = await job();

            const second = stack.up();
            await sleep(3000);
            await complete(before.metadata.name);
            await second;
            assert.equal((await job()).metadata.uid, before.metadata.uid);
            assert.deepEqual(await objects(), expected);
            assert.deepEqual(await stack.preview(), []);
        } finally {
            delete process.env.INTERRUPTED_WAITS;
        }
    });
});

interface Job {
    metadata: { name: string; uid: string };
}

async function job(): Promise<Job> {
    const { items } = await getObjects<{ items: Job[] }>("jobs", "--namespace", namespace);
    assert.equal(items.length, 1);
    return items[0]!;
}

/** Sets a Job's pod to the status that a kubelet reports when it has completed; the Job controller does the rest. */
async function complete(name: string): Promise<void> {
    const selector = `batch.kubernetes.io/job-name=${name}`;
    const pod = await kubectl("--namespace", namespace, "get", "pods", "--selector", selector, "--output", "name");
    const patch = JSON.stringify({ status: { phase: "Succeeded" } });
    await kubectl("--namespace", namespace, "patch", pod.trim(), "--subresource", "status", "--patch", patch);
}
