import { rule } from "./rules";

/** The values that a field accepts: inclusive bounds, and names for the numbers, starting with the lowest. */
interface CronField {
    min: number;
    max: number;
    names?: string[];
}

/**
 * The fields of a cron schedule, as the controllers of CronJob and CronWorkflow parse them. Sunday is 0 and not 7.
 * Source: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
const cronFields: CronField[] = [
    { min: 0, max: 59 },
    { min: 0, max: 23 },
    { min: 1, max: 31 },
    { min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
    { min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];

const descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** A cron schedule, or one of the descriptors such as "@daily". */
export const cronSchedule = rule((value) =>
    isSchedule(value)
        ? undefined
        : "it must be a cron schedule of minute (0-59), hour (0-23), day of the month (1-31), month (1-12) and day of the " +
          'week (0-6, Sunday is 0), for example "30 3 * * 1-5" or "*/15 * * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly',
);

function isSchedule(value: unknown): boolean {
    if (typeof value !== "string") {
        return false;
    }
    const parts = value.trim().split(/\s+/);
    return (
        descriptors.includes(value) ||
        (parts.length === cronFields.length && parts.every((part, index) => isField(part, cronFields[index]!)))
    );
}

function isField(value: string, field: CronField): boolean {
    return value.split(",").every((part) => {
        const match = /^(?:\*|\?|(?<from>[a-z0-9]+)(?:-(?<to>[a-z0-9]+))?)(?:\/(?<step>\d+))?$/i.exec(part);
        if (match === null) {
            return false;
        }
        const { from, to, step } = match.groups!;
        const first = from === undefined ? field.min : parseNumber(from, field);
        const last = to === undefined ? first : parseNumber(to, field);
        return first <= last && first >= field.min && last <= field.max && (step === undefined || Number(step) > 0);
    });
}

/** Returns the number that a field names, or NaN, which is outside of all bounds. */
function parseNumber(value: string, { min, names = [] }: CronField): number {
    const index = names.indexOf(value.toLowerCase());
    return index >= 0 ? min + index : /^\d+$/.test(value) ? Number(value) : NaN;
}

/** The name of a time zone. Case-sensitive, as it is for the controllers. */
export const timeZone = rule((value) =>
    isTimeZone(value)
        ? undefined
        : 'it must be the name of a time zone, such as "Europe/Berlin", "America/New_York" or "Etc/UTC"',
);

function isTimeZone(zone: unknown): boolean {
    if (typeof zone !== "string" || !/^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone)) {
        return false;
    }
    try {
        const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
        return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
    } catch {
        return false;
    }
}
