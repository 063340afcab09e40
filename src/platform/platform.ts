import { ConfigMap } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import * as pulumi from "@pulumi/pulumi";

import { mirrorRule } from "../arguments/config";
import { dnsLabel, oneOf, boolean } from "../arguments/formats";
import { anyObject, type Fields, object, type Problems, rule, type Rule, type RulesOf } from "../arguments/rules";
import { validate } from "../arguments/validate";
import { Addon, type AddonArgs, known } from "./addon";
import { type AddonsArgs, catalog } from "./catalog";
import { chartsOf, sourcesOf } from "./charts";
import type { Context } from "./definition";
import { effectiveMirror, locate, type MirrorArgs } from "./mirror";
import { type AddonName, addonNames, kebab } from "./names";
import { certificatesOf, contextOf, plan, type Planned } from "./plan";
import { preflightChart, preflightValues, recordAnnotations, recordName } from "./preflight";
import { Availability, Footprint, Profile, profiles } from "./profiles";
import type { AddonSettings } from "./settings";
import { fieldManager } from "./transform";

/** The arguments of a Platform. */
export interface PlatformArgs {
    /** What it has besides what `addons` asks for. Defaults to "none". */
    profile?: Profile;
    /** The add-ons, each with its settings; `{}` takes one as it is. What one needs comes by itself. */
    addons?: AddonsArgs;
    /** How its controllers bear the loss of a node. Defaults to "single". */
    availability?: Availability;
    /** How much it takes of the cluster for itself. Defaults to "standard". */
    footprint?: Footprint;
    /**
     * Where a closed network has the charts and images. Defaults to the configuration `kubernetes-mlops:mirror`, else
     * to the internet.
     */
    mirror?: MirrorArgs;
    /**
     * Whether the cluster may be newer than what the add-ons are known to work with. Defaults to false: a preview then
     * names the add-ons that are not.
     */
    untestedKubernetes?: boolean;
}

/** What a platform tells of an add-on that it has. */
export interface AddonStatus {
    /** The namespace it is in. */
    namespace: string;
    /** The version of its software that this package was tested with; of an existing one that may be another. */
    version: string;
    /** Addresses and names that workloads need, as the page of the add-on lists them. */
    outputs: Record<string, string>;
}

/** The version of an add-on's own chart: an exact one, or an update would change it unseen. */
const exactVersion = rule((value) =>
    typeof value === "string" && /^v?\d+\.\d+\.\d+([-+].*)?$/.test(value)
        ? undefined
        : 'it must be an exact version, for example "1.2.3"',
);

const mapped = (rules: Fields, change: (rule: Rule) => Rule): Fields =>
    Object.fromEntries(Object.entries(rules).map(([field, own]) => [field, change(own)]));

/** The rules of each add-on's settings: those that all have, and its own. */
const addonFields: Fields = Object.fromEntries(
    addonNames.map((name): [string, Rule] => [
        name,
        object({
            enabled: known(boolean),
            existing: known(boolean),
            namespace: known(dnsLabel),
            version: known(exactVersion),
            values: anyObject,
            ...mapped(catalog[name].fields, known),
        }),
    ]),
);

const fields = {
    profile: known(oneOf(Object.values(Profile))),
    addons: object(addonFields),
    availability: known(oneOf(Object.values(Availability))),
    footprint: known(oneOf(Object.values(Footprint))),
    mirror: known(mirrorRule),
    untestedKubernetes: known(boolean),
} satisfies RulesOf<PlatformArgs>;

/** The settings, by name: for code that treats all add-ons alike. */
function settingsOf(addons: AddonsArgs = {}): Partial<Record<AddonName, AddonSettings>> {
    return addons;
}

function planOf(args: PlatformArgs, problem: (path: string, problem: string) => void): Planned[] {
    return plan({
        addons: settingsOf(args.addons),
        // One that does not exist has been told of by then.
        profile: profiles[args.profile ?? Profile.None] ?? [],
        definitions: catalog,
        problem,
    });
}

function checkAcross(args: PlatformArgs, problems: Problems): void {
    for (const [name, settings] of Object.entries(settingsOf(args.addons)) as [AddonName, AddonSettings][]) {
        catalog[name].check?.(settings, {
            line: (field, problem) => problems.line(`addons.${name}.${field}`, problem),
            add: (field, problem) => problems.add(`addons.${name}.${field}`, problem),
        });
    }
    const planned = planOf(args, (where, problem) => problems.add(where, problem));
    const mirror = effectiveMirror(args.mirror);
    const missing = planned
        .filter(({ settings }) => !settings.existing)
        .flatMap((one) => sourcesOf(one).map((source) => locate(source, mirror)))
        .filter((location) => typeof location === "string");
    missing.forEach((problem) => problems.add("mirror.charts", problem));
}

const sizeOf = ({ availability, footprint }: PlatformArgs): Pick<Context, "highlyAvailable" | "small"> => ({
    highlyAvailable: availability === Availability.High,
    small: footprint === Footprint.Small,
});

/** Namespaces that every cluster has, and that are not an add-on's to write to. */
const ofTheCluster = ["default", "kube-system", "kube-public"];

/** The namespace of an add-on. Those that share one say the same of it. */
const placeOf = ({ namespace }: Planned, all: Planned[]): Omit<AddonArgs, "charts"> => ({
    namespace,
    createNamespace: !ofTheCluster.includes(namespace),
    privileged: all.some((other) => other.namespace === namespace && other.definition.privileged),
});

const statusOf = ({ namespace, definition, settings }: Planned, context: Context): AddonStatus => ({
    namespace,
    version: definition.version,
    outputs: definition.outputs?.(settings, context) ?? {},
});

/**
 * The add-ons of an ML cluster, in versions that fit together, installed in the right order and safe to upgrade.
 *
 * A preview looks at the cluster and fails with what does not fit it: its version, a step over a version that must not
 * be skipped, another owner of the same CRDs. CRDs come first and are kept for ever; what refuses the objects of others
 * while it starts comes last. Whatever depends on the Platform waits until everything on it answers.
 */
export class Platform extends pulumi.ComponentResource {
    /** What is there, by the name of the add-on in the arguments; known when everything is ready. */
    public readonly addons: pulumi.Output<Record<string, AddonStatus>>;

    constructor(name: string, args: PlatformArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Platform", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:Platform", name, {}, opts);

        const planned = planOf(checked, () => undefined);
        const mine = planned.filter(({ settings }) => !settings.existing);
        const context = (one: Planned): Context => contextOf(planned, one.name, sizeOf(checked));
        const preflight = new Chart(
            `${name}:preflight`,
            {
                name: "preflight",
                chart: preflightChart,
                values: preflightValues(name, planned, checked.untestedKubernetes ?? false),
            },
            { parent: this },
        );
        // What an add-on consists of: whatever comes after it waits for all of that.
        const parts = new Map(mine.map((one): [AddonName, pulumi.Resource[]] => [one.name, []]));
        const install = (one: Planned, suffix: string, args: AddonArgs, after: pulumi.Resource[]): void => {
            const opts = { parent: this, dependsOn: [preflight, ...after] };
            parts.get(one.name)!.push(new Addon(`${name}-${kebab(one.name)}${suffix}`, args, opts));
        };

        const charts = new Map(mine.map((one) => [one.name, chartsOf(one, context(one))]));
        const place = (one: Planned) => ({ ...placeOf(one, mine), mirror: checked.mirror });
        for (const one of mine) {
            const { kinds } = charts.get(one.name)!;
            if (kinds.length > 0) {
                install(one, "-crds", { ...place(one), charts: kinds }, []);
            }
        }
        const allKinds = [...parts.values()].flat();
        // An update installs one after the other, in the order of the plan: at the same time, what one waits for could
        // keep the engine so busy that what another waits for is never created. A preview waits for nothing, and needs
        // of each only what it is installed after.
        const before: pulumi.Resource[] = [];
        for (const one of mine) {
            const { definition, settings } = one;
            const { own } = charts.get(one.name)!;
            if (own.length > 0) {
                const args = {
                    ...place(one),
                    charts: own,
                    certificates: certificatesOf(one, context(one)),
                    webhooks: definition.webhooks,
                    objectsBefore: definition.objectsBefore?.(settings, context(one)),
                    objects: definition.objects?.(settings, context(one)),
                };
                const needed = one.after.flatMap((other) => parts.get(other) ?? []);
                install(one, "", args, [...allKinds, ...(pulumi.runtime.isDryRun() ? needed : before)]);
            }
            const annotations = {
                "pulumi.com/patchFieldManager": fieldManager,
                ...recordAnnotations(name, one),
            };
            const record = new ConfigMap(
                `${name}-${kebab(one.name)}:record`,
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
