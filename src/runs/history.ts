/**
 * The runs of a component that have completed, kept in annotations of its record, a ConfigMap. It says which content has
 * been run already, so that a revert takes the result that is there, and which result is the current one, which stays
 * while a later run is in progress or has failed.
 *
 * In annotations, because Pulumi replaces a ConfigMap whose data changes.
 */

/** A completed run. */
export interface CompletedRun {
    /** Hash of what decides the result. */
    content: string;
    /** Name of the run, which is the name of its Job. */
    run: string;
    /** What tells this execution from another one of the same content: the UID of its Job. */
    uid: string;
    /** Its result, such as the URI of a model. */
    result: string;
}

/** What a component knows of its runs. */
export interface RunHistory {
    /** Completed runs, the one that completed or was returned to last at the end. */
    runs: CompletedRun[];
}

/** How many completed runs are remembered. */
export const historyLength = 20;

const annotations = {
    result: "kubernetes-mlops/result",
    runs: "kubernetes-mlops/completed-runs",
};

/** The annotation with the completed runs. */
export const runsField = annotations.runs;

/** The annotation with the current result. */
export const resultField = annotations.result;

/** All annotations of a history. */
export const historyFields = Object.values(annotations);

/** Returns the history that these annotations of a record contain; an empty one if there are none. */
export function parseHistory(found: Record<string, string> = {}): RunHistory {
    const runs: unknown = JSON.parse(found[annotations.runs] ?? "[]");
    if (!Array.isArray(runs) || !runs.every(isCompletedRun)) {
        throw new SyntaxError("it is not a list of runs");
    }
    return { runs };
}

const isCompletedRun = (one: unknown): one is CompletedRun =>
    typeof one === "object" &&
    one !== null &&
    ["content", "run", "uid", "result"].every((field) => typeof (one as Record<string, unknown>)[field] === "string");

/** Returns the annotations of a record. */
export function historyAnnotations({ runs }: RunHistory): Record<string, string> {
    const current = runs.at(-1);
    return current ? { [annotations.result]: current.result, [annotations.runs]: JSON.stringify(runs) } : {};
}

/** Returns the completed run of this content, if it is remembered. */
export const findRun = ({ runs }: RunHistory, content: string): CompletedRun | undefined =>
    runs.find((one) => one.content === content);

/** Returns the run whose result is the current one. */
export const currentRun = ({ runs }: RunHistory): CompletedRun | undefined => runs.at(-1);

/** Returns the history after a run has completed, or after the component has returned to it. */
export const withCompleted = ({ runs }: RunHistory, completed: CompletedRun): RunHistory => ({
    runs: [...runs.filter(({ content }) => content !== completed.content), completed].slice(-historyLength),
});
