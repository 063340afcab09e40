import { matching } from "./formats";

const units: Record<string, number> = { d: 86400, h: 3600, m: 60, s: 1 };

/** The format of a duration. */
export const durationPattern = /^(?=\d)(?=.*[1-9])(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/;

/** A duration such as "30s", "90m", "6h", "1h30m" or "2d". */
export const duration = matching(
    durationPattern,
    'it must be a duration in days, hours, minutes and seconds, for example "90m", "6h" or "1h30m"',
);

/** Returns the seconds of a duration that the rule above has passed. */
export function seconds(length: string): number {
    let total = 0;
    for (const [, count, unit] of length.matchAll(/(\d+)([dhms])/g)) {
        total += Number(count) * units[unit!]!;
    }
    return total;
}
