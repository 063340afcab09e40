/** Tests that need something which a machine may lack: never skipped silently. */
const reasons = new WeakMap<Mocha.Test, string>();

/**
 * Replaces a test that cannot run here: it is counted as skipped, and the end of the run reports why. Where CI is set,
 * everything must be checked, and it fails.
 */
export function unchecked(why: string, title: string): void {
    if (process.env.CI) {
        it(title, () => {
            throw new Error(`This is not checked: ${why}`);
        });
    } else {
        reasons.set(it(title), why);
    }
}

/** A test that runs unless there is a reason why it cannot. */
export function itUnless(why: string | undefined, title: string, test: Mocha.Func | Mocha.AsyncFunc): void {
    if (why === undefined) {
        it(title, test);
    } else {
        unchecked(why, title);
    }
}

/** Why a test was skipped, if it was for a reason. */
export const whyUnchecked = (test: Mocha.Test): string | undefined => reasons.get(test);
