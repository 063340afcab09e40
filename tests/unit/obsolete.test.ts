/** Which files of runs that are not remembered any more the pods of the next run delete, and how. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { type Cluster, ClusterError } from "../../src/cluster/client";
import { type Execution, noRuns } from "../../src/runs/history";
import { buildCleanup, planCleanup } from "../../src/runs/obsolete";
import { directoryWith } from "../support/directories";

const execution = (content: string): Execution => ({ content, run: `fraud-${content}`, uid: `uid-${content}` });

/** A cluster with these objects; an error is thrown for Deployments. */
const clusterWith = (objects: Record<string, object[]>, error?: Error): Cluster => ({
    server: "https://one",
    get: () => Promise.reject(new Error("nothing else is read")),
    list: <T>(asked: string) =>
        error && asked.endsWith("/deployments")
            ? Promise.reject(error)
            : Promise.resolve((objects[asked] ?? []) as T[]),
    listMetadata: () => Promise.resolve([]),
    now: () => 0,
});

describe("the files of runs that are not remembered any more", () => {
    const history = { ...noRuns, obsolete: [execution("a"), execution("b")] };
    const [results, checkpoints] = [
        ["/results/fraud-a/uid-a", "/results/fraud-b/uid-b"],
        ["/checkpoints/a", "/checkpoints/b"],
    ];
    const plan = (objects: Record<string, object[]>, changes: object = {}, error?: Error) =>
        planCleanup(clusterWith(objects, error), "ml", "new", { ...history, ...changes });

    it("are deleted, with their checkpoints", async () => {
        assert.deepEqual(await plan({}), [...results, ...checkpoints]);
        assert.deepEqual(await plan({}, { obsolete: [] }), []);
    });

    it("are kept while an object of the namespace refers to them", async () => {
        const serving = { spec: { template: { spec: { volumes: [{ subPath: "fraud-a/uid-a" }] } } } };
        const uri = { env: [{ name: "MODEL_URI", value: "pvc://models/fraud-a/uid-a/3" }] };
        for (const [resource, object] of [
            ["/api/v1/namespaces/ml/pods", serving],
            ["/apis/apps/v1/namespaces/ml/deployments", serving],
            ["/apis/batch/v1/namespaces/ml/cronjobs", uri],
            ["/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices", uri],
        ] as const) {
            assert.deepEqual(await plan({ [resource]: [object] }), [results[1], ...checkpoints], resource);
        }
    });

    it("are kept if it is not known what refers to them", async () => {
        assert.deepEqual(await plan({}, {}, new ClusterError("https://one: forbidden", 403)), []);
        await assert.rejects(plan({}, {}, new TypeError("a bug")), TypeError);
    });

    it("keep the checkpoints of a content that is remembered, or runs now", async () => {
        const completed = { ...execution("a"), result: "pvc://models/fraud-a/later" };
        assert.deepEqual(await plan({}, { runs: [completed] }), [...results, checkpoints[1]]);
        assert.deepEqual(await plan({}, { failed: [execution("b")] }), [...results, checkpoints[0]]);
        assert.deepEqual(await planCleanup(clusterWith({}), "ml", "b", history), [...results, checkpoints[0]]);
    });

    it("are deleted by an init container, which has nothing but the volumes", () => {
        const [container] = buildCleanup("image", [...results, ...checkpoints], ["model", "checkpoint"])
            .initContainers as { args: string[]; volumeMounts: object[] }[];
        assert.deepEqual(container!.args, [...results, ...checkpoints]);
        assert.deepEqual(container!.volumeMounts, [
            { name: "model", mountPath: "/results" },
            { name: "checkpoint", mountPath: "/checkpoints" },
        ]);
        const [withoutCheckpoints] = buildCleanup("image", [...results, ...checkpoints], ["model"]).initContainers as {
            args: string[];
        }[];
        assert.deepEqual(withoutCheckpoints!.args, results);
        assert.equal(buildCleanup("image", [], ["model"]).initContainers, undefined);
    });

    it("go without their neighbours, and without an error if they have gone before", () => {
        const directory = directoryWith({
            "fraud-a/uid-a/model/weights": "",
            "fraud-a/uid-b/model": "",
            "fraud-b/uid-b/model": "",
            "fraud-c/uid-c/model": "",
        });
        const [container] = buildCleanup("image", ["/results/x"], ["model"]).initContainers as { command: string[] }[];
        const [shell, ...words] = container!.command;
        const paths = ["fraud-a/uid-a", "fraud-b/uid-b", "fraud-d/uid-d"].map((one) => path.join(directory, one));
        for (let times = 0; times < 2; times++) {
            execFileSync(shell!, [...words, ...paths]);
            assert.deepEqual(fs.readdirSync(directory).sort(), ["fraud-a", "fraud-c"]);
            assert.deepEqual(fs.readdirSync(path.join(directory, "fraud-a")), ["uid-b"]);
        }
    });
});
