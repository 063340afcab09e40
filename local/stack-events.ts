import type { EngineEvent, OpType, StepEventMetadata } from "@pulumi/pulumi/automation";

import { formatDuration, type Report } from "./progress";

/** What an update does to one resource. */
export interface Change {
    /** The component it belongs to, as `TrainingJob quickstart-train`; undefined when it belongs to none. */
    component?: string;
    /** Type and name, as `Job quickstart-train`. */
    resource: string;
    /** A replacement is one change, made of a creation and a deletion. */
    kind: "create" | "update" | "replace" | "delete" | "import";
}

/** Present and past tense of each step that is reported, and the change that it is part of. */
const STEPS: Partial<Record<OpType, { doing: string; done: string; kind: Change["kind"] }>> = {
    create: { doing: "creating", done: "created", kind: "create" },
    update: { doing: "updating", done: "updated", kind: "update" },
    delete: { doing: "deleting", done: "deleted", kind: "delete" },
    import: { doing: "importing", done: "imported", kind: "import" },
    "create-replacement": { doing: "creating the replacement for", done: "replaced", kind: "replace" },
    "delete-replaced": { doing: "deleting the original of", done: "original deleted", kind: "replace" },
};

/**
 * Turns the events of an update into a line for each resource that has been created, updated, replaced or deleted, and
 * records what changed and what went wrong.
 */
export class UpdateProgress {
    /** What was changed or, in a preview, would be, in the order of the first step of each. */
    readonly changes: Change[] = [];
    /** One message each; the engine's summaries are left out where there is a cause. */
    readonly errors: string[] = [];
    /** Whether the engine has received the request to cancel. */
    cancelling = false;

    private readonly running = new Map<string, { text: string; since: number }>();

    constructor(
        private readonly report: Report = () => {},
        private readonly now: () => number = Date.now,
    ) {}

    readonly onEvent = (event: EngineEvent): void => {
        const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, stdoutEvent } = event;
        if (resourcePreEvent) {
            this.begin(resourcePreEvent.metadata);
        } else if (resOutputsEvent) {
            this.end(resOutputsEvent.metadata);
        } else if (resOpFailedEvent) {
            this.running.delete(stepKey(resOpFailedEvent.metadata));
        } else if (diagnosticEvent?.severity === "error") {
            this.fail(diagnosticEvent.message, diagnosticEvent.urn);
        } else if (stdoutEvent?.message.includes("received; cancelling")) {
            this.cancelling = true;
        }
    };

    /**
     * The step that has been running for the longest time, as `creating Image quickstart, 20s`; undefined without one.
     */
    get waitingFor(): string | undefined {
        const [first] = this.running.values();
        return first && `${first.text}, ${formatDuration(this.now() - first.since)}`;
    }

    private begin(step: StepEventMetadata): void {
        const words = STEPS[step.op];
        if (words && isOwn(step)) {
            const resource = resourceName(step.urn);
            this.running.set(stepKey(step), { text: `${words.doing} ${resource}`, since: this.now() });
            if (!this.changes.some((change) => change.resource === resource)) {
                this.changes.push({ component: componentName(step.urn), resource, kind: words.kind });
            }
        }
    }

    private end(step: StepEventMetadata): void {
        const begun = this.running.get(stepKey(step));
        const words = STEPS[step.op];
        if (begun && words) {
            this.running.delete(stepKey(step));
            this.report(`${resourceName(step.urn)} ${words.done} (${formatDuration(this.now() - begun.since)})`);
        }
    }

    private fail(message: string, urn: string | undefined): void {
        const text = message
            .replace(/<\{%.*?%\}>/g, "")
            .replace(/^error: /, "")
            .replace(/^resource "?urn:\S+ (?=was not successfully )/, "")
            .trim();
        const isSummary = /^(update|preview|destroy|refresh) (failed|canceled)$/.test(text);
        if (text && !(isSummary && this.errors.length > 0)) {
            const subject = urn && !isOwnStack(urn) ? `${resourceName(urn)}: ` : "";
            this.errors.push(subject + text);
        }
    }
}

/** `3 resources created, 1 updated`, or `nothing changed`. */
export function summary(changes: Change[]): string {
    const past = { create: "created", update: "updated", replace: "replaced", delete: "deleted", import: "imported" };
    const counts = Object.entries(past)
        .map(([kind, word]) => ({ word, count: changes.filter((change) => change.kind === kind).length }))
        .filter(({ count }) => count > 0);
    return counts.length === 0 ? "nothing changed" : counts.map(({ word, count }) => `${count} ${word}`).join(", ");
}

/** The resources that a provider manages; components, providers and the stack itself exist only in the engine. */
function isOwn(step: StepEventMetadata): boolean {
    const custom = (step.new ?? step.old)?.custom ?? false;
    return custom && !step.type.startsWith("pulumi:providers:");
}

function isOwnStack(urn: string): boolean {
    return urn.includes("::pulumi:pulumi:Stack::");
}

function stepKey(step: StepEventMetadata): string {
    return `${step.op} ${step.urn}`;
}

/** `Job train` from `urn:pulumi:STACK::PROJECT::…TrainingJob$kubernetes:batch/v1:Job::train`. */
export function resourceName(urn: string): string {
    const { types, name } = parseUrn(urn);
    return `${shortType(types.at(-1)!)} ${name}`;
}

/** The type of the outermost component, with the resource's name unless that adds nothing: see {@link Change}. */
function componentName(urn: string): string | undefined {
    const { types } = parseUrn(urn);
    return types.length > 1 ? shortType(types[0]!) : undefined;
}

function parseUrn(urn: string): { types: string[]; name: string } {
    const [, , types = "", ...name] = urn.split("::");
    return { types: types.split("$"), name: name.join("::") };
}

function shortType(type: string): string {
    return type.slice(type.lastIndexOf(":") + 1);
}
