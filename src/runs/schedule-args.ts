import type * as pulumi from "@pulumi/pulumi";

import { timeZone } from "../arguments/cron";
import { duration, durationPattern, seconds } from "../arguments/duration";
import { boolean } from "../arguments/formats";
import type { Problems, RulesOf } from "../arguments/rules";

/** The arguments, besides the cron schedule itself, that decide when scheduled runs start. */
export interface ScheduledRunArgs {
    /** Time zone of `schedule`, for example "Europe/Berlin". Defaults to "Etc/UTC". */
    timeZone?: pulumi.Input<string>;
    /**
     * How late a run may start that could not start on time, because the cluster was down or the previous run took too
     * long; after that it is skipped. At least "10s". Defaults to "1h". The controller also looks back no further: without
     * a limit, a schedule that has missed more than 100 runs might not start another.
     */
    startingDeadline?: pulumi.Input<string>;
    /** Whether no further runs are started. Runs in progress continue. Defaults to false. */
    suspend?: pulumi.Input<boolean>;
}

/** The rules of the arguments above. */
export const scheduledRunFields = {
    timeZone,
    startingDeadline: duration,
    suspend: boolean,
} satisfies RulesOf<ScheduledRunArgs>;

/** Checks the values that their rules alone do not decide. */
export function checkScheduledRun({ startingDeadline }: ScheduledRunArgs, problems: Problems): void {
    const isDuration = typeof startingDeadline === "string" && durationPattern.test(startingDeadline);
    if (isDuration && seconds(startingDeadline) < 10) {
        problems.add(
            "startingDeadline",
            `is "${startingDeadline}"; it must be at least "10s", as the controller checks only every 10 seconds`,
        );
    }
}
