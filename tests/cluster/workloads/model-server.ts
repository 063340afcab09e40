import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

import { Footprint, Platform } from "../../../src";
import { controllers, mirrorOf } from "../../support/controllers";
import { askOnce } from "../../support/http";
import { kubectl } from "../../support/kubectl";
import { TestStack } from "../../support/stack";
import type { Workload } from "./workload";

const namespace = "model-server";
const metricsApi = "apiservice/v1beta1.metrics.k8s.io";
const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);

/** A batch of images of the digit 0: the first of scikit-learn's, a hundred times. */
const zero = [
    [0, 0, 5, 13, 9, 1, 0, 0],
    [0, 0, 13, 15, 10, 15, 5, 0],
    [0, 3, 15, 2, 0, 11, 8, 0],
    [0, 4, 12, 0, 0, 8, 8, 0],
    [0, 5, 8, 0, 0, 9, 8, 0],
    [0, 4, 11, 0, 1, 12, 7, 0],
    [0, 2, 14, 5, 10, 12, 0, 0],
    [0, 0, 6, 13, 10, 0, 0, 0],
];
const body = { images: Array.from({ length: 100 }, () => zero.flat()) };

/** The response to it. */
interface Answer {
    digits: number[];
    pod: string;
}

/** metrics-server, unless the cluster has one. */
async function installMetricsServer(): Promise<TestStack | undefined> {
    if ((await kubectl("get", metricsApi, "--ignore-not-found", "--output=name")) !== "") {
        return undefined;
    }
    const mirror = mirrorOf(await controllers(["metrics-server"]));
    const stack = await TestStack.create("model-server-metrics", () => {
        const addons = { metricsServer: { insecureKubeletTls: true } };
        new Platform("metrics", { addons, footprint: Footprint.Small, mirror });
        return Promise.resolve({});
    });
    await stack.up();
    return stack;
}

/** Sends one request after the other, with a pause that leaves the machine time for other work. */
async function load(address: string, until: () => boolean): Promise<{ pods: Set<string>; failures: string[] }> {
    const seen = { pods: new Set<string>(), failures: [] as string[] };
    while (!until()) {
        try {
            const { status, text } = await askOnce(`http://${address}/predict`, { body, timeout: 10_000 });
            assert.equal(status, 200, text);
            const { digits, pod } = JSON.parse(text) as Answer;
            assert.ok(digits.length === 100 && digits.every((digit) => digit === 0), text);
            seen.pods.add(pod);
        } catch (error) {
            seen.failures.push(String(error));
        }
        await sleep(100);
    }
    return seen;
}

export const workload: Workload = {
    example: "model-server",

    checks: () => {
        let metrics: TestStack | undefined;
        let address = "";

        before(async function () {
            this.timeout("30m");
            metrics = await installMetricsServer();
            await kubectl("wait", "--for=condition=Available", metricsApi, "--timeout=120s");
            address = await inNamespace(
                "get",
                "service/model-server",
                "--output=jsonpath={.spec.clusterIP}:{.spec.ports[0].port}",
            );
        });
        after(async () => metrics?.destroy());

        it("received a warm-up request before it was ready", async () => {
            const probe = "{.items[0].spec.containers[0].startupProbe.httpGet.path} {.items[0].status.phase}";
            assert.equal(await inNamespace("get", "pods", `--output=jsonpath=${probe}`), "/warmup Running");
        });

        it("scales up under load, and the new pods take their share of the requests, none of which fails", async () => {
            const ready = async () =>
                Number(
                    await inNamespace("get", "deployment/model-server", "--output=jsonpath={.status.readyReplicas}"),
                );
            const deadline = Date.now() + 180_000;
            let grown = 0;
            const running = load(address, () => Date.now() > deadline || (grown > 0 && Date.now() > grown + 5000));
            while (grown === 0 && Date.now() < deadline) {
                await sleep(2000);
                grown = (await ready()) > 1 ? Date.now() : 0;
            }
            const { pods, failures } = await running;
            assert.deepEqual(failures, []);
            assert.ok(grown > 0, await inNamespace("describe", "hpa/model-server"));
            assert.ok(pods.size > 1, `all requests were answered by ${[...pods].join(", ")}`);
        });

        // The tests of all examples check that this is no change in a preview and in a refresh.
        it("has the autoscaler's number of pods, not the one that the stack created", async () => {
            const number = "--output=jsonpath={.spec.replicas}";
            assert.ok(Number(await inNamespace("get", "deployment/model-server", number)) > 1);
        });
    },
};
