/**
 * Sweeps and a real MLflow, with authentication: the parameters and results of trials are recorded there, whether or
 * not the trials record them.
 */
import { strict as assert } from "node:assert";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { savedEnvironment } from "../support/environment";
import { inOrder } from "../support/in-order";
import { createObjects, kubectl } from "../support/kubectl";
import { TestStack } from "../support/stack";

const namespace = "tracking-test";
const login = { MLFLOW_TRACKING_USERNAME: "admin", MLFLOW_TRACKING_PASSWORD: "not-a-secret-of-anybody" };

/** What MLflow's own client reads of all runs of an experiment. */
const reader = `
import json, mlflow, sys
print(json.dumps([
    {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "metrics": run.data.metrics,
        "tags": {key: value for key, value in run.data.tags.items() if key.startswith("kubernetes-mlops/")},
    }
    for run in mlflow.search_runs(experiment_names=[sys.argv[1]], output_format="list")
]))
`;

interface Run {
    name: string;
    status: string;
    params: Record<string, string>;
    metrics: Record<string, number>;
    tags: Record<string, string>;
}

/** The runs of an experiment, by trial number. */
async function runsOf(experiment: string): Promise<Run[]> {
    const env = Object.entries({ ...login, MLFLOW_TRACKING_URI: "http://localhost:8080" });
    const client = ["env", ...env.map(([key, value]) => `${key}=${value}`), "python3", "-c", reader, experiment];
    const said = await kubectl("exec", "--namespace", namespace, "deployment/mlflow", "--", ...client);
    const runs = JSON.parse(said.slice(said.indexOf("["))) as Run[];
    const trialOf = ({ name }: Run): number => Number(name.replace(/.*-/, ""));
    return runs.sort((a, b) => trialOf(a) - trialOf(b));
}

interface Settings {
    password?: string;
}

function program({ password = login.MLFLOW_TRACKING_PASSWORD }: Settings = {}) {
    const { registry, baseImage } = savedEnvironment();
    const workspace = { namespace };
    const resources = { cpu: "50m", memory: "1Gi" };
    const image = new mlops.Image("mlflow", {
        repository: `${registry}/mlflow-test`,
        context: path.join(__dirname, "mlflow"),
        buildArgs: { BASE: baseImage! },
        network: "host",
    });
    const fit = new mlops.Image("fit", {
        repository: `${registry}/mlflow-test-fit`,
        context: path.join(__dirname, "..", "..", "examples", "sweep", "fit"),
        python: { baseImage },
        network: "host",
    });
    const server = new mlops.ModelServer("mlflow", {
        workspace,
        image: image.ref,
        command: [
            "sh",
            "-c",
            "cd /tmp && exec mlflow server --app-name basic-auth --host 0.0.0.0 --port 8080 --workers 1",
        ],
        env: {
            MLFLOW_BACKEND_STORE_URI: "sqlite:////tmp/mlflow.db",
            MLFLOW_FLASK_SERVER_SECRET_KEY: "test",
            MLFLOW_SERVER_ALLOWED_HOSTS: `mlflow.${namespace}*,localhost:*,10.*`,
        },
        livenessPath: "/health",
        replicas: 1,
        resources: { cpu: "200m", memory: "2Gi" },
        runAsUser: 1000,
    });
    const args = {
        workspace,
        resources,
        output: { accessMode: mlops.AccessMode.ReadWriteOnce },
        runAsUser: 1000,
        retries: 0,
        timeout: "5m",
        secretEnv: { ...login, MLFLOW_TRACKING_PASSWORD: pulumi.secret(password) },
        tracking: { uri: server.url },
    };
    const opts = { dependsOn: server };
    // Its trials do not use MLflow.
    const silent = new mlops.Sweep(
        "silent",
        {
            ...args,
            image: fit.ref,
            command: ["python", "fit.py"],
            objective: { metric: "error", goal: mlops.ObjectiveGoal.Minimize },
            grid: { degree: [1, 3, 16], ridge: [0] },
        },
        opts,
    );
    const recorded = new mlops.Sweep(
        "recorded",
        {
            ...args,
            image: image.ref,
            command: ["python3", "/mlflow/trial.py"],
            objective: { metric: "loss", goal: mlops.ObjectiveGoal.Minimize },
            grid: { x: [3, -1] },
            tracking: { ...args.tracking, experiment: "squares" },
        },
        opts,
    );
    return Promise.resolve({
        silent: silent.best,
        silentRun: silent.runName,
        silentModel: silent.model,
        recorded: recorded.best,
        recordedRun: recorded.runName,
    });
}

describe("a Sweep with MLflow", function () {
    this.timeout("20m");
    inOrder();

    let stack: TestStack;
    let outputs: Record<string, unknown>;
    before(async () => {
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await createObjects({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
        stack = await TestStack.create("tracking", () => program());
    });
    after(async () => {
        await stack?.destroy();
        await kubectl("delete", "namespace", namespace);
    });

    it("returns its best trial in one update with the server", async () => {
        outputs = await stack.up();
        assert.deepEqual((outputs.silent as mlops.BestTrial).parameters, { degree: 3, ridge: 0 });
        assert.deepEqual((outputs.recorded as mlops.BestTrial).parameters, { x: -1 });
    });

    it("is recorded with each trial that has started, although the trials record nothing", async () => {
        const runs = await runsOf("silent");
        const run = String(outputs.silentRun);
        assert.deepEqual(
            runs.map(({ name, status, params }) => ({ name, status, params })),
            [
                { name: `${run}-0`, status: "FINISHED", params: { degree: "1", ridge: "0" } },
                { name: `${run}-1`, status: "FINISHED", params: { degree: "3", ridge: "0" } },
                { name: `${run}-2`, status: "FAILED", params: { degree: "16", ridge: "0" } },
            ],
        );
        assert.deepEqual(Object.keys(runs[0]!.metrics), ["error"]);
        assert.equal(runs[1]!.metrics.error, (outputs.silent as mlops.BestTrial).value);
        assert.deepEqual(runs[2]!.metrics, {});
        assert.deepEqual(runs[1]!.tags, {
            "kubernetes-mlops/best": "true",
            "kubernetes-mlops/model": outputs.silentModel,
        });
        assert.equal(runs[0]!.tags["kubernetes-mlops/best"], "false");
    });

    it("leaves trials that have recorded themselves unchanged, and marks the best one", async () => {
        const runs = await runsOf("squares");
        const run = String(outputs.recordedRun);
        assert.deepEqual(
            runs.map(({ name, status, params, metrics, tags }) => [
                name,
                status,
                params,
                metrics,
                tags["kubernetes-mlops/best"],
            ]),
            [
                [`${run}-0`, "FINISHED", { x: "3" }, { loss: 3 }, "false"],
                [`${run}-1`, "FINISHED", { x: "-1" }, { loss: 1 / 3 }, "true"],
            ],
        );
    });

    it("shows no change afterwards, nor does a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });
});
