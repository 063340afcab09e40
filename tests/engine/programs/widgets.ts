import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import type * as pulumi from "@pulumi/pulumi";

import * as mlops from "../../../src";
import { group, type WidgetsVersion } from "../../support/widgets";

/** The namespace of the add-on, and of the widget. */
export const namespace = "widgets-system";

export interface WidgetsArgs {
    version: WidgetsVersion;
    values: Record<string, unknown>;
    mirror: mlops.MirrorArgs;
    provider?: pulumi.ProviderResource;
}

/** The add-on at a version, and a widget that its webhook must have handled. */
export function widgetsProgram({
    version,
    values,
    mirror,
    provider,
}: WidgetsArgs): Record<string, pulumi.Output<string>> {
    const addon = new mlops.Addon(
        "widgets",
        {
            charts: [{ chart: "widgets", repository: "oci://registry.example.com/charts", version, values }],
            namespace,
            caInjector: mlops.CaInjector.Controller,
            mirror,
        },
        { provider },
    );
    new CustomResource(
        "widget",
        { apiVersion: `${group}/v1`, kind: "Widget", metadata: { name: "first", namespace }, spec: { size: 1 } },
        { dependsOn: addon, provider },
    );
    return { namespace: addon.namespace };
}

/** The same as a separate program, for which WIDGETS names the charts and the controller. */
export function program(): Promise<Record<string, pulumi.Output<string>>> {
    const { charts, url } = JSON.parse(process.env.WIDGETS!) as { charts: string; url: string };
    return Promise.resolve(widgetsProgram({ version: "0.1.0", values: { url }, mirror: { charts } }));
}
