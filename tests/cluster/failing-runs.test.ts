/**
 * Runs of many pods that fail, on a real node: each fails the update with one line that says what went wrong and how to
 * fix it.
 */
import { strict as assert } from "node:assert";

import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { TestStack } from "../support/stack";

const namespace = "failing-runs";

/** The arguments of all of these runs, with the program of their pods. */
function shared(workspace: mlops.WorkspaceArgs, program: string) {
    return {
        workspace,
        image: savedEnvironment().baseImage!,
        command: ["python", "-c", program],
        resources: { cpu: "20m", memory: "64Mi" },
        runAsUser: 1000,
        retries: 0,
        timeout: "2m",
    };
}

const missingImage = () => `${savedEnvironment().baseImage!.replace(/@.*/, "")}-missing@sha256:${"0".repeat(64)}`;

/** A sweep of three trials, in which the metric is `value`, a Python expression of the number `x`. */
function sweep(workspace: mlops.WorkspaceArgs, value: string, args: Partial<mlops.SweepArgs> = {}): mlops.Sweep {
    const program = [
        "import json, os",
        "x = json.load(open(os.environ['TRIAL_FILE']))['x']",
        `json.dump({'loss': ${value}}, open(os.environ['RESULT_FILE'], 'w'))`,
    ].join("\n");
    return new mlops.Sweep("runs", {
        ...shared(workspace, program),
        objective: { metric: "loss", goal: mlops.ObjectiveGoal.Minimize },
        grid: { x: [0, 1, 2] },
        ...args,
    });
}

const cases: Record<string, { create: (workspace: mlops.WorkspaceArgs) => pulumi.Resource; line: string }> = {
    "a sweep with more failed trials than allowed": {
        create: (workspace) => sweep(workspace, "1 / x if x > 1 else 1 / 0", { maxFailedTrials: 1, parallelism: 1 }),
        line: 'Sweep "runs": 2 of 3 trials have failed (0,1), and maxFailedTrials is 1; ',
    },
    "a sweep without a successful trial": {
        create: (workspace) => sweep(workspace, "1 / 0"),
        line: 'Sweep "runs": no trial has succeeded: ',
    },
    "a sweep whose trials all report no number": {
        create: (workspace) => sweep(workspace, "float('nan')"),
        line: 'Sweep "runs": the results of the trials cannot be compared: no trial has written loss to its RESULT_FILE; trial 0: ',
    },
    "a batch inference with a failed shard": {
        create: (workspace) =>
            new mlops.BatchInference("runs", {
                ...shared(workspace, "import os; 1 / (1 - int(os.environ['SHARD_INDEX']))"),
                inputUri: "s3://bucket/in",
                outputUri: "s3://bucket/out",
                shards: 3,
            }),
        line: 'BatchInference "runs": 1 of 3 shards have not succeeded: ',
    },
    "a sweep whose image does not exist": {
        create: (workspace) => sweep(workspace, "x", { image: missingImage() }),
        line: "cannot start: its pod cannot pull its image",
    },
    "a batch inference whose image does not exist": {
        create: (workspace) =>
            new mlops.BatchInference("runs", {
                ...shared(workspace, "pass"),
                image: missingImage(),
                inputUri: "s3://bucket/in",
                outputUri: "s3://bucket/out",
                shards: 3,
            }),
        line: "cannot start: its pod cannot pull its image",
    },
    "a training of two nodes, one of which fails": {
        create: (workspace) =>
            new mlops.TrainingJob("runs", {
                ...shared(
                    workspace,
                    "import os, time; print('node', os.environ['PET_NODE_RANK']); 1 / int(os.environ['PET_NODE_RANK'])",
                ),
                nodes: 2,
                output: { size: "1Gi", accessMode: mlops.AccessMode.ReadWriteOnce },
            }),
        line: "ZeroDivisionError",
    },
};

describe("a run that fails, on a real node", function () {
    this.timeout("4m");

    for (const [title, { create, line }] of Object.entries(cases)) {
        it(`${title} reports it in one line`, async () => {
            const stack = await TestStack.create(namespace, () => {
                const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
                const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
                create({ namespace: space.metadata.name });
                return Promise.resolve({});
            });
            try {
                await assert.rejects(stack.up(), (error: Error) => {
                    const [, diagnostics = ""] = error.message.split(/Diagnostics:|\nResources:/);
                    // An inline program of the Automation API, as this one, reports the errors of Outputs twice.
                    const lines = diagnostics.split("\n").filter((one) => !one.includes("One or more errors occurred"));
                    const found = lines.filter((one) => one.includes(line));
                    assert.equal(found.length, 1, error.message);
                    return true;
                });
            } finally {
                await stack.destroy();
            }
        });
    }
});
