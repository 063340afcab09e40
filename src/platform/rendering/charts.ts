import type { ChartSource, ConfiguredAddon, Context, OptionalCharts } from "../catalog/definition";
import type { AddonChartArgs } from "./chart-args";
import { mergeValues } from "./merge-values";

/** Returns the main chart of an add-on, which is the last one of its definition, in the requested version. */
function mainChart({ definition, settings }: ConfiguredAddon): ChartSource {
    // Every definition has at least one chart.
    const main = definition.charts.at(-1)!;
    return { ...main, version: settings.version ?? main.version };
}

const requestedCharts = ({ definition, settings }: ConfiguredAddon): OptionalCharts[] =>
    (definition.optionalCharts ?? []).filter((optional) => optional.when(settings));

/** Returns the charts that an add-on has with its arguments. */
export const chartSources = (addon: ConfiguredAddon): ChartSource[] => [
    ...addon.definition.charts.slice(0, -1),
    mainChart(addon),
    ...requestedCharts(addon).flatMap(({ charts }) => charts),
];

/** Returns the CRDs that an add-on has with its arguments, with their served versions. */
export const crdVersions = (addon: ConfiguredAddon): Record<string, string[]> =>
    Object.fromEntries([addon.definition, ...requestedCharts(addon)].flatMap(({ crds }) => Object.entries(crds ?? {})));

/** Returns the version of an add-on's main chart, without a leading `v`. */
export const mainChartVersion = (addon: ConfiguredAddon): string => mainChart(addon).version.replace(/^v/, "");

/** Returns the charts of an add-on with their values. The user's values are merged into those of its main chart. */
export function chartArgs(
    addon: ConfiguredAddon,
    context: Context,
): { crds: AddonChartArgs[]; charts: AddonChartArgs[] } {
    const { definition, settings } = addon;
    const values = definition.values(settings, context);
    const sources = chartSources(addon);
    const main = mainChart(addon).name;
    const argsOf = (source: ChartSource): AddonChartArgs => {
        const { name, version, repository, release, manifest } = source;
        return {
            chart: name,
            repository,
            version,
            ...(release && { release }),
            ...(manifest && { manifest }),
            values: mergeValues(values[name] ?? {}, name === main ? (settings.values ?? {}) : {}),
        };
    };
    return {
        crds: sources.filter(({ crdsOnly }) => crdsOnly).map(argsOf),
        charts: sources.filter(({ crdsOnly }) => !crdsOnly).map(argsOf),
    };
}
