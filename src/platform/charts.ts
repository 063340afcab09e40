import type { AddonChartArgs } from "./addon";
import type { ChartSource, Context } from "./definition";
import type { Planned } from "./plan";
import { mergedValues } from "./values";

/** The charts of an add-on; the last one, its own, in the version that the settings ask for. */
export function sourcesOf({ definition, settings }: Planned): ChartSource[] {
    return definition.charts.map((source, index) =>
        index === definition.charts.length - 1 ? { ...source, version: settings.version ?? source.version } : source,
    );
}

/** The version of an add-on's own chart, by which it is upgraded; without a `v`. */
export const chartVersion = (planned: Planned): string => sourcesOf(planned).at(-1)!.version.replace(/^v/, "");

/** The charts of an add-on with their values. Over those of the last one, its own, the user's are laid. */
export function chartsOf(planned: Planned, context: Context): { kinds: AddonChartArgs[]; own: AddonChartArgs[] } {
    const { definition, settings } = planned;
    const values = definition.values(settings, context);
    const sources = sourcesOf(planned);
    const argsOf = (source: ChartSource): AddonChartArgs => {
        const { name, version, repository, release, manifest } = source;
        return {
            chart: name,
            repository,
            version,
            ...(release && { release }),
            ...(manifest && { manifest }),
            values: mergedValues(values[name] ?? {}, source === sources.at(-1) ? (settings.values ?? {}) : {}),
        };
    };
    return {
        kinds: sources.filter(({ crdsOnly }) => crdsOnly).map(argsOf),
        own: sources.filter(({ crdsOnly }) => !crdsOnly).map(argsOf),
    };
}
