import * as assert from "node:assert/strict";

import { cronSchedule, timeZone } from "../../src/arguments/cron";
import type { Rule } from "../../src/arguments/rules";

function accepts(rule: Rule, value: unknown): boolean {
    const problems: string[] = [];
    rule(value, "at", { add: (_path, problem) => void problems.push(problem), line: () => "" });
    return problems.length === 0;
}

describe("a cron schedule", () => {
    const right = [
        "30 2 * * *",
        "*/15 * * * *",
        "0 0 1,15 * mon-fri",
        "0-30/10 8-18 ? JAN SUN",
        "@daily",
        " 0 0 * * 6 ",
    ];
    for (const value of right) {
        it(`may be "${value}"`, () => assert.ok(accepts(cronSchedule, value)));
    }

    const wrong = [
        "",
        "30 2 * *",
        "30 2 * * * *",
        "60 2 * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 7",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "a * * * *",
        "@often",
        "TZ=UTC 0 0 * * *",
        5,
    ];
    for (const value of wrong) {
        it(`is not ${JSON.stringify(value)}`, () => assert.ok(!accepts(cronSchedule, value)));
    }
});

describe("a time zone", () => {
    it("is a known name", () => {
        for (const value of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]) {
            assert.ok(accepts(timeZone, value), value);
        }
        for (const value of ["", "Local", "Europe/Atlantis", "+02:00", "a b", 5]) {
            assert.ok(!accepts(timeZone, value), String(value));
        }
    });
});
