import { dnsLabel, oneOf, text, truth } from "../arguments/formats";
import {
    anyObject,
    list,
    map,
    object,
    plain,
    type Problems,
    required,
    type Rule,
    type RulesOf,
} from "../arguments/rules";
import type { AddonArgs } from "./addon-args";
import { CaInjector } from "./catalog/definition";
import type { AddonChartArgs } from "./rendering/chart-args";
import { locateAddonChart } from "./rendering/chart-location";
import type { MirrorArgs } from "./rendering/mirror-args";

/** Returns a rule that refuses Outputs, for what a chart is rendered from. */
export const known = (rule: Rule): Rule =>
    plain(rule, "a chart is rendered in the preview, so it must be a plain value");

/** The rule of a mirror. */
export const mirrorRule = object<MirrorArgs>({
    charts: known(text),
    images: known(text),
    registries: map(() => undefined, known(text)),
    plainHttp: known(truth),
});

/** The rules of the arguments of an Addon. */
export const addonRules = {
    charts: required(
        list(
            object<AddonChartArgs>({
                chart: required(known(text), "give the name of the chart, or its directory"),
                repository: known(text),
                version: known(text),
                manifest: known(text),
                release: known(dnsLabel),
                values: anyObject,
            }),
        ),
        'give at least one, for example [{ chart: "kueue", repository: "oci://…", version: "0.19.2" }]',
    ),
    namespace: required(known(dnsLabel), "give the namespace to install it in"),
    createNamespace: known(truth),
    privileged: known(truth),
    caInjector: known(oneOf(Object.values(CaInjector))),
    webhooks: list(known(text)),
    objectsBefore: list(anyObject),
    objects: list(anyObject),
    mirror: mirrorRule,
} satisfies RulesOf<AddonArgs>;

/** Checks several arguments together. */
export function checkAddon({ charts, mirror }: AddonArgs, problems: Problems): void {
    charts?.forEach((chart, index) => {
        if (chart.repository !== undefined && chart.version === undefined) {
            problems.add(
                `charts[${index}].version`,
                "is missing; give the exact version, as another one would be installed without notice",
            );
        }
        const location = locateAddonChart(chart, mirror);
        if (typeof location === "string") {
            problems.add("mirror.charts", location);
        }
    });
}
