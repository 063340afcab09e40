import * as fs from "node:fs";

import * as Mocha from "mocha";

import { whyUnchecked } from "./unchecked";

/**
 * Mocha's own report, then the tests that were not run and why; writes the counts to the file in MOCHA_COUNTS, for the
 * sum over all levels.
 */
class CountingReporter extends Mocha.reporters.Spec {
    constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
        super(runner, options);
        const unchecked = new Map<string, Map<string, number>>();
        runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test: Mocha.Test) => {
            const why = whyUnchecked(test);
            if (why !== undefined) {
                const suite = test.parent?.title ?? "";
                const reasons = unchecked.get(suite) ?? new Map<string, number>();
                unchecked.set(suite, reasons.set(why, (reasons.get(why) ?? 0) + 1));
            }
        });
        runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
            if (unchecked.size > 0) {
                console.log("  Not checked, which fails where CI is set:");
            }
            for (const [suite, reasons] of unchecked) {
                const parts = [...reasons].map(([why, count]) => `${count} test${count > 1 ? "s" : ""}: ${why}`);
                console.log(`    ${suite}: ${parts.join("; ")}`);
            }
        });
        runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
            const { passes, failures, pending } = runner.stats ?? { passes: 0, failures: 1, pending: 0 };
            if (process.env.MOCHA_COUNTS) {
                fs.writeFileSync(
                    process.env.MOCHA_COUNTS,
                    JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
                );
            }
        });
    }
}

export = CountingReporter;
