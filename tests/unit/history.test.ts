/** What a component remembers of its runs. */
import { strict as assert } from "node:assert";

import {
    type CompletedRun,
    currentRun,
    differingFields,
    type Execution,
    findRun,
    historyAnnotations,
    noRuns,
    parseHistory,
    type RunHistory,
    withCompleted,
    withFailed,
} from "../../src/runs/history";

const completed = (content: string, uid = `uid-of-${content}`): CompletedRun => ({
    content,
    run: `fraud-${content}`,
    uid,
    result: `pvc://models/fraud-${content}/${uid}`,
});
const after = (...runs: CompletedRun[]): RunHistory =>
    runs.reduce((history, run) => withCompleted(history, run, 20), noRuns);
const executions = (...runs: CompletedRun[]): Execution[] =>
    runs.map(({ content, run, uid }) => ({ content, run, uid }));
const contents = ({ runs }: RunHistory) => runs.map(({ content }) => content).join("");

describe("the history of runs", () => {
    const [a, b, c] = ["a", "b", "c"].map((content) => completed(content)) as [
        CompletedRun,
        CompletedRun,
        CompletedRun,
    ];
    const sequences: [what: string, runs: CompletedRun[], expected: string][] = [
        ["nothing", [], ""],
        ["A", [a], "a"],
        ["A, B", [a, b], "ab"],
        ["A, B and A again", [a, b, a], "ba"],
        ["A, B, C and A again", [a, b, c, a], "bca"],
        ["A twice", [a, a], "a"],
    ];
    for (const [what, runs, expected] of sequences) {
        it(`after ${what}`, () => {
            const history = after(...runs);
            assert.equal(contents(history), expected);
            assert.equal(currentRun(history), runs.at(-1));
            for (const one of runs) {
                assert.deepEqual(findRun(history, one.content), one);
            }
        });
    }

    it("remembers the last execution of a content", () => {
        const history = after(a, b, completed("a", "another"));
        assert.equal(findRun(history, "a")!.uid, "another");
        assert.equal(history.runs.length, 2);
    });

    it("finds nothing that has not completed", () => {
        assert.equal(findRun(after(a), "b"), undefined);
        assert.equal(currentRun(noRuns), undefined);
    });

    it("keeps the last twenty, and so always the current one", () => {
        const many = Array.from({ length: 25 }, (_, index) => completed(String(index)));
        const history = after(...many);
        assert.deepEqual(history.runs, many.slice(5));
        // Returning to the oldest one that is kept makes it the current one, and drops none.
        const returned = withCompleted(history, many[5]!);
        assert.deepEqual(returned.runs, [...many.slice(6), many[5]]);
        assert.equal(currentRun(returned), many[5]);
        // So a new one drops another.
        const next = withCompleted(returned, completed("next"));
        assert.equal(next.runs.length, 20);
        assert.deepEqual(findRun(next, "5"), many[5]);
        assert.equal(findRun(next, "6"), undefined);
    });

    it("tells in which arguments another run differs", () => {
        const before = { image: "1234", args: "5678" };
        const differing = (fields: Record<string, string>) => differingFields(fields, { ...a, fields: before });
        assert.deepEqual(differing(before), []);
        assert.deepEqual(differing({ ...before, image: "0000" }), ["image"]);
        assert.deepEqual(differing({ image: "1234", env: "9999" }), ["args", "env"]);
        assert.deepEqual(differingFields(before, a), []);
        assert.deepEqual(differingFields(before), []);
    });

    it("makes obsolete what it forgets", () => {
        const many = Array.from({ length: 60 }, (_, index) => completed(String(index)));
        assert.deepEqual(after(...many.slice(0, 20)).obsolete, []);
        assert.deepEqual(after(...many.slice(0, 22)).obsolete, executions(...many.slice(0, 2)));
        // Fewer are kept from now on.
        const fewer = withCompleted(after(a, b, c), c, 2);
        assert.deepEqual([fewer.runs, fewer.obsolete], [[b, c], executions(a)]);
        // Another execution of the same content; returning to one is none.
        assert.deepEqual(after(a, b, completed("a", "another")).obsolete, executions(a));
        assert.deepEqual(after(a, b, a).obsolete, []);
        const most = many.reduce((history, one) => withCompleted(history, one, 1), noRuns);
        assert.deepEqual(most.obsolete, executions(...many.slice(9, 59)));
    });

    it("has nothing obsolete where no results are deleted", () => {
        const many = Array.from({ length: 25 }, (_, index) => completed(String(index)));
        const history = many.reduce((before, one) => withCompleted(before, one), noRuns);
        assert.deepEqual(history, { ...noRuns, runs: many.slice(5) });
    });

    it("keeps as many failures, and makes earlier ones obsolete", () => {
        const [ofA, ofB, ofC] = executions(a, b, c) as [Execution, Execution, Execution];
        const once = withFailed(after(b), ofA, 2);
        assert.deepEqual(once, { ...after(b), failed: executions(a) });
        assert.deepEqual(withFailed(once, ofA, 2), once);
        const thrice = [ofB, ofC].reduce((history, one) => withFailed(history, one, 2), once);
        assert.deepEqual([thrice.failed, thrice.obsolete], [executions(b, c), executions(a)]);
        const fewer = withCompleted(thrice, b, 1);
        assert.deepEqual([fewer.failed, fewer.obsolete], [executions(c), executions(a, b)]);
    });

    it("is the same after it was written and read", () => {
        const history = [c, a].reduce(
            (before, one) => withFailed(before, executions(one)[0]!, 1),
            withCompleted(after(a), b, 1),
        );
        const annotations = historyAnnotations(history);
        assert.equal(annotations["kubernetes-mlops/result"], b.result);
        assert.deepEqual(parseHistory({ ...annotations, other: "1" } as Record<string, string>), history);
        assert.deepEqual(Object.values(historyAnnotations(noRuns)), [undefined, undefined]);
        assert.deepEqual(parseHistory({ "kubernetes-mlops/runs": "{}" }), noRuns);
        assert.deepEqual(parseHistory({}), noRuns);
        assert.deepEqual(parseHistory(undefined), noRuns);
    });

    const entry = { content: "a", run: "a", uid: "a", result: "a" };
    for (const broken of [
        "",
        "{",
        "null",
        "1",
        ...["completed", "failed", "obsolete"].flatMap((list) =>
            [
                1,
                {},
                [1],
                [null],
                [{ content: "a" }],
                [{ ...entry, uid: 1 }],
                [{ ...entry, uid: ".." }],
                [{ ...entry, run: "a/b" }],
            ].map((value) => JSON.stringify({ [list]: value })),
        ),
    ]) {
        it(`is refused if it is ${JSON.stringify(broken)}`, () => {
            assert.throws(() => parseHistory({ "kubernetes-mlops/runs": broken }), SyntaxError);
        });
    }
});
