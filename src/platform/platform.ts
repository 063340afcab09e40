import { ConfigMap } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import * as pulumi from "@pulumi/pulumi";

import { validate } from "../arguments/validate";
import { Addon } from "./addon";
import type { AddonArgs } from "./addon-args";
import type { Context } from "./catalog/definition";
import { type AddonName, kebabCase } from "./catalog/names";
import { Availability, Footprint } from "./catalog/profiles";
import { caInjectorOf, contextOf, type PlannedAddon } from "./plan";
import type { AddonStatus, PlatformArgs } from "./platform-args";
import { planPlatform } from "./platform-plan";
import { checkPlatform, platformRules } from "./platform-rules";
import { preflightChart, preflightValues, recordAnnotations, recordName } from "./preflight";
import { chartArgs } from "./rendering/charts";
import { addonFieldManager } from "./rendering/transform";

const sizeOf = ({ availability, footprint }: PlatformArgs): Pick<Context, "highlyAvailable" | "small"> => ({
    highlyAvailable: availability === Availability.High,
    small: footprint === Footprint.Small,
});

/** Namespaces that every cluster has, and that add-ons must not change. */
const ofTheCluster = ["default", "kube-system", "kube-public"];

/** Returns the namespace arguments of an add-on. They are the same for all add-ons in a namespace. */
const placeOf = ({ namespace }: PlannedAddon, all: PlannedAddon[]): Omit<AddonArgs, "charts"> => ({
    namespace,
    createNamespace: !ofTheCluster.includes(namespace),
    privileged: all.some((other) => other.namespace === namespace && other.definition.privileged),
});

const statusOf = ({ namespace, definition, settings }: PlannedAddon, context: Context): AddonStatus => ({
    namespace,
    version: definition.version,
    outputs: definition.outputs?.(settings, context) ?? {},
});

/**
 * The add-ons of an ML cluster, in versions that were tested together, installed in the right order and safe to
 * upgrade.
 *
 * A preview checks the cluster, and fails if its version is not supported, if an upgrade would skip a version, or if
 * the CRDs have another owner. CRDs are installed first and never deleted; add-ons whose webhooks refuse other objects
 * while they start are installed last. What depends on the Platform waits until all add-ons are ready.
 */
export class Platform extends pulumi.ComponentResource {
    /** The status of each add-on, by its name in the arguments. Available when everything is ready. */
    public readonly addons: pulumi.Output<Record<string, AddonStatus>>;

    constructor(name: string, args: PlatformArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Platform", name, args, platformRules, checkPlatform);
        super("kubernetes-mlops:index:Platform", name, {}, opts);

        const planned = planPlatform(checked, () => undefined);
        const mine = planned.filter(({ settings }) => !settings.existing);
        const context = (one: PlannedAddon): Context => contextOf(planned, one.name, sizeOf(checked));
        const preflight = new Chart(
            `${name}:preflight`,
            {
                name: "preflight",
                chart: preflightChart,
                values: preflightValues(name, planned, checked.untestedKubernetes ?? false),
            },
            { parent: this },
        );
        // The components of each add-on: what is installed after it waits for all of them.
        const parts = new Map(mine.map((one): [AddonName, pulumi.Resource[]] => [one.name, []]));
        const install = (one: PlannedAddon, suffix: string, args: AddonArgs, after: pulumi.Resource[]): void => {
            const opts = { parent: this, dependsOn: [preflight, ...after] };
            parts.get(one.name)!.push(new Addon(`${name}-${kebabCase(one.name)}${suffix}`, args, opts));
        };

        const charts = new Map(mine.map((one) => [one.name, chartArgs(one, context(one))]));
        const place = (one: PlannedAddon) => ({ ...placeOf(one, mine), mirror: checked.mirror });
        for (const one of mine) {
            const { crds } = charts.get(one.name)!;
            if (crds.length > 0) {
                install(one, "-crds", { ...place(one), charts: crds }, []);
            }
        }
        const allCrds = [...parts.values()].flat();
        // An update installs one add-on after the other, in the order of the plan: at the same time, waiting for one could
        // keep all of the engine's workers busy, so that what it waits for is never created. A preview waits for nothing,
        // so there each add-on depends only on those that it is installed after.
        const before: pulumi.Resource[] = [];
        for (const one of mine) {
            const { definition, settings } = one;
            const { charts: main } = charts.get(one.name)!;
            if (main.length > 0) {
                const args = {
                    ...place(one),
                    charts: main,
                    caInjector: caInjectorOf(one, context(one)),
                    webhooks: definition.webhooks,
                    objectsBefore: definition.objectsBefore?.(settings, context(one)),
                    objects: definition.objects?.(settings, context(one)),
                };
                const needed = one.after.flatMap((other) => parts.get(other) ?? []);
                install(one, "", args, [...allCrds, ...(pulumi.runtime.isDryRun() ? needed : before)]);
            }
            const annotations = {
                "pulumi.com/patchFieldManager": addonFieldManager,
                ...recordAnnotations(name, one),
            };
            const record = new ConfigMap(
                `${name}-${kebabCase(one.name)}:record`,
                { metadata: { name: recordName(one.name), namespace: one.namespace, annotations } },
                { parent: this, dependsOn: parts.get(one.name) },
            );
            parts.get(one.name)!.push(record);
            before.push(...parts.get(one.name)!);
        }

        const ready = pulumi.all([...parts.values()].flat().map(({ urn }) => urn));
        this.addons = ready.apply(() =>
            Object.fromEntries(planned.map((one): [string, AddonStatus] => [one.name, statusOf(one, context(one))])),
        );
        this.registerOutputs({ addons: this.addons });
    }
}
