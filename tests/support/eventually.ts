import { setTimeout as sleep } from "node:timers/promises";

/** Waits until all is as it is to be, and says what is not when that takes longer than so many seconds. */
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
