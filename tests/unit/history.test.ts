/** What a component remembers of its runs. */
import { strict as assert } from "node:assert";

import {
    type CompletedRun,
    currentRun,
    findRun,
    historyAnnotations,
    parseHistory,
    type RunHistory,
    withCompleted,
} from "../../src/runs/history";

const completed = (content: string, uid = `uid-of-${content}`): CompletedRun => ({
    content,
    run: `fraud-${content}`,
    uid,
    result: `pvc://models/fraud-${content}/${uid}`,
});
const after = (...runs: CompletedRun[]): RunHistory => runs.reduce(withCompleted, { runs: [] } as RunHistory);
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
        assert.equal(currentRun({ runs: [] }), undefined);
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

    it("is the same after it was written and read", () => {
        const history = after(a, b);
        const annotations = historyAnnotations(history);
        assert.equal(annotations["kubernetes-mlops/result"], b.result);
        assert.deepEqual(parseHistory({ ...annotations, other: "1" }), history);
        assert.deepEqual(historyAnnotations({ runs: [] }), {});
        assert.deepEqual(parseHistory({}), { runs: [] });
        assert.deepEqual(parseHistory(undefined), { runs: [] });
    });

    for (const broken of [
        "",
        "{",
        "{}",
        "null",
        "[1]",
        "[null]",
        '[{"content":"a"}]',
        '[{"content":1,"run":"a","uid":"a","result":"a"}]',
    ]) {
        it(`is refused if it is ${JSON.stringify(broken)}`, () => {
            assert.throws(() => parseHistory({ "kubernetes-mlops/completed-runs": broken }), SyntaxError);
        });
    }
});
