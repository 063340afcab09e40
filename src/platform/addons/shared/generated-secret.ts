import type { KubernetesObject } from "../../catalog/definition";

/** A Secret that is generated in the cluster, once. */
export interface GeneratedSecret {
    name: string;
    namespace: string;
    /** The keys; the value of each is 64 random hexadecimal digits. */
    keys: string[];
    /**
     * The data of the Secret, if it differs: by key a Go template that may refer to the keys above. Defaults to the
     * keys themselves.
     */
    template?: Record<string, string>;
    /**
     * Whether a chart adopts the Secret and adds more to it. It is then generated again only if its ExternalSecret is
     * deleted; all other generated Secrets are immutable.
     */
    takenOver?: boolean;
}

/**
 * Returns the objects with which External Secrets generates a Secret that no one needs to know: it is neither in the
 * program nor in the state, never changes, and outlives these objects. What depends on it waits until it exists.
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

/** A Secret that is copied from another namespace. */
export interface CopiedSecret {
    name: string;
    namespace: string;
    /** The namespace in which it has the same name. */
    from: string;
    keys: string[];
}

/**
 * Returns the objects with which External Secrets keeps a copy of a Secret of another namespace, with permission to
 * read that Secret only.
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
