import { ConfigMap, Namespace } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import { ConfigFile } from "@pulumi/kubernetes/yaml/v2";
import * as pulumi from "@pulumi/pulumi";

import { afterChecks } from "../arguments/gate";
import { supportsCallbacks } from "../arguments/monitor";
import { notePreview, whenUnknown } from "../arguments/preview-notes";
import { validate } from "../arguments/validate";
import { claimObjects, failIfForeign, whenUnseen } from "../pod/ownership";
import type { AddonArgs } from "./addon-args";
import { addonRules, checkAddon } from "./addon-rules";
import { CaInjector, type KubernetesObject, type Values } from "./catalog/definition";
import { releaseName } from "./rendering/chart-args";
import { type ChartLocation, locateAddonChart } from "./rendering/chart-location";
import { effectiveMirror } from "./rendering/mirror-args";
import { replaceOutputs } from "./rendering/output-placeholders";
import { objectResourceName, registerObject } from "./rendering/register-object";
import { objectTransform } from "./rendering/transform";

/**
 * Helm charts that are safe to install and to upgrade, with additional objects.
 *
 * Every object of a chart is a resource, so that previews show its changes. CRDs are upgraded with the chart, and are
 * kept when it is removed, with their custom resources; so is the namespace. What depends on the Addon waits until its
 * pods are ready and its webhooks have their CA bundles. Chart hooks do not run.
 *
 * A change of the namespace or of a release name deletes the old objects and creates new ones.
 */
export class Addon extends pulumi.ComponentResource {
    /** The namespace. Available when everything is installed. */
    public readonly namespace: pulumi.Output<string>;

    constructor(name: string, args: AddonArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("Addon", name, args, addonRules, checkAddon);
        const { charts, namespace } = checked;
        const mirror = effectiveMirror(checked.mirror);
        const placeholders = replaceOutputs(
            Object.fromEntries(charts.map((chart) => [releaseName(chart), chart.values ?? {}])),
        );
        const transform = objectTransform({
            caInjector: checked.caInjector ?? CaInjector.None,
            webhooks: checked.webhooks,
            mirror,
            placeholders,
        });
        const releases = charts.map(releaseName);
        const owner = `Addon "${name}"`;
        void claimObjects(
            owner,
            opts,
            namespace,
            releases.map((release) => `release ${release}`),
        );
        super(
            "kubernetes-mlops:index:Addon",
            name,
            {},
            pulumi.mergeOptions(afterChecks(opts), { transforms: supportsCallbacks() ? [transform] : [] }),
        );

        let ready: pulumi.Resource[] = [];
        if (checked.createNamespace ?? true) {
            const labels = checked.privileged ? { "pod-security.kubernetes.io/enforce": "privileged" } : undefined;
            const props = { metadata: { name: namespace, labels } };
            const resource = new Namespace(`${name}:namespace`, props, { parent: this });
            whenUnseen({ resource, props }, { unknown: () => undefined, absent: noteUnreachable });
            ready = [resource];
        }
        // Created before what is overwritten by force, so that the charts of another stack are a conflict. The label has
        // the same value in each stack: without any such field, the dry run of another stack would show it as the only
        // owner.
        const labels = { "app.kubernetes.io/managed-by": "pulumi" };
        const record = new ConfigMap(
            `${name}:record`,
            { metadata: { name: `kubernetes-mlops-release-${releases.at(-1)!}`, namespace, labels } },
            { parent: this, dependsOn: ready },
        );
        failIfForeign(
            owner,
            [{ type: "kubernetes:core/v1:ConfigMap", resource: record }],
            "its charts are installed already: remove this Addon, or set another namespace and release",
        );
        ready = [...ready, record];
        const register = (object: KubernetesObject): pulumi.Resource =>
            registerObject(objectResourceName(name, object), object, { parent: this, dependsOn: ready });
        // Objects are not checked here, but by the API server.
        const before = (checked.objectsBefore ?? []) as KubernetesObject[];
        ready = [...ready, ...before.map(register)];
        for (const chart of charts) {
            const release = releaseName(chart);
            // checkAddon has refused a chart that the mirror does not contain.
            const { manifest, ...location } = locateAddonChart(chart, mirror) as ChartLocation;
            // A map of values stays one when its Outputs are replaced.
            const values = placeholders.values[release] as Values;
            const options = { parent: this, dependsOn: ready };
            const installed =
                manifest === undefined
                    ? new Chart(`${name}:${release}`, { ...location, name: release, namespace, values }, options)
                    : new ConfigFile(`${name}:${release}`, { file: manifest }, options);
            whenUnknown(installed.resources, () =>
                notePreview(
                    `${owner}: its cluster is not known before the update, so this preview shows no objects of ` +
                        `${release}, nor whether others have installed it`,
                ),
            );
            ready = [...ready, installed];
        }
        const after = ((checked.objects ?? []) as KubernetesObject[]).map(register);

        this.namespace = pulumi.output([...ready, ...after].map(({ urn }) => urn)).apply(() => namespace);
        this.registerOutputs({ namespace: this.namespace });
    }
}

/** Says once that the objects of a preview were not compared with those of a cluster. */
function noteUnreachable(): void {
    notePreview(
        "Addon: the cluster cannot be reached, or the provider only renders YAML, so this preview does not show " +
            "whether its objects exist already or belong to others",
    );
}
