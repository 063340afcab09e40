import { afterEach, beforeEach } from "mocha";

/**
 * For a suite in which each test builds on the one before: after one that has failed, the others are skipped, and shown
 * and counted as such. Mocha's own `bail` would leave them out unseen, and with them those of all suites that come after.
 */
export function inOrder(): void {
    let failed = false;
    beforeEach(function () {
        if (failed) {
            this.skip();
        }
    });
    afterEach(function () {
        failed ||= this.currentTest?.state === "failed";
    });
}
