/** Sample values of every setting of every add-on, right ones and wrong ones. */
import type { AddonName } from "../../src/platform/names";

export interface Sample {
    /** Values that it takes. Between them they have every field that there is. */
    right: unknown[];
    /** Values that are refused with an error line, the nearly right ones first of all. */
    wrong: unknown[];
    /** Other settings without which it makes no sense. */
    together?: Record<string, unknown>;
}

/** By add-on and field. */
export const samples: Partial<Record<AddonName, Record<string, Sample>>> = {
    certManager: {
        selfSignedIssuer: { right: [true, false], wrong: ["yes", 1] },
        dnsResolvers: { right: [["1.1.1.1:53", "8.8.8.8:53"]], wrong: ["1.1.1.1:53", [53], [""]] },
    },
    kueue: {
        frameworks: {
            right: [["batch/job"], ["pod", "deployment"]],
            wrong: ["batch/job", ["job"], ["deployment"]],
        },
        manageJobsWithoutQueue: { right: [true], wrong: ["true"] },
        fairSharing: { right: [true], wrong: [{}] },
        waitForPodsReady: {
            right: [{}, { timeout: "10m", blockAdmission: true }],
            wrong: [true, { timeout: 300 }, { timeout: "5 minutes" }, { blockAdmission: "yes" }, { recovery: "1m" }],
        },
    },
};
