import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the assertions hold, and throws the last failure after this number of seconds. */
export async function eventually(check: () => Promise<void>, seconds = 120, pause = 500): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await check();
        } catch (error) {
            if (Date.now() > deadline) {
                throw error;
            }
        }
        await sleep(pause);
    }
}
