import { Namespace } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import { ConfigFile } from "@pulumi/kubernetes/yaml/v2";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

import { mirrorRule } from "../arguments/config";
import { dnsLabel, boolean, nonEmptyString, oneOf } from "../arguments/formats";
import { anyObject, list, object, plain, type Problems, required, type Rule, type RulesOf } from "../arguments/rules";
import { validate } from "../arguments/validate";
import { Certificates, type ChartSource, type KubernetesObject, type Values } from "./definition";
import { type ChartLocation, effectiveMirror, locate, type MirrorArgs } from "./mirror";
import { objectName, registerObject } from "./objects";
import { placeholdersOf } from "./placeholders";
import { objectTransform } from "./transform";

/** A chart of an add-on. */
export interface AddonChartArgs {
    /** The chart's name, or a directory or archive of one. */
    chart: string;
    /** The repository: `oci://<host>/<path>` or `https://…`. Defaults to none: `chart` is a directory or archive. */
    repository?: string;
    /** The exact version. Required with a repository. */
    version?: string;
    /**
     * The path or address of a file of manifests, for what is published without a chart; `chart` is then a name for it.
     * Its objects are in the namespaces that they name. Defaults to none.
     */
    manifest?: string;
    /** The name of the release, after which charts name their objects. Defaults to the last part of the chart's name. */
    release?: string;
    /**
     * The values. Texts may be Outputs, secret ones included: they are put into the objects without passing through
     * the chart. All else must be plain, since a chart is rendered in the preview.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    values?: Record<string, any>;
}

/** The arguments of an Addon. */
export interface AddonArgs {
    /** The charts, each installed when all of the one before it is ready: a chart of CRDs, then what uses them. */
    charts: AddonChartArgs[];
    /** The namespace of the charts. */
    namespace: string;
    /**
     * Whether the namespace is made, or taken over where it exists. It is kept when the add-on goes, with what others
     * have put into it. Defaults to true.
     */
    createNamespace?: boolean;
    /**
     * Whether the namespace is labelled for pods that need more of a node than others, such as drivers and collectors
     * of logs: `pod-security.kubernetes.io/enforce: privileged`. Defaults to false: as the cluster has it.
     */
    privileged?: boolean;
    /**
     * Who writes the certificate authority into the charts' webhook configurations, which are then waited for until it
     * stands in them. Defaults to nobody.
     */
    certificates?: Certificates;
    /**
     * The names of the webhook configurations that are waited for. Defaults to all; name some of them where a chart has
     * many, as each that is waited for keeps one of the engine's workers busy.
     */
    webhooks?: string[];
    /** Objects that are made before the charts, in the namespace: Secrets and ConfigMaps to which values refer. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objectsBefore?: Record<string, any>[];
    /** Objects that are made when the charts are ready and their webhooks answer, such as custom resources. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objects?: Record<string, any>[];
    /**
     * Where a closed network has charts and images. Defaults to the configuration `kubernetes-mlops:mirror`, else to
     * the internet.
     */
    mirror?: MirrorArgs;
}

/** The rule for what a chart is rendered with, or where it comes from: no Output. */
export const known = (rule: Rule): Rule =>
    plain(rule, "a chart is rendered in the preview, so it must be a plain value");

const fields = {
    charts: required(
        list(
            object({
                chart: required(known(nonEmptyString), "name the chart, or its directory"),
                repository: known(nonEmptyString),
                version: known(nonEmptyString),
                manifest: known(nonEmptyString),
                release: known(dnsLabel),
                values: anyObject,
            }),
        ),
        'name at least one, for example [{ chart: "kueue", repository: "oci://…", version: "0.19.2" }]',
    ),
    namespace: required(known(dnsLabel), "name the namespace it is installed in"),
    createNamespace: known(boolean),
    privileged: known(boolean),
    certificates: known(oneOf(Object.values(Certificates))),
    webhooks: list(known(nonEmptyString)),
    objectsBefore: list(anyObject),
    objects: list(anyObject),
    mirror: known(mirrorRule),
} satisfies RulesOf<AddonArgs>;

function checkAcross({ charts, mirror: given }: AddonArgs, problems: Problems): void {
    const mirror = effectiveMirror(given);
    charts?.forEach((chart, index) => {
        if (chart.repository !== undefined && chart.version === undefined) {
            problems.add(
                `charts[${index}].version`,
                "is missing; name the exact version, or an update changes it unseen",
            );
        }
        const location = locationOf(chart, mirror);
        if (typeof location === "string") {
            problems.add("mirror.charts", location);
        }
    });
}

function sourceOf({ chart, version = "", repository, release, manifest }: AddonChartArgs): ChartSource | undefined {
    return repository === undefined ? undefined : { name: chart, version, repository, release, manifest };
}

function locationOf(chart: AddonChartArgs, mirror: MirrorArgs): ReturnType<typeof locate> {
    const source = sourceOf(chart);
    return source
        ? locate(source, mirror)
        : { chart: chart.chart, manifest: chart.manifest, ...(mirror.plainHttp && { plainHttp: true }) };
}

const releaseOf = ({ release, chart }: AddonChartArgs): string =>
    release ??
    chart
        .replace(/\/+$/, "")
        .replace(/^.*\//, "")
        .replace(/\.tgz$/, "")
        .replace(/-v?\d+(\.\d+)+.*$/, "");

/** Whether a unit test runs the program: Pulumi's mocks refuse transforms, and render no charts. */
const isMocked = (): boolean => getMonitor() instanceof MockMonitor;

/**
 * Charts that are safe to install and to upgrade, with the objects that go with them.
 *
 * Every object of a chart is a resource of its own, whose changes a preview shows. CRDs are upgraded with the chart,
 * and are kept when it is removed, together with the objects of their kind; so is the namespace. What depends on the
 * Addon waits until its pods are ready and its webhooks have their certificates. Hooks of charts are not run.
 *
 * A change of the namespace or of a release moves what is in it: the old objects are deleted, new ones created.
 */
export class Addon extends pulumi.ComponentResource {
    /** The namespace, known when everything is installed. */
    public readonly namespace: pulumi.Output<string>;

    constructor(name: string, args: AddonArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Addon", name, args, fields, checkAcross);
        const { charts, namespace } = checked;
        const mirror = effectiveMirror(checked.mirror);
        const placeholders = placeholdersOf(
            Object.fromEntries(charts.map((chart) => [releaseOf(chart), chart.values ?? {}])),
        );
        const transform = objectTransform({
            certificates: checked.certificates ?? Certificates.None,
            webhooks: checked.webhooks,
            mirror,
            placeholders,
        });
        super(
            "kubernetes-mlops:index:Addon",
            name,
            {},
            pulumi.mergeOptions(opts, { transforms: isMocked() ? [] : [transform] }),
        );

        let ready: pulumi.Resource[] = [];
        if (checked.createNamespace ?? true) {
            const labels = checked.privileged ? { "pod-security.kubernetes.io/enforce": "privileged" } : undefined;
            ready = [new Namespace(`${name}:namespace`, { metadata: { name: namespace, labels } }, { parent: this })];
        }
        const register = (object: KubernetesObject): pulumi.Resource =>
            registerObject(objectName(name, object), object, { parent: this, dependsOn: ready });
        const before = (checked.objectsBefore ?? []) as KubernetesObject[];
        ready = [...ready, ...before.map(register)];
        for (const chart of charts) {
            const release = releaseOf(chart);
            const { manifest, ...location } = locationOf(chart, mirror) as ChartLocation;
            const options = { parent: this, dependsOn: ready };
            const installed =
                manifest === undefined
                    ? new Chart(
                          `${name}:${release}`,
                          { ...location, name: release, namespace, values: placeholders.values[release] as Values },
                          options,
                      )
                    : new ConfigFile(`${name}:${release}`, { file: manifest }, options);
            ready = [...ready, installed];
        }
        const after = ((checked.objects ?? []) as KubernetesObject[]).map(register);

        this.namespace = pulumi.output([...ready, ...after].map(({ urn }) => urn)).apply(() => namespace);
        this.registerOutputs({ namespace: this.namespace });
    }
}
