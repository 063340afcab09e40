/**
 * The runs of a component that have completed, kept in annotations of its record, a ConfigMap. It says which content has
 * been run already, so that a revert takes the result that is there, and which result is the current one, which stays
 * while a later run is in progress or has failed.
 *
 * In annotations, because Pulumi replaces a ConfigMap whose data changes.
 */

/** An execution of a run. */
export interface Execution {
    /** Hash of what decides the result. */
    content: string;
    /** Name of the run, which is the name of its Job. */
    run: string;
    /** What tells this execution from another one of the same content: the UID of its Job. */
    uid: string;
}

/** A completed run. */
export interface CompletedRun extends Execution {
    /** Its result, such as the URI of a model. */
    result: string;
    /** Hashes of the arguments that have decided it; see RunHashes. */
    fields?: Record<string, string>;
}

/** What a component knows of its runs. */
export interface RunHistory {
    /** Completed runs, the one that completed or was returned to last at the end. */
    runs: CompletedRun[];
    /** Executions that have failed, whose files are kept for as many later failures as there are completed runs. */
    failed: Execution[];
    /** Executions that are not remembered any more, and whose files the pods of the next run delete. */
    obsolete: Execution[];
}

export const noRuns: RunHistory = { runs: [], failed: [], obsolete: [] };

/** How many completed runs are remembered by default. */
export const historyLength = 20;

/** How many executions are obsolete at most. Deleting what has been deleted before does no harm. */
const obsoleteLength = 50;

/** The annotation with the current result. */
export const resultField = "kubernetes-mlops/result";

/** The annotation with all runs. */
export const runsField = "kubernetes-mlops/runs";

/**
 * Returns the history in the annotations of a record; an empty one if there is none. Throws a SyntaxError if it is not
 * a history.
 */
export function parseHistory(found: Record<string, string> = {}): RunHistory {
    const text = found[runsField];
    if (text === undefined) {
        return noRuns;
    }
    const known: unknown = JSON.parse(text);
    if (!isObject(known)) {
        throw new SyntaxError("it is not an object");
    }
    const listOf = (field: string, isEntry: (one: unknown) => boolean): unknown[] => {
        const list = known[field] ?? [];
        if (!Array.isArray(list) || !list.every(isEntry)) {
            throw new SyntaxError(`${field} is not a list of runs`);
        }
        return list;
    };
    return {
        runs: listOf("completed", (one) => isExecution(one) && typeof one.result === "string") as CompletedRun[],
        failed: listOf("failed", isExecution) as Execution[],
        obsolete: listOf("obsolete", isExecution) as Execution[],
    };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Returns whether a value is an execution, whose fields are names: they become paths of files that are deleted. */
const isExecution = (one: unknown): one is Record<string, unknown> =>
    isObject(one) &&
    [one.content, one.run, one.uid].every((name) => typeof name === "string" && /^[\w-]+(\.[\w-]+)*$/.test(name));

/** Returns the annotations of a record; both are undefined if there is nothing to remember. */
export function historyAnnotations(
    history: RunHistory,
): Record<typeof resultField | typeof runsField, string | undefined> {
    const { runs, failed, obsolete } = history;
    const lists = Object.entries({ completed: runs, failed, obsolete }).filter(([, list]) => list.length > 0);
    return {
        [resultField]: runs.at(-1)?.result,
        [runsField]: lists.length > 0 ? JSON.stringify(Object.fromEntries(lists)) : undefined,
    };
}

/** Returns the completed run of this content, if it is remembered. */
export const findRun = ({ runs }: RunHistory, content: string): CompletedRun | undefined =>
    runs.find((one) => one.content === content);

/** Returns the run whose result is the current one. */
export const currentRun = ({ runs }: RunHistory): CompletedRun | undefined => runs.at(-1);

/** Returns the arguments whose hashes differ from those of a run, sorted. */
export function differingFields(
    fields: Record<string, string>,
    { fields: before = fields }: Partial<CompletedRun> = {},
) {
    return Object.keys({ ...before, ...fields })
        .filter((field) => fields[field] !== before[field])
        .sort();
}

/**
 * Returns the history after a run has completed, or after the component has returned to it.
 *
 * @param keep - How many results are kept, where older ones are deleted.
 */
export function withCompleted(history: RunHistory, completed: CompletedRun, keep?: number): RunHistory {
    const others = history.runs.filter(({ uid }) => uid !== completed.uid);
    const isReplaced = ({ content }: CompletedRun) => content === completed.content;
    const runs = [...others.filter((one) => !isReplaced(one)), completed];
    return withinBounds({ ...history, runs, obsolete: [...history.obsolete, ...others.filter(isReplaced)] }, keep);
}

/** Returns the history after an execution has failed. */
export function withFailed(history: RunHistory, failed: Execution, keep: number): RunHistory {
    const others = history.failed.filter(({ uid }) => uid !== failed.uid);
    return withinBounds({ ...history, failed: [...others, failed] }, keep);
}

/** Returns a history of at most so many runs of each kind; the others are obsolete, unless no results are deleted. */
function withinBounds({ runs, failed, obsolete }: RunHistory, keep: number | undefined): RunHistory {
    const most = keep ?? historyLength;
    const dropped = keep === undefined ? [] : [...obsolete, ...runs.slice(0, -most), ...failed.slice(0, -most)];
    return {
        runs: runs.slice(-most),
        failed: failed.slice(-most),
        obsolete: dropped.map(({ content, run, uid }) => ({ content, run, uid })).slice(-obsoleteLength),
    };
}
