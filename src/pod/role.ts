import * as core from "@pulumi/kubernetes/core/v1";
import * as rbac from "@pulumi/kubernetes/rbac/v1";
import * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "./metadata";

/** The permissions of pods at the API server. */
export interface PodRole {
    /** Name of the Role and its binding, and of the ServiceAccount if one is created. */
    role: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
    /** ServiceAccount of the user to which the Role is granted. Defaults to one without other permissions. */
    serviceAccount?: pulumi.Input<string>;
}

/** Registers the permissions of a workload's pods; returns their ServiceAccount, and the binding to wait for. */
export function createPodRole(
    name: string,
    { role, namespace, labels, rules, serviceAccount }: PodRole,
    parent: pulumi.Resource,
): { serviceAccountName: pulumi.Input<string>; binding: pulumi.Resource } {
    const metadata = objectMeta(role, namespace, labels);
    const account =
        serviceAccount ??
        // The containers that need its token mount it explicitly.
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
