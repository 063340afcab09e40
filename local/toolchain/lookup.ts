import type { Report } from "../progress";
import { oneLine } from "../run";

/** One way to obtain a tool. */
export interface Source {
    /** Where from, for the report: `its Go module`. */
    name: string;
    /**
     * The path of the executable; undefined when it is not available here. A failure is reported and treated as that.
     */
    find: (report: Report) => Promise<string | undefined>;
}

/** The path from the first of the sources that has the tool. A failure of the last source is the error. */
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
            report(`${tool} is not available from ${source.name}: ${oneLine(error)}`);
        }
    }
    throw new Error(`${tool} is missing: it was looked for in ${sources.map((source) => source.name).join(", ")}`);
}
