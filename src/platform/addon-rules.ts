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

/** The rule for what a chart is rendered with, or where it comes from: no Output. */
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
                chart: required(known(text), "name the chart, or its directory"),
                repository: known(text),
                version: known(text),
                manifest: known(text),
                release: known(dnsLabel),
                values: anyObject,
            }),
        ),
        'name at least one, for example [{ chart: "kueue", repository: "oci://…", version: "0.19.2" }]',
    ),
    namespace: required(known(dnsLabel), "name the namespace it is installed in"),
    createNamespace: known(truth),
    privileged: known(truth),
    caInjector: known(oneOf(Object.values(CaInjector))),
    webhooks: list(known(text)),
    objectsBefore: list(anyObject),
    objects: list(anyObject),
    mirror: mirrorRule,
} satisfies RulesOf<AddonArgs>;

/** What is wrong with arguments that each are right. */
export function checkAddon({ charts, mirror }: AddonArgs, problems: Problems): void {
    charts?.forEach((chart, index) => {
        if (chart.repository !== undefined && chart.version === undefined) {
            problems.add(
                `charts[${index}].version`,
                "is missing; name the exact version, or an update changes it unseen",
            );
        }
        const location = locateAddonChart(chart, mirror);
        if (typeof location === "string") {
            problems.add("mirror.charts", location);
        }
    });
}
