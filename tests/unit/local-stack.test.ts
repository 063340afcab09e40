import * as assert from "node:assert/strict";

import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

import { lockHolders } from "../../local/stack";
import { resourceName, summary, UpdateProgress } from "../../local/stack-events";

const prefix = "urn:pulumi:dev::quickstart::";
const job = `${prefix}kubernetes-mlops:index:TrainingJob$kubernetes:batch/v1:Job::wine-train-job`;
const namespace = `${prefix}kubernetes:core/v1:Namespace::quickstart`;

type Step = "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent";

function step(kind: Step, op: OpType, urn: string, custom = true): EngineEvent {
    const type = urn.split("::")[2]!.split("$").at(-1)!;
    const state = { type, urn, custom, id: "", parent: "", inputs: {}, outputs: {}, provider: "" };
    const metadata = { op, urn, type, provider: "", new: state };
    return { sequence: 0, timestamp: 0, [kind]: { metadata } };
}

function failure(message: string, urn?: string): EngineEvent {
    return { sequence: 0, timestamp: 0, diagnosticEvent: { severity: "error", message, urn, color: "never" } };
}

/** A progress whose clock starts at 0 and advances by a second with every reading. */
function follow(events: EngineEvent[]): { progress: UpdateProgress; lines: string[] } {
    const lines: string[] = [];
    let now = 0;
    const progress = new UpdateProgress(
        (line) => lines.push(line),
        () => (now += 1000),
    );
    events.forEach(progress.onEvent);
    return { progress, lines };
}

describe("the progress of an update", () => {
    it("has a line and a change for each resource of a provider", () => {
        const { progress, lines } = follow([
            step("resourcePreEvent", "create", `${prefix}pulumi:pulumi:Stack::quickstart-dev`, false),
            step("resourcePreEvent", "create", `${prefix}pulumi:providers:kubernetes::default`),
            step("resourcePreEvent", "create", namespace),
            step("resourcePreEvent", "create", job),
            step("resOutputsEvent", "create", namespace),
            step("resOutputsEvent", "create", job),
        ]);
        assert.deepEqual(lines, ["Namespace quickstart created (2.0s)", "Job wine-train-job created (2.0s)"]);
        assert.deepEqual(progress.changes, [
            { component: undefined, resource: "Namespace quickstart", kind: "create" },
            { component: "TrainingJob", resource: "Job wine-train-job", kind: "create" },
        ]);
        assert.equal(progress.waitingFor, undefined);
    });

    it("counts a replacement once", () => {
        const { progress, lines } = follow([
            step("resourcePreEvent", "create-replacement", job),
            step("resOutputsEvent", "create-replacement", job),
            step("resourcePreEvent", "replace", job),
            step("resOutputsEvent", "replace", job),
            step("resourcePreEvent", "delete-replaced", job),
            step("resOutputsEvent", "delete-replaced", job),
        ]);
        assert.deepEqual(lines, ["Job wine-train-job replaced (1.0s)", "Job wine-train-job original deleted (1.0s)"]);
        assert.equal(summary(progress.changes), "1 replaced");
    });

    it("omits unchanged resources", () => {
        const { progress, lines } = follow([
            step("resourcePreEvent", "same", namespace),
            step("resOutputsEvent", "same", namespace),
        ]);
        assert.deepEqual(lines, []);
        assert.equal(summary(progress.changes), "nothing changed");
    });

    it("names the running step, until that is done or has failed", () => {
        const { progress } = follow([step("resourcePreEvent", "create", job)]);
        assert.equal(progress.waitingFor, "creating Job wine-train-job, 1.0s");
        progress.onEvent(step("resOpFailedEvent", "create", job));
        assert.equal(progress.waitingFor, undefined);
    });

    for (const [what, events, errors] of [
        [
            "names the resource and drops the engine's markup and summary",
            [failure("<{%reset%}>error: it is full\n<{%reset%}>", job), failure("update failed")],
            ["Job wine-train-job: it is full"],
        ],
        [
            "drops the repeated address of the resource",
            [failure(`resource "${namespace}" was not successfully created by the API server: no`, namespace)],
            ["Namespace quickstart: was not successfully created by the API server: no"],
        ],
        [
            "keeps the program's own error as it is",
            [failure("TrainingJob: no", `${prefix}pulumi:pulumi:Stack::quickstart-dev`)],
            ["TrainingJob: no"],
        ],
        ["keeps the summary where nothing else is known", [failure("update failed")], ["update failed"]],
    ] satisfies [string, EngineEvent[], string[]][]) {
        it(`${what} in an error`, () => assert.deepEqual(follow(events).progress.errors, errors));
    }

    it("parses the names in a URN", () => {
        assert.equal(resourceName(job), "Job wine-train-job");
        assert.equal(resourceName(`${prefix}docker-build:index:Image::a::b`), "Image a::b");
    });
});

describe("the message about a locked stack", () => {
    it("names the processes that hold the lock, each once", () => {
        const message =
            "error: the stack is currently locked by 2 lock(s). Either wait or `pulumi cancel`.\n" +
            "  file:///s/.pulumi/locks/a.json: created by root@host (pid 17) at 2026-01-01T00:00:00Z\n" +
            "  file:///s/.pulumi/locks/b.json: created by root@host (pid 4) at 2026-01-01T00:00:00Z\n" +
            "  file:///s/.pulumi/locks/c.json: created by root@host (pid 17) at 2026-01-01T00:00:00Z";
        assert.deepEqual(lockHolders(message), [17, 4]);
        assert.deepEqual(lockHolders("error: no stack"), []);
    });
});
