import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import * as core from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { getObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "training";

interface Pod {
    metadata: { name: string };
    status: { phase: string };
}

/** One training of a Python program, in a namespace that enforces the restricted standard. */
function training(program: string, args: Partial<mlops.TrainingJobArgs>) {
    return async () => {
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
        const run = new mlops.TrainingJob("train", {
            workspace: { namespace: space.metadata.name },
            image: savedEnvironment().baseImage!,
            command: ["python", "-c", program],
            resources: { cpu: "100m", memory: "128Mi" },
            runAsUser: 1000,
            output: { size: "1Gi" },
            ...args,
        });
        return Promise.resolve({ model: run.model, job: run.jobName });
    };
}

async function pods(): Promise<Pod[]> {
    return (await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace)).items;
}

const nameOf = ({ metadata }: Pod): string => metadata.name;

/** Evicts a pod, as a node drain does. */
async function evict(pod: string): Promise<void> {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "kubernetes-mlops-eviction-")), "eviction.json");
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
    fs.writeFileSync(file, JSON.stringify(eviction));
    await kubectl("create", "--raw", `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, "--filename", file);
    fs.rmSync(path.dirname(file), { recursive: true });
}

describe("a training on a real node", function () {
    this.timeout("5m");

    let stack: TestStack | undefined;
    afterEach(async () => stack?.destroy());

    it("fails with the end of its log, after the configured number of retries", async () => {
        stack = await TestStack.create(
            namespace,
            training("print('epoch 7: loss is nan'); raise ValueError('the learning rate is too high')", {
                retries: 1,
            }),
        );
        await assert.rejects(stack.up(), (error: Error) => {
            assert.match(error.message, /has failed: Job has reached the specified backoff limit/);
            assert.match(error.message, /epoch 7: loss is nan/);
            assert.match(error.message, /the learning rate is too high/);
            return true;
        });
        assert.equal((await pods()).length, 2);
    });

    it("retries without counting after one exit code, and never after another", async () => {
        const program = 'test -e "$MODEL_DIR/started" && exit 3; touch "$MODEL_DIR/started"; exit 42';
        const args = { command: ["sh", "-c", program], retries: 1, retry: { never: [3], always: [42] } };
        stack = await TestStack.create(namespace, training("", args));
        // The first pod does not count, and the second one would be retried if its exit code were any other.
        await assert.rejects(stack.up(), /the run train-[0-9a-f]{8} has failed: .*exit code 3/);
        assert.equal((await pods()).length, 2);
    });

    it("runs again after a failure when its content changes", async () => {
        stack = await TestStack.create(namespace, training("raise ValueError('no data')", { retries: 0 }));
        await assert.rejects(stack.up(), /no data/);
        const { model, job } = await stack.up(training("print('all is well')", { retries: 0 }));
        assert.match(
            String(model),
            new RegExp(`^pvc://train-training-model-[0-9a-f]{8}/${String(job)}/[0-9a-f-]{36}$`),
        );
        assert.deepEqual(await stack.preview(), []);
        assert.equal((await getObjects<{ items: unknown[] }>("jobs", "--namespace", namespace)).items.length, 1);
    });

    it("finds the claim of an earlier stack of the same name, with its models", async () => {
        const elsewhere = "training-kept";
        await kubectl("create", "namespace", elsewhere);
        const claims = async () =>
            (await getObjects<{ items: Pod[] }>("persistentvolumeclaims", "--namespace", elsewhere)).items;
        const keep = (text: string) =>
            training(`import os; open(os.environ['MODEL_DIR'] + '/model', 'w').write('${text}')`, {
                workspace: { namespace: elsewhere },
            });
        try {
            stack = await TestStack.create(namespace, keep("first"));
            await stack.up();
            const [left] = await claims();
            await stack.destroy();
            assert.deepEqual((await claims()).map(nameOf), [nameOf(left!)]);

            stack = await TestStack.create(namespace, keep("second"));
            const { model } = await stack.up();
            assert.match(String(model), new RegExp(`^pvc://${nameOf(left!)}/`));
            assert.deepEqual((await claims()).map(nameOf), [nameOf(left!)]);
        } finally {
            await kubectl("delete", "namespace", elsewhere);
        }
    });

    it("is stopped at its time limit, which the error reports", async () => {
        stack = await TestStack.create(namespace, training("import time; time.sleep(600)", { timeout: "15s" }));
        await assert.rejects(stack.up(), /has failed: Job was active longer than specified deadline/);
    });

    it("resumes after an eviction of its pod, without a retry", async () => {
        const program = [
            "import os, pathlib, time",
            "started = pathlib.Path(os.environ['MODEL_DIR'], 'started')",
            "again = started.exists()",
            "started.touch()",
            "time.sleep(0 if again else 600)",
        ].join("\n");
        stack = await TestStack.create(namespace, training(program, { retries: 0 }));
        const up = stack.up();
        up.catch(() => undefined);
        let running: Pod | undefined;
        while (running === undefined) {
            await sleep(500);
            running = (await pods().catch((): Pod[] => [])).find(({ status }) => status.phase === "Running");
        }
        // The program must have written its mark by then.
        await sleep(3000);
        await evict(running.metadata.name);
        await up;
        assert.deepEqual(await stack.preview(), []);
    });
});
