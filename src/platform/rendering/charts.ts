import type { ChartSource, ConfiguredAddon, Context, OptionalCharts } from "../catalog/definition";
import type { AddonChartArgs } from "./chart-args";
import { mergeValues } from "./merge-values";

/** The chart of an add-on that is its own, in the version that the settings ask for. */
function mainChart({ definition, settings }: ConfiguredAddon): ChartSource {
    const main = definition.charts.at(-1)!;
    return { ...main, version: settings.version ?? main.version };
}

const requestedCharts = ({ definition, settings }: ConfiguredAddon): OptionalCharts[] =>
    (definition.optionalCharts ?? []).filter(({ when }) => when(settings));

/** The charts that an add-on has with its settings. */
export const chartSources = (addon: ConfiguredAddon): ChartSource[] => [
    ...addon.definition.charts.slice(0, -1),
    mainChart(addon),
    ...requestedCharts(addon).flatMap(({ charts }) => charts),
];

/** The CRDs that an add-on has with its settings. */
export const crdVersions = (addon: ConfiguredAddon): Record<string, string[]> =>
    Object.fromEntries([addon.definition, ...requestedCharts(addon)].flatMap(({ crds }) => Object.entries(crds ?? {})));

/** The version of an add-on's own chart, by which it is upgraded; without a `v`. */
export const mainChartVersion = (addon: ConfiguredAddon): string => mainChart(addon).version.replace(/^v/, "");

/** The charts of an add-on with their values. Over those of its own one, the user's are laid. */
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
