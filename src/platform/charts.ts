import type { AddonChartArgs } from "./addon";
import type { ChartSource, Context, Part } from "./definition";
import type { Planned } from "./plan";
import { mergedValues } from "./values";

/** The chart of an add-on that is its own, in the version that the settings ask for. */
function ownOf({ definition, settings }: Planned): ChartSource {
    const own = definition.charts.at(-1)!;
    return { ...own, version: settings.version ?? own.version };
}

const partsOf = ({ definition, settings }: Planned): Part[] =>
    (definition.parts ?? []).filter(({ when }) => when(settings));

/** The charts that an add-on has with its settings. */
export const sourcesOf = (planned: Planned): ChartSource[] => [
    ...planned.definition.charts.slice(0, -1),
    ownOf(planned),
    ...partsOf(planned).flatMap(({ charts }) => charts),
];

/** The CRDs that an add-on has with its settings. */
export const crdsOf = (planned: Planned): Record<string, string[]> =>
    Object.fromEntries([planned.definition, ...partsOf(planned)].flatMap(({ crds }) => Object.entries(crds ?? {})));

/** The version of an add-on's own chart, by which it is upgraded; without a `v`. */
export const chartVersion = (planned: Planned): string => ownOf(planned).version.replace(/^v/, "");

/** The charts of an add-on with their values. Over those of its own one, the user's are laid. */
export function chartsOf(planned: Planned, context: Context): { kinds: AddonChartArgs[]; own: AddonChartArgs[] } {
    const { definition, settings } = planned;
    const values = definition.values(settings, context);
    const sources = sourcesOf(planned);
    const own = ownOf(planned).name;
    const argsOf = (source: ChartSource): AddonChartArgs => {
        const { name, version, repository, release, manifest } = source;
        return {
            chart: name,
            repository,
            version,
            ...(release && { release }),
            ...(manifest && { manifest }),
            values: mergedValues(values[name] ?? {}, name === own ? (settings.values ?? {}) : {}),
        };
    };
    return {
        kinds: sources.filter(({ crdsOnly }) => crdsOnly).map(argsOf),
        own: sources.filter(({ crdsOnly }) => !crdsOnly).map(argsOf),
    };
}
