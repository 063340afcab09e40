import * as core from "@pulumi/kubernetes/core/v1";
import * as rbac from "@pulumi/kubernetes/rbac/v1";
import * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "./metadata";

/** What pods may ask of the API server. */
export interface PodRole {
    /** What the Role and its binding are called, and the ServiceAccount where one is created. */
    role: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
    /** The user's own ServiceAccount, which then gets the Role. Defaults to one that has no other rights. */
    serviceAccount?: pulumi.Input<string>;
}

/** The rights of a workload's pods: the ServiceAccount that they run as, and what must be there before they ask. */
export function createPodRole(
    name: string,
    { role, namespace, labels, rules, serviceAccount }: PodRole,
    parent: pulumi.Resource,
): { serviceAccountName: pulumi.Input<string>; binding: pulumi.Resource } {
    const metadata = objectMeta(role, namespace, labels);
    const account =
        serviceAccount ??
        // Whoever needs its token asks for it, one container at a time.
        new core.ServiceAccount(`${name}-account`, { metadata, automountServiceAccountToken: false }, { parent })
            .metadata.name;
    const granted = new rbac.Role(`${name}-role`, { metadata, rules }, { parent });
    const binding = new rbac.RoleBinding(
        `${name}-binding`,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: granted.metadata.name },
            subjects: [{ kind: "ServiceAccount", name: account, namespace }],
        },
        { parent },
    );
    return { serviceAccountName: account, binding };
}
