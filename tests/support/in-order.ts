import { afterEach, beforeEach } from "mocha";

/**
 * For a suite in which each test builds on the one before: after a failed one, the others are skipped, and reported as
 * such. Mocha's own `bail` would omit them silently, and with them those of all later suites.
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
