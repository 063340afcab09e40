import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { ownerAnnotations } from "./ownership";

/**
 * The label by which any pod is monitored: its value is the name of the port that answers `/metrics`. The pods of this
 * package's own workloads need it not when that port is called `metrics`.
 */
export const metricsLabel = "kubernetes-mlops/metrics";

/** The labels by which what belongs to a component is found; the ones a selector names never change. */
export function labelsOf(name: string, component: string): Record<string, string> {
    return { "app.kubernetes.io/name": name, "app.kubernetes.io/component": component };
}

/** The metadata of an object that a component creates. */
export function objectMeta(
    name: pulumi.Input<string>,
    namespace: pulumi.Input<string>,
    labels: Record<string, pulumi.Input<string> | undefined>,
    annotations: Record<string, pulumi.Input<string>> = {},
): types.input.meta.v1.ObjectMeta {
    return {
        name,
        namespace,
        labels: { ...labels, "app.kubernetes.io/managed-by": "pulumi" },
        annotations: { ...ownerAnnotations(), ...annotations },
    };
}
