/** Workloads in a service mesh, on a real node: an annotation of their pods keeps its proxy out of those that must end. */
import { strict as assert } from "node:assert";

import * as core from "@pulumi/kubernetes/core/v1";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { eventually } from "../support/eventually";
import { inOrder } from "../support/in-order";
import { getObjects } from "../support/kubectl";
import { injectAnnotation, Mesh } from "../support/mesh";
import { TestStack } from "../support/stack";

const namespace = "mesh";

interface Pod {
    metadata: { uid: string; deletionTimestamp?: string };
    spec: { containers: { name: string }[] };
    status: { containerStatuses?: { name: string; state: { terminated?: { exitCode: number } } }[] };
}

/** A training, a sweep and a server; the training with more arguments. */
function program(args: Partial<mlops.TrainingJobArgs>) {
    return async () => {
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
        const shared = {
            workspace: { namespace: space.metadata.name },
            image: savedEnvironment().baseImage!,
            resources: { cpu: "20m", memory: "64Mi" },
            runAsUser: 1000,
        };
        const podAnnotations = { [injectAnnotation]: "false" };
        const training = new mlops.TrainingJob("train", {
            ...shared,
            command: ["sh", "-c", 'echo 1 > "$MODEL_DIR/model"'],
            output: { size: "1Gi", retain: false },
            ...args,
        });
        const sweep = new mlops.Sweep("tune", {
            ...shared,
            podAnnotations,
            command: ["sh", "-c", `echo '{"accuracy": 0.5}' > "$RESULT_FILE"`],
            objective: { metric: "accuracy" },
            grid: { depth: [1] },
            output: { size: "1Gi", retain: false },
        });
        new mlops.ModelServer("serve", {
            ...shared,
            command: ["python3", "-m", "http.server", "8080", "--directory", "/tmp"],
            livenessPath: "/",
        });
        return Promise.resolve({ run: training.jobName, best: sweep.runName });
    };
}

async function podsOf(component: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/component=${component}`;
    const { items } = await getObjects<{ items: Pod[] }>("pods", "--namespace", namespace, "--selector", selector);
    // A proxy takes its time to end.
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const containersOf = (pods: Pod[]): string[][] => pods.map(({ spec }) => spec.containers.map(({ name }) => name));

describe("workloads in a service mesh", function () {
    this.timeout("10m");
    inOrder();

    let mesh: Mesh | undefined;
    let stack: TestStack | undefined;
    const withAnnotations = (podAnnotations: Record<string, string>) => program({ podAnnotations });

    before(async () => {
        mesh = await Mesh.start(namespace, savedEnvironment().baseImage!);
        stack = await TestStack.create(namespace, program({ wait: mlops.RunWait.Never }));
    });
    after(async () => {
        await stack?.destroy();
        await mesh?.stop();
    });

    it("have its proxy, with which a run does not end; where an annotation says so, they have none", async () => {
        await stack!.up();
        assert.deepEqual(containersOf(await podsOf("model-server")), [["main", "proxy"]]);
        assert.deepEqual(containersOf(await podsOf("sweep")), [["main"]]);
        assert.deepEqual(containersOf(await podsOf("sweep-best")), [["main"]]);
        await eventually(async () => {
            const pods = await podsOf("training");
            assert.deepEqual(containersOf(pods), [["main", "proxy"]]);
            const states = pods[0]!.status.containerStatuses!.map(({ name, state }) => [
                name,
                state.terminated?.exitCode,
            ]);
            assert.deepEqual(Object.fromEntries(states), { main: 0, proxy: undefined });
        });
    });

    let completed: Record<string, unknown>;
    it("starts a run again that the proxy keeps from completing, without it", async () => {
        completed = await stack!.up(withAnnotations({ [injectAnnotation]: "false" }));
        assert.deepEqual(containersOf(await podsOf("training")), [["main"]]);
        assert.deepEqual(await stack!.preview(), []);
    });

    it("does not repeat the run that has completed when its annotations change", async () => {
        const before = await podsOf("training");
        const program = withAnnotations({ [injectAnnotation]: "false", note: "changed" });
        assert.deepEqual(await stack!.preview(program), []);
        assert.deepEqual(await stack!.up(), completed);
        assert.deepEqual(await stack!.refresh(), []);
        assert.deepEqual(
            (await podsOf("training")).map(({ metadata }) => metadata.uid),
            before.map(({ metadata }) => metadata.uid),
        );
    });
});
