import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";

import * as core from "@pulumi/kubernetes/core/v1";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../src";
import { inOrder } from "../support/in-order";
import { kubectl } from "../support/kubectl";
import { type Change, TestStack } from "../support/stack";
import { completedAtOnce, skipAwait } from "../support/transforms";

interface Edit {
    code?: string;
    namespace?: string;
    training?: Partial<mlops.TrainingJobArgs>;
    server?: Partial<mlops.ModelServerArgs>;
}

const namespaces = ["diffs", "diffs-elsewhere"];

/** Two workloads whose image is unknown in the preview of its change, like one that is built during the update. */
function program(edit: Edit): () => Promise<Record<string, pulumi.Output<string>>> {
    // eslint-disable-next-line @typescript-eslint/require-await -- the automation API takes async programs
    return async () => {
        const [namespace] = namespaces.map((name) => new core.Namespace(name, { metadata: { name } }));
        const build = new core.ConfigMap("build", {
            metadata: { namespace: namespace!.metadata.name },
            data: { code: edit.code ?? "1" },
        });
        const image = build.metadata.uid.apply(
            (uid) => `registry.example.com/fraud@sha256:${createHash("sha256").update(uid).digest("hex")}`,
        );
        const workspace = { namespace: edit.namespace ?? "diffs" };
        const opts = { dependsOn: build, transforms: [skipAwait, completedAtOnce] };
        const training = new mlops.TrainingJob("train", { workspace, image, ...edit.training }, opts);
        const server = new mlops.ModelServer(
            "serve",
            { workspace, image, model: training.model, ...edit.server },
            opts,
        );
        return { model: training.model, url: server.url };
    };
}

/** A preview in short: operation, name, and the differing fields without their common prefix. */
function short(changes: Change[]): string[] {
    const field = (path: string) => path.replace("spec.template.spec.", "").replace("containers[0].", "");
    return changes.map(({ op, name, diff }) => [op, name, ...diff.map(field).sort()].join(" ")).sort();
}

/** The Job of a new run: what is fixed in it is not compared. */
const newRun = "replace train-job metadata.name";
const newRecord =
    "update train-record metadata.annotations.kubernetes-mlops/result metadata.annotations.kubernetes-mlops/runs";
const newModel = "env[2].value volumeMounts[1].subPath";

const edits: { what: string; edit: Edit; preview: string[] }[] = [
    {
        what: "an image that is not built yet: run and server follow it",
        edit: { code: "2" },
        preview: [
            "replace build data.code",
            newRun,
            newRecord,
            "update serve-deployment env[2].value image volumeMounts[1].subPath",
        ],
    },
    {
        what: "the command of a training: a new run, which the server follows",
        edit: { training: { command: ["python", "train.py"] } },
        preview: [newRun, newRecord, "update serve-deployment " + newModel],
    },
    {
        what: "retries and time limit: in place, and no new run",
        edit: { training: { retries: 5, timeout: "90m" } },
        preview: ["update train-job spec.activeDeadlineSeconds spec.backoffLimit"],
    },
    {
        what: "a trigger: a new run of the same content",
        edit: { training: { triggers: ["2026-11"] } },
        preview: [
            "replace train-job metadata.annotations.kubernetes-mlops/triggers metadata.name",
            newRecord,
            "update serve-deployment " + newModel,
        ],
    },
    {
        what: "secrets: they are created first",
        edit: { training: { secretEnv: { TOKEN: "one" } }, server: { secretEnv: { TOKEN: "one" } } },
        preview: [
            "create serve-env",
            "create train-env",
            newRun,
            newRecord,
            "update serve-deployment env[2].value env[4] volumeMounts[1].subPath",
        ],
    },
    {
        what: "other secrets: the server is rolled, the run is not repeated",
        edit: { training: { secretEnv: { TOKEN: "two" } }, server: { secretEnv: { TOKEN: "two" } } },
        preview: [
            "replace serve-env data.TOKEN metadata.name",
            "replace train-env data.TOKEN",
            "update serve-deployment env[4].valueFrom.secretKeyRef.name",
        ],
    },
    {
        what: "more pods",
        edit: { server: { replicas: 3 } },
        preview: ["update serve-deployment spec.replicas"],
    },
    {
        what: "an autoscaler takes over: the Deployment is left as it is",
        edit: { server: { replicas: undefined, autoscaling: { max: 5 } } },
        preview: ["create serve-hpa"],
    },
    {
        what: "the stack takes the number back from the autoscaler",
        edit: { server: { replicas: 2, autoscaling: undefined } },
        preview: ["delete serve-hpa", "update serve-deployment spec.replicas"],
    },
    {
        what: "another port",
        edit: { server: { port: 9000 } },
        preview: [
            "update serve-deployment env[1].value ports[0].containerPort",
            "update serve-service spec.ports[0].port",
        ],
    },
    {
        what: "resources",
        edit: { training: { resources: { memory: "2Gi" } }, server: { resources: { cpu: "2" } } },
        preview: [
            newRun,
            newRecord,
            "update serve-deployment env[2].value resources.requests.cpu volumeMounts[1].subPath",
        ],
    },
    {
        what: "another storage class: a new claim beside the old one",
        edit: { training: { output: { storageClass: "fast" } } },
        preview: [
            newRun,
            newRecord,
            "replace train-model metadata.name spec.storageClassName",
            "update serve-deployment env[2].value volumeMounts[1].subPath volumes[1].persistentVolumeClaim.claimName",
        ],
    },
    {
        what: "another namespace: everything moves",
        edit: { namespace: "diffs-elsewhere" },
        preview: [
            "replace serve-deployment env[2].value metadata.namespace volumeMounts[1].subPath",
            "replace serve-env metadata.namespace",
            "replace serve-pdb metadata.namespace",
            "replace serve-service metadata.namespace",
            "replace train-env metadata.namespace",
            // The record of the runs stays where they were, so the training runs again.
            "replace train-job metadata.name metadata.namespace",
            "replace train-model metadata.namespace",
            "replace train-record metadata.annotations.kubernetes-mlops/result metadata.annotations.kubernetes-mlops/runs metadata.namespace",
        ],
    },
];

describe("what an edit changes, on a real API server", function () {
    this.timeout("2m");
    // Each edit adds to those before it.
    inOrder();

    let stack: TestStack;
    let current: Edit = {};

    before(async () => {
        stack = await TestStack.create("diffs", program({}));
        await stack.up();
    });
    after(async () => stack?.destroy());

    it("changes nothing when nothing is edited, nor in a refresh", async () => {
        assert.deepEqual(await stack.preview(), []);
        assert.deepEqual(await stack.refresh(), []);
    });

    for (const { what, edit, preview } of edits) {
        it(what, async () => {
            current = {
                ...current,
                ...edit,
                training: { ...current.training, ...edit.training },
                server: { ...current.server, ...edit.server },
            };
            assert.deepEqual(short(await stack.preview(program(current))), preview.sort());
            await stack.up();
            assert.deepEqual(await stack.preview(), []);
        });
    }

    it("leaves nothing changed in a refresh after all of it", async () => {
        assert.deepEqual(await stack.refresh(), []);
    });

    it("keeps the number of pods while an autoscaler takes over, and the autoscaler's afterwards", async () => {
        const replicas = () =>
            kubectl(
                "--namespace",
                "diffs-elsewhere",
                "get",
                "deployment",
                "serve",
                "--output",
                "jsonpath={.spec.replicas}",
            );
        assert.equal(await replicas(), "2");
        await stack.up(
            program({ ...current, server: { ...current.server, replicas: undefined, autoscaling: { max: 5 } } }),
        );
        assert.equal(await replicas(), "2");
        await kubectl("--namespace", "diffs-elsewhere", "scale", "deployment", "serve", "--replicas", "4");
        assert.deepEqual(await stack.refresh(), []);
        const more = { ...current.server, replicas: undefined, autoscaling: { max: 5 }, env: { A: "b" } };
        await stack.up(program({ ...current, server: more }));
        assert.equal(await replicas(), "4");
    });

    it("refuses a claim that shrinks in the preview, not in the middle of an update", async () => {
        const smaller = {
            ...current,
            training: { ...current.training, output: { storageClass: "fast", size: "1Gi" } },
        };
        await assert.rejects(stack.preview(program(smaller)), /field can not be less than|Forbidden|forbidden/);
    });
});
