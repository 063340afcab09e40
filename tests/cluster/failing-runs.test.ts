/**
 * Runs of many pods that come to no good end, on a real node: each fails the update with one line that says what was
 * wrong and how to mend it.
 */
import { strict as assert } from "node:assert";

import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { TestStack } from "../support/stack";

const namespace = "failing-runs";

/** What all of these runs are told, and the program that each of their pods runs. */
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

/** A sweep of three trials, in which the metric is `value`, an expression of Python that knows the number `x`. */
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
    "a sweep of which more trials fail than may": {
        create: (workspace) => sweep(workspace, "1 / x if x > 1 else 1 / 0", { maxFailedTrials: 1, parallelism: 1 }),
        line: 'Sweep "runs": 2 of 3 trials have failed (0,1), and maxFailedTrials is 1; ',
    },
    "a sweep without a trial that succeeds": {
        create: (workspace) => sweep(workspace, "1 / 0"),
        line: 'Sweep "runs": no trial has succeeded: ',
    },
    "a sweep whose trials all come to no number": {
        create: (workspace) => sweep(workspace, "float('nan')"),
        line: 'Sweep "runs": the results of the trials cannot be compared: no trial has written loss to its RESULT_FILE; trial 0: ',
    },
    "a batch inference of which one shard fails": {
        create: (workspace) =>
            new mlops.BatchInference("runs", {
                ...shared(workspace, "import os; 1 / (1 - int(os.environ['SHARD_INDEX']))"),
                inputUri: "s3://bucket/in",
                outputUri: "s3://bucket/out",
                shards: 3,
            }),
        line: 'BatchInference "runs": 1 of 3 shards have not succeeded: ',
    },
    "a training of two nodes of which one fails": {
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
        it(`${title} says so in one line`, async () => {
            const stack = await TestStack.create(namespace, () => {
                const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
                const space = new core.Namespace("space", { metadata: { name: namespace, labels } });
                create({ namespace: space.metadata.name });
                return Promise.resolve({});
            });
            try {
                await assert.rejects(stack.up(), (error: Error) => {
                    const [, diagnostics = ""] = error.message.split(/Diagnostics:|\nResources:/);
                    // An inline program of the Automation API, as this one, tells the errors of Outputs once more.
                    const lines = diagnostics.split("\n").filter((one) => !one.includes("One or more errors occurred"));
                    const told = lines.filter((one) => one.includes(line));
                    assert.equal(told.length, 1, error.message);
                    return true;
                });
            } finally {
                await stack.destroy();
            }
        });
    }
});
