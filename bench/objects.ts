/**
 * Checks that two stacks that are compared have created the same objects in the API server.
 */
import { deepStrictEqual } from "node:assert";

import { run } from "../local/run";

interface KubernetesObject {
    kind: string;
    metadata: {
        name: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        ownerReferences?: { controller?: boolean }[];
    };
    status?: unknown;
    data?: Record<string, string>;
}

/** What one stack has created. */
export interface Made {
    /** The namespace of all its objects. */
    namespace: string;
    /** The types of its resources, such as `kubernetes:apps/v1:Deployment`. */
    types: string[];
}

/**
 * Compares the objects of two namespaces: kinds, labels, Pulumi's annotations, and everything else except the status.
 * The hashes at the end of names, which only the components add, the UIDs of runs, the names of the namespaces, the values
 * of Secrets, and objects that controllers created are ignored.
 *
 * @returns how many objects each of them has
 * @throws with the first difference
 */
export async function compareObjects(kubectl: string[], kubeconfig: string, one: Made, other: Made): Promise<number> {
    const kinds = [...new Set([...one.types, ...other.types])].flatMap(kindOf).sort();
    const left = await objects(kubectl, kubeconfig, one.namespace, kinds);
    const right = await objects(kubectl, kubeconfig, other.namespace, kinds);
    deepStrictEqual([...left.keys()], [...right.keys()], "The two variants have created different sets of objects");
    for (const [key, content] of left) {
        try {
            deepStrictEqual(content, right.get(key));
        } catch (error) {
            throw new Error(`The ${key} is not the same in both variants: ${(error as Error).message}`, {
                cause: error,
            });
        }
    }
    return left.size;
}

/**
 * `Deployment.v1.apps` for `kubernetes:apps/v1:Deployment`, as kubectl names it; undefined for a kind without a
 * namespace.
 */
function kindOf(type: string): string[] {
    const [, group, version, kind] = /^kubernetes:(?:(.+)\/)?(\w+):(\w+)$/.exec(type) ?? [];
    return kind === undefined || kind === "Namespace" ? [] : [`${kind}.${version}.${group === "core" ? "" : group}`];
}

/** What is compared of each object, by kind and name. */
async function objects(
    kubectl: string[],
    kubeconfig: string,
    namespace: string,
    kinds: string[],
): Promise<Map<string, unknown>> {
    const [command, ...first] = kubectl;
    const args = [...first, "get", kinds.join(","), "--namespace", namespace, "--output", "json"];
    const { items } = JSON.parse(await run(command!, args, { env: { KUBECONFIG: kubeconfig } })) as {
        items: KubernetesObject[];
    };
    const found = new Map<string, unknown>();
    const registered = items.filter(
        ({ metadata: { name, ownerReferences } }) =>
            name !== "kube-root-ca.crt" && !ownerReferences?.some(({ controller }) => controller),
    );
    for (const { kind, metadata, data, ...rest } of registered) {
        const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith("pulumi.com/"));
        const content = {
            labels: metadata.labels,
            annotations: Object.fromEntries(annotations),
            ...rest,
            // The content of a Secret may be generated for each variant, as the token of a Notebook.
            data: kind === "Secret" ? Object.keys(data ?? {}) : data,
            status: undefined,
        };
        const text = JSON.stringify(content, (key, value: unknown) => (clusterFields.has(key) ? undefined : value));
        found.set(
            `${kind} ${withoutHash(metadata.name)}`,
            JSON.parse(withoutHash(text).replaceAll(namespace, "NAMESPACE")) as unknown,
        );
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields that the cluster sets, with a different value for each object. */
export const clusterFields = new Set([
    "clusterIP",
    "clusterIPs",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "volumeName",
    "nodeName",
]);

function withoutHash(text: string): string {
    return text.replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UID").replace(/-[0-9a-f]{8}\b/g, "");
}
