/** What every backend of a TrainingJob promises about its runs, tried with the real controller of the backend. */
import { strict as assert } from "node:assert";

import { after, before, describe, it } from "mocha";

import * as mlops from "../../src";
import { savedEnvironment } from "./environment";
import { eventually } from "./eventually";
import { inOrder } from "./in-order";
import { createObjects, deleteObjects, getObjects, kubectl } from "./kubectl";
import { localQueue } from "./kueue";
import { TestStack } from "./stack";
import { inClaim } from "./volumes";

/** Writes its first argument as the model, and fails with "bad". */
const train = [
    "import os, sys",
    "open(os.environ['MODEL_DIR'] + '/model', 'w').write(sys.argv[1])",
    "sys.exit('the model is bad' if sys.argv[1] == 'bad' else 0)",
].join("\n");

/** Prints each execution that has ever written to the claim, as `<run>/<uid> <content of its model>`. */
const listModels = [
    "import pathlib",
    "for model in sorted(pathlib.Path('/data').rglob('model')):",
    "    print(model.parent.relative_to('/data'), model.read_text())",
].join("\n");

interface Run {
    metadata: { name: string; uid: string; annotations?: Record<string, string> };
    spec: { suspend?: boolean };
}

/** The backend, and how its runs are executed. */
export interface BackendRuns {
    namespace: string;
    backend: mlops.TrainingBackend;
    /** The resource of the object that represents a run, such as `jobsets`. */
    resource: string;
    /** The ClusterQueue of Kueue of the namespace's default queue, which admits whatever names no queue. */
    clusterQueue: string;
    /** Returns an image with Python and whatever else the backend needs. Defaults to the base image. */
    image?: () => string;
    resources?: mlops.ResourcesArgs;
    /** What the reason of a failure contains. Defaults to the end of the pod's log. */
    reason?: RegExp;
}

/** Registers the tests of a backend, whose controller and namespace must exist. */
export function describeBackendRuns(title: string, runs: BackendRuns): void {
    const { namespace, backend, resource } = runs;
    describe(title, function () {
        inOrder();

        const name = `runs-${backend.toLowerCase()}`;
        let stack: TestStack;
        let first: string;
        let second: string;

        const training = (content: string, image?: string) => () => {
            const { model } = new mlops.TrainingJob(name, {
                workspace: { namespace },
                backend,
                image: image ?? runs.image?.() ?? savedEnvironment().baseImage!,
                command: ["python3", "-c", train],
                args: [content],
                resources: runs.resources ?? { cpu: "50m", memory: "64Mi" },
                output: { size: "1Gi", accessMode: mlops.AccessMode.ReadWriteOnce, retain: false },
                runAsUser: 1000,
                retries: 0,
                timeout: "5m",
            });
            return Promise.resolve({ model });
        };
        const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);
        const up = async (content: string) => String((await stack.up(training(content))).model);
        const currentModel = () =>
            inNamespace(
                "get",
                "configmap",
                `${name}-training`,
                "--output=jsonpath={.metadata.annotations.kubernetes-mlops/result}",
            );

        /** Returns the line with which an update of this training fails. */
        async function problemOf(content: string, image?: string): Promise<string> {
            let problem = "";
            await assert.rejects(stack.up(training(content, image)), ({ message }: Error) => {
                const lines = message
                    .split("\n")
                    .filter((line) => line.includes(`error: TrainingJob "${name}": the run`));
                problem = [...new Set(lines.map((line) => line.slice(line.indexOf("TrainingJob"))))].join("\n");
                return true;
            });
            assert.equal(await currentModel(), first);
            return problem;
        }

        /** The only run is an object that stands for a completed one, and it has no pods. */
        async function assertStandIn(): Promise<void> {
            const { items } = await getObjects<{ items: Run[] }>(
                resource,
                `--selector=app.kubernetes.io/name=${name}`,
                "--namespace",
                namespace,
            );
            assert.deepEqual(
                items.map(({ metadata, spec }) => [
                    metadata.annotations?.["kubernetes-mlops/completed-before"],
                    spec.suspend,
                ]),
                [["true", true]],
            );
            // Those of the run that it has replaced are deleted in the background.
            await eventually(async () => {
                const pods = await inNamespace(
                    "get",
                    "pods",
                    `--selector=app.kubernetes.io/name=${name}`,
                    "--output=name",
                );
                assert.equal(pods, "");
            }, 60);
            assert.deepEqual(await stack.preview(), []);
            assert.deepEqual(await stack.refresh(), []);
        }

        const queue = localQueue("default", namespace, runs.clusterQueue);
        before(async () => {
            await createObjects(queue);
            stack = await TestStack.create(name, training("a"));
        });
        after(async () => {
            await stack?.destroy();
            await deleteObjects(queue);
        });

        it("returns to the model of an earlier run at once, as the preview says", async () => {
            first = await up("a");
            second = await up("b");
            assert.notEqual(second, first);
            const shownBefore = stack.log.length;
            await stack.preview(training("a"));
            const shown = stack.log.slice(shownBefore);
            assert.ok(shown.includes(`=> "${first}"`), shown);
            assert.equal(await up("a"), first);
            await assertStandIn();
        });

        it("keeps the model when a run fails, and returns from it without training", async () => {
            assert.match(
                await problemOf("bad"),
                new RegExp(
                    `^TrainingJob "${name}": the run ${name}-[0-9a-f]{8} has failed: .*${(runs.reason ?? /exit code 1: the model is bad/).source}`,
                ),
            );
            assert.equal(await up("a"), first);
            await assertStandIn();
        });

        it("ends in seconds when it cannot start", async () => {
            const missing = `${savedEnvironment().registry}/missing@sha256:${"0".repeat(64)}`;
            const start = Date.now();
            const problem = await problemOf("c", missing);
            const seconds = (Date.now() - start) / 1000;
            assert.match(
                problem,
                /^TrainingJob "[^"]*": the run [^ ]* cannot start: its pod cannot pull its image .*: not found/,
            );
            assert.ok(seconds < 60, `it took ${seconds} s`);
            assert.equal(await up("a"), first);
            await assertStandIn();
        });

        it("does not train again when its object was deleted after it had completed", async () => {
            assert.equal(await up("b"), second);
            await inNamespace("delete", resource, "--all");
            assert.equal((await stack.refresh()).length, 1);
            assert.equal(await up("b"), second);
            await assertStandIn();
        });

        it("has run each content once, into the directory that the URI of its model names", async () => {
            const [claim] = first.slice("pvc://".length).split("/");
            const models = (await inClaim(namespace, claim!, listModels)).trim().split("\n");
            const [bad, ...completed] = [...models].sort(
                (one, other) => Number(other.endsWith(" bad")) - Number(one.endsWith(" bad")),
            );
            assert.match(bad!, / bad$/);
            assert.deepEqual(
                completed.map((line) => `pvc://${claim}/${line}`).sort(),
                [`${first} a`, `${second} b`].sort(),
            );
        });
    });
}
