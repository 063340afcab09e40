/** Words of a command line, as the shell of this machine reads them. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { shellQuote, shellWord } from "../../src/arguments/shell";

const words: [word: string, quoted: string, shortest: string][] = [
    ["train.py", "'train.py'", "train.py"],
    ["--lr=0.1", "'--lr=0.1'", "--lr=0.1"],
    ["", "''", "''"],
    ["a b", "'a b'", "'a b'"],
    ["$HOME", "'$HOME'", "'$HOME'"],
    ["it's", String.raw`'it'\''s'`, String.raw`'it'\''s'`],
];

describe("a word for a shell", () => {
    for (const [word, quoted, shortest] of words) {
        it(`${word === "" ? "an empty string" : word} is read literally`, () => {
            assert.equal(shellQuote(word), quoted);
            assert.equal(shellWord(word), shortest);
            const script = `printf '%s|' ${quoted} ${shortest}`;
            assert.equal(execFileSync("sh", ["-c", script], { encoding: "utf8" }), `${word}|${word}|`);
        });
    }
});
