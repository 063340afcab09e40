import type { KubernetesObject } from "../../catalog/definition";

/** A Secret that is made up in the cluster, once. */
export interface GeneratedSecret {
    name: string;
    namespace: string;
    /** The keys, each of which gets 64 hexadecimal digits of its own. */
    keys: string[];
    /** What the Secret holds in their place: by key a Go template that may name them. Defaults to the keys themselves. */
    template?: Record<string, string>;
    /**
     * Whether a chart takes the Secret over and puts more into it. It is then made up anew where the object that makes
     * it up is deleted, and only then; all others are never changed, as long as they are there.
     */
    takenOver?: boolean;
}

/**
 * The objects by which External Secrets makes up a Secret that nobody needs to know: it is neither in the program nor in
 * the state, stays as it is from then on, and outlives them. Whatever depends on it waits until it is there.
 *
 * Source: https://external-secrets.io/latest/api/generator/password/, and why it must be immutable to stay as it is:
 * https://github.com/external-secrets/external-secrets/issues/6640
 */
export function generatedSecret(secret: GeneratedSecret): KubernetesObject[] {
    const { name, namespace, keys, template, takenOver } = secret;
    const generator = {
        apiVersion: "generators.external-secrets.io/v1alpha1",
        kind: "Password",
        metadata: { name, namespace },
        spec: {
            length: 32,
            digits: 8,
            symbols: 0,
            noUpper: false,
            allowRepeat: true,
            encoding: "hex",
            secretKeys: keys,
        },
    };
    const sourceRef = { generatorRef: { apiVersion: generator.apiVersion, kind: generator.kind, name } };
    return [
        generator,
        externalSecret(name, namespace, {
            refreshPolicy: "CreatedOnce",
            target: {
                name,
                creationPolicy: "Orphan",
                deletionPolicy: "Retain",
                ...(!takenOver && { immutable: true }),
                ...(template && { template: { engineVersion: "v2", data: template } }),
            },
            dataFrom: [{ sourceRef }],
        }),
    ];
}

/** Where a Secret is taken over from. */
export interface CopiedSecret {
    name: string;
    namespace: string;
    /** The namespace in which it has the same name. */
    from: string;
    keys: string[];
}

/**
 * The objects by which External Secrets keeps a copy of a Secret of another namespace, with the right to read that one
 * Secret and no other.
 *
 * Source: https://external-secrets.io/latest/provider/kubernetes/
 */
export function copiedSecret({ name, namespace, from, keys }: CopiedSecret): KubernetesObject[] {
    const reader = `${namespace}-${name}-reader`;
    const rbac = "rbac.authorization.k8s.io";
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: reader, namespace } },
        {
            apiVersion: `${rbac}/v1`,
            kind: "Role",
            metadata: { name: reader, namespace: from },
            rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [name], verbs: ["get"] }],
        },
        {
            apiVersion: `${rbac}/v1`,
            kind: "RoleBinding",
            metadata: { name: reader, namespace: from },
            roleRef: { apiGroup: rbac, kind: "Role", name: reader },
            subjects: [{ kind: "ServiceAccount", name: reader, namespace }],
        },
        {
            apiVersion: "external-secrets.io/v1",
            kind: "SecretStore",
            metadata: { name: reader, namespace },
            spec: {
                provider: {
                    kubernetes: {
                        remoteNamespace: from,
                        server: {
                            url: "https://kubernetes.default.svc",
                            caProvider: { type: "ConfigMap", name: "kube-root-ca.crt", key: "ca.crt" },
                        },
                        auth: { serviceAccount: { name: reader } },
                    },
                },
            },
        },
        externalSecret(name, namespace, {
            refreshPolicy: "Periodic",
            refreshInterval: "10m",
            secretStoreRef: { kind: "SecretStore", name: reader },
            target: { name, creationPolicy: "Owner", deletionPolicy: "Retain" },
            data: keys.map((key) => ({ secretKey: key, remoteRef: { key: name, property: key } })),
        }),
    ];
}

function externalSecret(name: string, namespace: string, spec: object): KubernetesObject {
    return {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name, namespace, annotations: { "pulumi.com/waitFor": "condition=Ready" } },
        spec,
    };
}
