import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import { objectMeta } from "./metadata";

/** The Secret that holds a workload's `secretEnv`; the values are secret in the state whatever they were before. */
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
