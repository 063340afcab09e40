import { ConfigMap, type Namespace } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import * as pulumi from "@pulumi/pulumi";

import { afterChecks } from "../arguments/gate";
import { notePreview, whenUnknown } from "../arguments/preview-notes";
import { validate } from "../arguments/validate";
import { keepOwner, ownerAnnotations, whenUnseen } from "../pod/ownership";
import { Addon } from "./addon";
import type { AddonArgs } from "./addon-args";
import type { Context } from "./catalog/definition";
import { kebabCase } from "./catalog/names";
import { Availability, Footprint } from "./catalog/profiles";
import { caInjectorOf, contextOf, type PlannedAddon } from "./plan";
import type { AddonStatus, PlatformArgs } from "./platform-args";
import { planPlatform } from "./platform-plan";
import { checkPlatform, platformRules } from "./platform-rules";
import { preflightChart, preflightValues, recordAnnotations, recordName } from "./preflight";
import { chartArgs } from "./rendering/charts";

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
        const namespaces: { resource: Namespace; props: object }[] = [];
        const unchecked = "so this preview has not checked its version, nor what is installed in it";
        const collect: pulumi.ResourceTransformation = ({ type, resource, props }) => {
            if (type === "kubernetes:core/v1:Namespace") {
                namespaces.push({ resource: resource as Namespace, props: props });
            }
            return undefined;
        };
        const options = pulumi.mergeOptions(afterChecks(opts), { transformations: [collect] });
        super("kubernetes-mlops:index:Platform", name, {}, options);

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
        whenUnknown(preflight.resources, () =>
            notePreview(
                `Platform "${name}": its cluster is not known before the update, ${unchecked}; the update does`,
            ),
        );
        const installations = mine.map((addon) => ({
            addon,
            ...chartArgs(addon, context(addon)),
            place: { ...placeOf(addon, mine), mirror: checked.mirror },
            // What is installed after the add-on waits for all of these.
            resources: [] as pulumi.Resource[],
        }));
        type Installation = (typeof installations)[number];
        const install = (one: Installation, suffix: string, args: AddonArgs, after: pulumi.Resource[]): void => {
            const opts = { parent: this, dependsOn: [preflight, ...after] };
            one.resources.push(new Addon(`${name}-${kebabCase(one.addon.name)}${suffix}`, args, opts));
        };

        for (const one of installations.filter(({ crds }) => crds.length > 0)) {
            install(one, "-crds", { ...one.place, charts: one.crds }, []);
        }
        const allCrds = installations.flatMap(({ resources }) => resources);
        // An update installs one add-on after the other, in the order of the plan: at the same time, waiting for one could
        // keep all of the engine's workers busy, so that what it waits for is never created. A preview waits for nothing,
        // so there each add-on depends only on those that it is installed after.
        const before: Installation[] = [];
        for (const one of installations) {
            const { addon, charts, place, resources } = one;
            const { definition, settings } = addon;
            if (charts.length > 0) {
                const args = {
                    ...place,
                    charts,
                    caInjector: caInjectorOf(addon, context(addon)),
                    webhooks: definition.webhooks,
                    objectsBefore: definition.objectsBefore?.(settings, context(addon)),
                    objects: definition.objects?.(settings, context(addon)),
                };
                const needed = pulumi.runtime.isDryRun()
                    ? before.filter((other) => addon.after.includes(other.addon.name))
                    : before;
                install(one, "", args, [...allCrds, ...needed.flatMap((other) => other.resources)]);
            }
            const annotations = {
                ...ownerAnnotations(),
                ...recordAnnotations(name, addon),
            };
            const record = new ConfigMap(
                `${name}-${kebabCase(addon.name)}:record`,
                { metadata: { name: recordName(addon.name), namespace: addon.namespace, annotations } },
                { parent: this, dependsOn: [...resources], ignoreChanges: keepOwner },
            );
            resources.push(record);
            before.push(one);
        }

        // With a provider that only renders YAML, the preflight has nothing to inspect.
        namespaces.slice(0, 1).forEach((namespace) =>
            whenUnseen(namespace, {
                unknown: () => undefined,
                absent: () => notePreview(`Platform "${name}": its provider reaches no cluster, ${unchecked}`),
            }),
        );

        const ready = pulumi.all(installations.flatMap(({ resources }) => resources.map(({ urn }) => urn)));
        this.addons = ready.apply(() =>
            Object.fromEntries(planned.map((one): [string, AddonStatus] => [one.name, statusOf(one, context(one))])),
        );
        this.registerOutputs({ addons: this.addons });
    }
}
