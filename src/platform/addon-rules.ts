import { dnsLabel, oneOf, text, truth } from "../arguments/formats";
import { anyObject, type Fields, list, map, object, plain, type Problems, required, type Rule } from "../arguments/rules";
import type { AddonArgs } from "./addon-args";
import { Certificates } from "./catalog/definition";
import { locateAddonChart } from "./rendering/chart-location";

/** The rule for what a chart is rendered with, or where it comes from: no Output. */
export const known = (rule: Rule): Rule =>
    plain(rule, "a chart is rendered in the preview, so it must be a plain value");

const mirrorFields: Fields = {
    charts: known(text),
    images: known(text),
    registries: map(() => undefined, known(text)),
    plainHttp: known(truth),
};

/** The rule of a mirror. */
export const mirrorRule = object(mirrorFields);

/** The rules of the arguments of an Addon. */
export const addonFields: Fields = {
    charts: required(
        list(
            object({
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
    certificates: known(oneOf(Object.values(Certificates))),
    webhooks: list(known(text)),
    objectsBefore: list(anyObject),
    objects: list(anyObject),
    mirror: mirrorRule,
};

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
