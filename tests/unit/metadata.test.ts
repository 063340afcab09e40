/** The labels and annotations that users add to the objects and to the pods of every component, with every backend. */
import { strict as assert } from "node:assert";

import { Schedule, TrainingJob, type WorkloadArgs } from "../../src";
import { workload } from "../support/arguments";
import { type Properties, run } from "../support/mocks";
import { scenarios } from "../support/scenarios";

const metadata = {
    labels: { team: "fraud" },
    annotations: { contact: "fraud@example.com" },
    podLabels: { identity: "true" },
    podAnnotations: { mesh: "off" },
} satisfies Partial<WorkloadArgs>;

const { workspace } = workload;

interface Metadata {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
}

/** What tells an object that describes a pod. */
interface PodLike extends Metadata {
    metadata?: Metadata;
    podMetadata?: Metadata;
    containers?: unknown;
    podSpecPatch?: unknown;
}

/** Returns the metadata of all pods that an object describes, in the ways in which the resource kinds write a pod. */
function podsOf(value: unknown, metadata: Metadata = {}): Metadata[] {
    if (value === null || typeof value !== "object") {
        return [];
    }
    const object = value as PodLike;
    // A pod or its template; a predictor of KServe; a workflow of Argo; the template of an LLMInferenceService.
    const ownLabels = (object.labels ?? object.annotations) ? (object as Metadata) : undefined;
    const own = object.metadata ?? ownLabels ?? object.podMetadata ?? metadata;
    const isPod = Array.isArray(object.containers) || object.podSpecPatch !== undefined;
    return isPod ? [own] : Object.values(object).flatMap((field) => podsOf(field, own));
}

const has = (given: Record<string, string>, all: Record<string, string> = {}): boolean =>
    Object.entries(given).every(([key, value]) => all[key] === value);

describe("labels and annotations", () => {
    // The edits of this one are edits of its route.
    for (const { name, create } of scenarios.filter(({ name }) => name !== "model-server-two")) {
        it(`${name}: are in all objects, and those of the pods in all pods`, async () => {
            const { resources } = await run(() => create(workspace, metadata, {}), { preview: true });
            const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
            assert.ok(objects.length > 1);
            for (const { name, inputs } of objects) {
                const { labels, annotations } = inputs.metadata as Required<Metadata>;
                assert.ok(has(metadata.labels, labels), name);
                assert.ok(has(metadata.annotations, annotations), name);
                assert.equal(labels["app.kubernetes.io/managed-by"], "pulumi");
            }
            const pods = objects.flatMap(({ inputs }) => podsOf(inputs));
            assert.ok(pods.length > 0);
            for (const pod of pods) {
                assert.ok(has(metadata.podLabels, pod.labels), JSON.stringify(pod));
                assert.ok(has(metadata.podAnnotations, pod.annotations), JSON.stringify(pod));
            }
        });
    }

    it("are also those of the runs that a schedule starts", async () => {
        for (const [backend, path] of [
            ["CronJob", "jobTemplate.metadata"],
            ["CronWorkflow", "workflowMetadata"],
        ] as const) {
            const args = { ...workload, command: ["python"], schedule: "@daily", backend, ...metadata };
            const { resource } = await run(() => new Schedule("fraud", args));
            const { spec } = resource(`fraud-${backend.toLowerCase()}`).inputs;
            const ofRun = path
                .split(".")
                .reduce<Properties>((value, key) => value[key] as Properties, spec as Properties);
            assert.ok(has(metadata.labels, ofRun.labels as Record<string, string>), backend);
            assert.deepEqual(ofRun.annotations, metadata.annotations);
        }
    });

    it("never replace a label by which a component finds its objects", async () => {
        const { resource } = await run(() => new TrainingJob("fraud", { ...workload, ...metadata }));
        const { labels, annotations } = resource("fraud-job").inputs.metadata as Required<Metadata>;
        assert.deepEqual(labels, {
            team: "fraud",
            "app.kubernetes.io/name": "fraud",
            "app.kubernetes.io/component": "training",
            "app.kubernetes.io/managed-by": "pulumi",
        });
        assert.equal(annotations["pulumi.com/skipAwait"], "true");
    });
});
