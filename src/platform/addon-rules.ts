import { mirrorRule } from "../arguments/config";
import { dnsLabel, oneOf, nonEmptyString, boolean } from "../arguments/formats";
import { anyObject, list, object, plain, type Problems, required, type Rule, type RulesOf } from "../arguments/rules";
import type { AddonArgs } from "./addon-args";
import { CaInjector } from "./catalog/definition";
import type { AddonChartArgs } from "./rendering/chart-args";
import { locateAddonChart } from "./rendering/chart-location";
import { effectiveMirror } from "./rendering/mirror-args";

/** Returns a rule that refuses Outputs, for what a chart is rendered from. */
export const known = (rule: Rule): Rule =>
    plain(rule, "a chart is rendered in the preview, so it must be a plain value");

/** The rules of the arguments of an Addon. */
export const addonRules = {
    charts: required(
        list(
            object<AddonChartArgs>({
                chart: required(known(nonEmptyString), "give the name of the chart, or its directory"),
                repository: known(nonEmptyString),
                version: known(nonEmptyString),
                manifest: known(nonEmptyString),
                release: known(dnsLabel),
                values: anyObject,
            }),
        ),
        'give at least one, for example [{ chart: "kueue", repository: "oci://…", version: "0.19.2" }]',
    ),
    namespace: required(known(dnsLabel), "give the namespace to install it in"),
    createNamespace: known(boolean),
    privileged: known(boolean),
    caInjector: known(oneOf(Object.values(CaInjector))),
    webhooks: list(known(nonEmptyString)),
    objectsBefore: list(anyObject),
    objects: list(anyObject),
    mirror: known(mirrorRule),
} satisfies RulesOf<AddonArgs>;

/** Checks several arguments together. */
export function checkAddon({ charts, mirror: given }: AddonArgs, problems: Problems): void {
    const mirror = effectiveMirror(given);
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
