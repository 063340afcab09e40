import * as fs from "node:fs";

import * as Mocha from "mocha";

/** Mocha's own report, and its counts in the file that MOCHA_COUNTS names, for the sum over all levels. */
class CountingReporter extends Mocha.reporters.Spec {
    constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
        super(runner, options);
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
