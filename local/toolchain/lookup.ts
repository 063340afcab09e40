import type { Report } from "../progress";
import { oneLine } from "../run";

/** One way to come by a tool. */
export interface Source {
    /** Where from, for the report: `its Go module`. */
    name: string;
    /** The path of the executable; undefined when it is not to be had here. A failure is reported and counts as that. */
    find: (report: Report) => Promise<string | undefined>;
}

/**
 * The path from the first of the sources that has the tool. The last source is the last resort: its failure is the
 * error.
 */
export async function locate(tool: string, sources: Source[], report: Report): Promise<string> {
    for (const [index, source] of sources.entries()) {
        try {
            const found = await source.find(report);
            if (found !== undefined) {
                return found;
            }
        } catch (error) {
            if (index === sources.length - 1) {
                throw error;
            }
            report(`${tool} cannot be had from ${source.name}: ${oneLine(error)}`);
        }
    }
    throw new Error(`${tool} is missing: it was looked for in ${sources.map((source) => source.name).join(", ")}`);
}
