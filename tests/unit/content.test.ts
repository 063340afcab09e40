/** What makes a run another run, and what only starts one again that has not completed. */
import { strict as assert } from "node:assert";

import * as pulumi from "@pulumi/pulumi";

import {
    type BatchInferenceArgs,
    ObjectiveGoal,
    type RunArgs,
    type SweepArgs,
    SweepBackend,
    TrainingBackend,
    TrainingFramework,
    type TrainingJobArgs,
} from "../../src";
import type { RunHashes } from "../../src/runs/content";
import { hashBatch } from "../../src/workloads/batch-inference/job";
import { hashSweep } from "../../src/workloads/sweep/content";
import { buildTrials } from "../../src/workloads/sweep/trials";
import { hashTraining } from "../../src/workloads/training-job/content";
import { otherImage, password, workload } from "../support/arguments";
import { run } from "../support/mocks";

/** What an edit of the arguments does. */
enum Effect {
    /** It starts a run with a result of its own. */
    Content = "starts a new run",
    /** It starts the run again, unless it has completed. */
    Pods = "starts the run again, unless it has completed",
    /** It changes in place, or not at all. */
    Nothing = "starts no run",
}

/** Returns a value of a program, and whether it is secret. */
async function valueOf(create: () => pulumi.Output<RunHashes>): Promise<RunHashes & { isSecret: boolean }> {
    let known: RunHashes | undefined;
    let isSecret = false;
    await run(() => {
        const output = create();
        void pulumi.isSecret(output).then((secret) => (isSecret = secret));
        output.apply((hashes) => (known = hashes));
    });
    return { ...known!, isSecret };
}

type Hash<Args> = (args: Args) => pulumi.Output<RunHashes>;
type Edit<Args> = [args: Partial<Args>, effect: Effect];

/** Returns what an edit does, from the hashes before and after it. */
async function effectOf<Args>(hash: Hash<Args>, before: Args, after: Args): Promise<Effect> {
    const [one, other] = [await valueOf(() => hash(before)), await valueOf(() => hash(after))];
    if (one.content !== other.content) {
        // The pods contain the content: the name of the run changes with either.
        assert.notEqual(one.pods, other.pods);
        return Effect.Content;
    }
    return one.pods === other.pods ? Effect.Nothing : Effect.Pods;
}

function describeEdits<Args extends object>(what: string, hash: Hash<Args>, base: Args, edits: Edit<Args>[]): void {
    describe(`an edit of ${what}`, () => {
        for (const [args, effect] of edits) {
            it(`${JSON.stringify(args)} ${effect}`, async () => {
                assert.equal(await effectOf(hash, base, { ...base, ...args }), effect);
            });
        }
    });
}

const { Content, Pods, Nothing } = Effect;
const { namespace } = workload.workspace;

/** The arguments that all runs have. */
const common: Edit<RunArgs>[] = [
    [{ image: otherImage }, Content],
    [{ command: ["python"] }, Content],
    [{ args: ["--fast"] }, Content],
    [{ env: { A: "1", B: "3" } }, Content],
    [{ env: { B: "2", A: "1" } }, Nothing],
    [{ secretEnv: { TOKEN: "another" } }, Nothing],
    [{ secretEnv: { KEY: password } }, Content],
    [{ secretEnv: { TOKEN: password, KEY: "" } }, Content],
    [{ resources: { cpu: "1" } }, Content],
    [{ gpu: {} }, Content],
    [{ mounts: [{ claim: "data", mountPath: "/data" }] }, Content],
    [{ mounts: [{ secret: "tls", mountPath: "/tls" }] }, Content],
    [{ envFrom: [{ secret: "database" }] }, Content],
    [{ runAsUser: 1000 }, Content],
    [{ readOnlyRootFilesystem: false }, Content],
    [{ podSpec: { nodeSelector: { disk: "fast" } } }, Content],
    [{ triggers: ["1"] }, Content],
    [{ workspace: { namespace: "other" } }, Pods],
    [{ workspace: { namespace, queue: "team" } }, Pods],
    [{ workspace: { namespace, serviceAccount: "trainer" } }, Pods],
    [{ workspace: { namespace, imagePullSecrets: ["pull"] } }, Pods],
    [{ spot: true }, Pods],
    [{ retry: { never: [2] } }, Pods],
    [{ queuePriority: "high" }, Pods],
    [{ podLabels: { team: "fraud" } }, Pods],
    [{ podAnnotations: { "sidecar.istio.io/inject": "false" } }, Pods],
    [{ labels: { team: "fraud" } }, Nothing],
    [{ annotations: { contact: "fraud" } }, Nothing],
    [{ startTimeout: "1h" }, Nothing],
    [{ wait: "never" }, Nothing],
    [{ allowFailure: true }, Nothing],
    [{ name: "other" }, Nothing],
    // Explicit defaults, and arguments that say nothing.
    [
        {
            resources: { cpu: "500m", memory: "1Gi" },
            readOnlyRootFilesystem: true,
            spot: false,
            retries: 2,
            timeout: "24h",
            podSpec: {},
            mounts: [],
            triggers: [],
            podLabels: {},
            command: undefined,
        },
        Nothing,
    ],
    [{ resources: { memory: "1Gi" } }, Nothing],
    [{ image: pulumi.output(workload.image), env: { A: pulumi.output("1"), B: "2" } }, Nothing],
];

const base = { ...workload, env: { A: "1", B: "2" }, secretEnv: { TOKEN: password } };

/** With a claim for checkpoints if they are set. */
const trainingTo =
    (uri: string): Hash<TrainingJobArgs> =>
    (args) =>
        hashTraining(args, {
            target: { uri },
            checkpoint: args.checkpoint && (args.checkpoint.claim ?? "checkpoints"),
        });
const hashDefault = trainingTo("pvc://models");
describeEdits<TrainingJobArgs>("a TrainingJob", hashDefault, base, [
    ...common,
    [{ retries: 7 }, Nothing],
    [{ timeout: "1h" }, Nothing],
    [{ output: { size: "20Gi" } }, Nothing],
    [{ nodes: 2 }, Content],
    [{ nodes: 1, backend: TrainingBackend.Job, framework: TrainingFramework.Torch }, Nothing],
    [{ framework: TrainingFramework.Jax }, Content],
    [{ processesPerNode: 2 }, Content],
    [{ backend: TrainingBackend.JobSet }, Content],
    [{ checkpoint: {} }, Pods],
    [{ checkpoint: { claim: "mine" } }, Pods],
    [{ topology: {} }, Nothing],
    [{ topology: { required: "rack" } }, Pods],
]);
for (const backend of [TrainingBackend.JobSet, TrainingBackend.TrainJob, TrainingBackend.RayJob]) {
    describeEdits<TrainingJobArgs>(`a ${backend}, which cannot be changed`, hashDefault, { ...base, backend }, [
        [{ image: otherImage }, Content],
        [{ retries: 7 }, Pods],
        [{ timeout: "1h" }, Pods],
        [{ retries: 2, timeout: "24h" }, Nothing],
        [{ startTimeout: "1h", wait: "never", allowFailure: true }, Nothing],
    ]);
}

const hashClaimed: Hash<SweepArgs> = (args) => hashSweep(args, "models");
const grid = { depth: [1, 2], rate: [0.1] };
const sweep: SweepArgs = { ...base, objective: { metric: "accuracy" }, grid };
describeEdits<SweepArgs>("a Sweep", hashClaimed, sweep, [
    ...common,
    [{ objective: { metric: "f1" } }, Content],
    [{ objective: { metric: "accuracy", goal: ObjectiveGoal.Minimize } }, Content],
    [{ objective: { metric: "accuracy", goal: ObjectiveGoal.Maximize } }, Nothing],
    [{ grid: { depth: [1, 3], rate: [0.1] } }, Content],
    [{ grid: undefined, trials: buildTrials({ grid }) }, Nothing],
    [{ budget: { trials: 1000 } }, Nothing],
    [{ budget: { trials: 1 } }, Content],
    [{ budget: { gpuHours: 1 } }, Nothing],
    [{ maxFailedTrials: 1 }, Nothing],
    [{ timeout: "1h" }, Nothing],
    [{ collectorImage: otherImage }, Nothing],
    [{ output: { size: "20Gi" } }, Nothing],
    [{ tracking: { uri: "http://mlflow" } }, Content],
    [{ retries: 1 }, Pods],
    [{ parallelism: 1 }, Pods],
    [{ parallelism: 2, backend: SweepBackend.Job }, Nothing],
    [{ backend: SweepBackend.Katib }, Content],
]);
describeEdits<SweepArgs>("a Sweep with Katib", hashClaimed, { ...sweep, backend: SweepBackend.Katib }, [
    [{ grid: { depth: [1, 3], rate: [0.1] } }, Content],
    [{ budget: { trials: 1 } }, Content],
    [{ budget: { trials: 1000 } }, Nothing],
    [{ maxFailedTrials: 1 }, Pods],
    [{ timeout: "1h" }, Pods],
    [{ parallelism: 1 }, Pods],
]);

const batch: BatchInferenceArgs = { ...base, inputUri: "s3://claims", outputUri: "pvc://scores", shards: 4 };
describeEdits<BatchInferenceArgs>("a BatchInference", hashBatch, batch, [
    ...common,
    [{ inputUri: "s3://claims/2" }, Content],
    [{ outputUri: "pvc://scores/2" }, Content],
    [{ model: "s3://models/1" }, Content],
    [{ shards: 5 }, Content],
    [{ timeout: "1h" }, Nothing],
    [{ rerun: { shards: [1] } }, Nothing],
    [{ retries: 1 }, Pods],
    [{ parallelism: 1 }, Pods],
    [{ parallelism: 4 }, Nothing],
]);

describe("the hash of a run", () => {
    it("differs with where its result is kept", async () => {
        const [one, other] = await Promise.all([
            valueOf(() => trainingTo("pvc://models")(base)),
            valueOf(() => trainingTo("s3://models")(base)),
        ]);
        assert.notEqual(one.content, other.content);
    });

    it("is that of a run with the same claim of checkpoints, whatever its size", async () => {
        const sizes = [{}, { size: "20Gi" }].map((checkpoint) => valueOf(() => hashDefault({ ...base, checkpoint })));
        const [one, other] = await Promise.all(sizes);
        assert.deepEqual(one, other);
    });

    it("is not secret, even if an argument is", async () => {
        const args = { ...base, podSpec: { hostname: pulumi.secret("fraud") }, resources: { cpu: pulumi.secret("2") } };
        const { content, isSecret } = await valueOf(() => hashDefault(args));
        assert.equal(isSecret, false);
        const plain = { ...base, podSpec: { hostname: "fraud" }, resources: { cpu: "2" } };
        assert.equal((await valueOf(() => hashDefault(plain))).content, content);
    });
});
