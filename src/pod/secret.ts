import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../arguments/hash";
import { objectMeta } from "./metadata";
import { successorName } from "./successor";

/** Registers the Secret with the values of `secretEnv`, which are secret in the state even if given as plain values. */
export function createEnvironmentSecret(
    name: string,
    args: {
        secretName: pulumi.Input<string>;
        namespace: pulumi.Input<string>;
        labels: Record<string, string>;
        values: Record<string, pulumi.Input<string>>;
    },
    opts: pulumi.CustomResourceOptions,
): core.Secret {
    return new core.Secret(
        `${name}-env`,
        {
            metadata: objectMeta(args.secretName, args.namespace, args.labels),
            stringData: pulumi.secret(args.values),
        },
        opts,
    );
}

/**
 * Returns the name of a Secret that must exist beside its predecessor: a hash of its content, so that a new value is a new
 * Secret and rolls the pods.
 */
export const environmentSecretName = (
    base: string,
    content: object,
    namespace: pulumi.Input<string>,
    parent: pulumi.Resource,
): pulumi.Input<string> =>
    successorName(hashedName(base, content), base, { resource: "api/v1/secrets", namespace, parent });
