import { rule } from "./rules";

/** What a field may hold: its bounds, and names for its numbers from the lowest on. */
interface CronField {
    min: number;
    max: number;
    names?: string[];
}

/**
 * The fields of a schedule, as the controllers of CronJob and CronWorkflow read them. Sunday is 0 and not 7.
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

/** When something runs again and again. */
export const cronSchedule = rule((value) =>
    isSchedule(value)
        ? undefined
        : "it must be minute (0-59), hour (0-23), day of the month (1-31), month (1-12) and day of the week (0-6, Sunday " +
          'is 0), for example "30 3 * * 1-5" or "*/15 * * * *", or one of @hourly, @daily, @weekly, @monthly, @yearly',
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

function isField(text: string, field: CronField): boolean {
    return text.split(",").every((part) => {
        const match = /^(?:\*|\?|(?<from>[a-z0-9]+)(?:-(?<to>[a-z0-9]+))?)(?:\/(?<step>\d+))?$/i.exec(part);
        if (match === null) {
            return false;
        }
        const { from, to, step } = match.groups!;
        const first = from === undefined ? field.min : numberOf(from, field);
        const last = to === undefined ? first : numberOf(to, field);
        return first <= last && first >= field.min && last <= field.max && (step === undefined || Number(step) > 0);
    });
}

/** NaN, which is in no bounds, where it is none. */
function numberOf(text: string, { min, names = [] }: CronField): number {
    const index = names.indexOf(text.toLowerCase());
    return index >= 0 ? min + index : /^\d+$/.test(text) ? Number(text) : NaN;
}

/** The name of a time zone. Upper and lower case count, as they do for the controllers. */
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
