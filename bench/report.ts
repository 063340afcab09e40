/**
 * Computes figures from measurements, and prints them.
 */
import type { LoadTimes, Usage } from "./measure";

/** The measurements of one variant in one round, by step. */
export type Steps = Record<string, Usage>;

export interface Round {
    components: Steps;
    byHand: Steps;
    /** The handwritten objects, each workload's in a component that does nothing. */
    bare?: Steps;
}

export interface Case {
    /** What is measured, such as "10 workloads". */
    title: string;
    /** Number of objects; of the platform, number of all resources in the stack. */
    objects: number;
    /** Number of objects of the other variant, if it differs. */
    objectsByHand?: number;
    rounds: Round[];
}

/** The seconds from one edit until each step, by its name. */
export interface EditRound {
    components: Record<string, number>;
    byHand: Record<string, number>;
    /** Seconds of an update with the components in which nothing has changed. */
    noOp: number;
}

/** One figure for both variants. */
export interface Comparison {
    name: string;
    unit: string;
    /** The medians of all rounds. */
    components: number;
    byHand: number;
    /** The median, minimum and maximum of the ratios of the rounds, whose two runs follow each other. */
    ratio: number;
    least: number;
    greatest: number;
    /** The same ratio for CPU times, which other programs on the machine affect less; not for memory. */
    cpuRatio?: number;
    /** The same ratio for components that do nothing, where they were measured. */
    bareRatio?: number;
}

/** Copies of one component, compared with their objects alone. */
export interface CopiesCase extends Case {
    copies: number;
    /** Number of Pulumi resources of each variant, including components. */
    resources: { components: number; byHand: number };
}

/**
 * One figure for both variants, and what one copy of a component adds to that of its objects: the median of the rounds.
 */
export interface Addition extends Comparison {
    each: number;
}

/** Maximum ratio of time and memory to those of the same handwritten objects. */
export const ratioAim = 1.05;
/** Maximum number of milliseconds that loading takes in addition to @pulumi/pulumi. */
export const loadAim = 50;

export function median(values: number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

/** The time of each step, and the peak memory of all steps. */
export function compare({ rounds }: Pick<Case, "rounds">): Comparison[] {
    const peak = (usages: Steps, field: keyof Usage) => Math.max(...Object.values(usages).map((one) => one[field]));
    const MiB = 2 ** 20;
    return [
        ...Object.keys(rounds[0]!.components).map((step) => ({
            ...comparison(rounds, step, "s", (usages) => usages[step]!.seconds),
            cpuRatio: comparison(rounds, step, "s", (usages) => usages[step]!.cpuSeconds).ratio,
        })),
        comparison(rounds, "peak memory, program", "MiB", (usages) => peak(usages, "programBytes") / MiB),
        comparison(rounds, "peak memory, all processes", "MiB", (usages) => peak(usages, "totalBytes") / MiB),
    ];
}

function comparison<T>(
    rounds: { components: T; byHand: T; bare?: T }[],
    name: string,
    unit: string,
    figure: (steps: T) => number,
): Comparison {
    const byHand = rounds.map((round) => figure(round.byHand));
    const ratios = rounds.map((round, index) => figure(round.components) / byHand[index]!);
    const bareRatios = rounds.flatMap(({ bare }, index) => (bare ? [figure(bare) / byHand[index]!] : []));
    return {
        name,
        unit,
        components: median(rounds.map((round) => figure(round.components))),
        byHand: median(byHand),
        ratio: median(ratios),
        least: Math.min(...ratios),
        greatest: Math.max(...ratios),
        bareRatio: bareRatios.length > 0 ? median(bareRatios) : undefined,
    };
}

/** The seconds from an edit until each step. */
export const compareEdits = (rounds: EditRound[]): Comparison[] =>
    Object.keys(rounds[0]!.components).map((step) => comparison(rounds, step, "s", (seconds) => seconds[step]!));

/** Resources of all copies, and the time and memory of each step. */
export function compareCopies({ rounds, copies, objects, resources }: CopiesCase): Addition[] {
    const counted = (name: string, { components, byHand }: CopiesCase["resources"]): Addition => {
        const ratio = components / byHand;
        const each = (components - byHand) / copies;
        return { name, unit: "", components, byHand, ratio, least: ratio, greatest: ratio, each };
    };
    const measured = (step: string, what: string, unit: string, field: keyof Usage, scale = 1): Addition => {
        const figureOf = (usages: Steps) => usages[step]![field] / scale;
        const differences = rounds.map((round) => (figureOf(round.components) - figureOf(round.byHand)) / copies);
        return { ...comparison(rounds, `${step}${what}`, unit, figureOf), each: median(differences) };
    };
    return [
        counted("Kubernetes objects", { components: objects, byHand: objects }),
        counted("Pulumi resources", resources),
        ...Object.keys(rounds[0]!.components).flatMap((step) => [
            measured(step, "", "s", "seconds"),
            measured(step, ", CPU", "s", "cpuSeconds"),
            measured(step, ", peak memory, program", "MiB", "programBytes", 2 ** 20),
            measured(step, ", peak memory, all processes", "MiB", "totalBytes", 2 ** 20),
        ]),
    ];
}

/** The comparisons as a table, with whether each meets the aim. */
export function caseText({ title, objects, objectsByHand, rounds }: Case, comparisons: Comparison[]): string {
    const withBare = comparisons.some(({ bareRatio }) => bareRatio !== undefined);
    const head = ["", "components", "by hand", "ratio", "of each round", "CPU ratio", `aim ${ratioAim}`];
    const rows = comparisons.map(({ name, unit, components, byHand, ratio, least, greatest, cpuRatio, bareRatio }) => [
        name,
        `${figure(components)} ${unit}`,
        `${figure(byHand)} ${unit}`,
        ratio.toFixed(3),
        `${least.toFixed(2)} to ${greatest.toFixed(2)}`,
        cpuRatio?.toFixed(3) ?? "",
        ratio <= ratioAim ? "met" : "missed",
        ...(withBare ? [bareRatio?.toFixed(3) ?? ""] : []),
    ]);
    const counts = objectsByHand === undefined ? `${objects} objects` : `${objects} resources and ${objectsByHand}`;
    return `${title}, ${counts}, ${rounds.length} rounds\n${table([[...head, ...(withBare ? ["bare components"] : [])], ...rows])}`;
}

/** The comparisons of edits as a table, and the time of an update without changes. */
export function editsText(rounds: EditRound[], comparisons: Comparison[]): string {
    const rows = comparisons.map(({ name, unit, components, byHand, ratio, least, greatest }) => [
        name,
        `${figure(components)} ${unit}`,
        `${figure(byHand)} ${unit}`,
        ratio.toFixed(2),
        `${least.toFixed(2)} to ${greatest.toFixed(2)}`,
    ]);
    const noOp = figure(median(rounds.map((round) => round.noOp)));
    return (
        `from an edit of the training code, ${rounds.length} rounds\n` +
        `${table([["", "components", "by hand", "ratio", "of each round"], ...rows])}\n` +
        `  a no-op up takes ${noOp} s`
    );
}

/** The figures of a component as a table. */
export function copiesText({ title, rounds }: CopiesCase, additions: Addition[]): string {
    const amount = (value: number, unit: string) => (unit === "" ? `${value}` : `${figure(value)} ${unit}`);
    const rows = additions.map(({ name, unit, components, byHand, ratio, least, greatest, each }) => [
        name,
        amount(components, unit),
        amount(byHand, unit),
        addedText(each, unit),
        ratio.toFixed(3),
        `${least.toFixed(2)} to ${greatest.toFixed(2)}`,
    ]);
    const head = ["", "components", "by hand", "each adds", "ratio", "of each round"];
    return `${title}, ${rounds.length} rounds\n${table([head, ...rows])}`;
}

/** What each component adds, as a Markdown table. */
export function additionsText(cases: (CopiesCase & { comparisons: Addition[] })[]): string {
    const head = ["of each copy", "objects", "resources", "first up", "no-op preview", "memory of the program"];
    const rows = cases.map(({ title, objects, copies, comparisons }) => {
        const added = (name: string) => {
            const { each, unit, ratio } = comparisons.find((one) => one.name === name)!;
            return `${addedText(each, unit)} (${ratio.toFixed(2)})`;
        };
        return [
            title.replace(/^\d+ of /, ""),
            `${objects / copies}`,
            added("Pulumi resources"),
            added("first up"),
            added("no-op preview"),
            added("first up, peak memory, program"),
        ];
    });
    return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** A difference with its sign; times in milliseconds. */
function addedText(each: number, unit: string): string {
    const [value, shown] = unit === "s" ? [each * 1000, "ms"] : [each, unit];
    return `${value < 0 ? "-" : "+"}${unit === "" ? Math.abs(value) : `${figure(Math.abs(value))} ${shown}`}`;
}

/** The load time in one line, with whether it meets the aim. */
export function loadText(times: LoadTimes): string {
    const ours = median(times.package);
    return (
        `loading kubernetes-mlops takes ${figure(ours)} ms (${range(times.package)}) after @pulumi/pulumi, which takes ` +
        `${figure(median(times.pulumi))} ms (${range(times.pulumi)}): aim of ${loadAim} ms ${ours <= loadAim ? "met" : "missed"}`
    );
}

function range(values: number[]): string {
    return `${figure(Math.min(...values))} to ${figure(Math.max(...values))} in ${values.length} processes`;
}

function figure(value: number): string {
    return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** Rows of equal length as lines: the first column left-aligned, the others right-aligned. */
function table(rows: string[][]): string {
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const pad = (text: string, column: number) =>
        column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
    return rows.map((row) => `  ${row.map(pad).join("  ")}`).join("\n");
}
