/**
 * Waiting for a server. The component follows the pods itself, instead of having the provider wait: the provider waits
 * for its whole timeout also for what cannot succeed, and does not say which probe has failed, or how.
 */
import * as pulumi from "@pulumi/pulumi";

import { failOutput } from "../arguments/inputs";
import { isMocked } from "../arguments/monitor";
import { clusterOf, isCluster } from "../cluster/cluster";
import { followServer, type ServerPatience } from "./follow";
import { serverKinds } from "./server-kinds";

/** Makes the provider wait for the deletion of an object, and for nothing else: each object has a UID. */
export const followed = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };

/** How a server is awaited. */
export interface ReadinessOptions {
    /** The component for messages, such as `ModelServer "fraud"`. */
    title: string;
    parent: pulumi.Resource;
    kind: keyof typeof serverKinds;
    patience: pulumi.Input<ServerPatience>;
}

/** An object with pods. */
type PodOwner = pulumi.CustomResource & {
    metadata: pulumi.Output<{ name: string; namespace: string; annotations?: Record<string, string> }>;
};

/**
 * Returns the resource once the pods of its newest version are ready. If they cannot be, an update fails with the reason,
 * and leaves what depends on the resource as it is. A preview does not wait.
 */
export function whenReady(resource: PodOwner, options: ReadinessOptions): pulumi.Output<pulumi.Resource> {
    const { title, parent, kind } = options;
    if (isMocked() || pulumi.runtime.isDryRun()) {
        // The name is known also where another field is not.
        return resource.metadata.name.apply(() => resource);
    }
    const cluster = clusterOf(parent.getProvider("kubernetes:apps/v1:Deployment"));
    return pulumi
        .all([resource.metadata, cluster, options.patience])
        .apply(async ([{ name, namespace, annotations }, known, patience]) => {
            // What a user says to the provider holds for this, too.
            if (annotations?.["pulumi.com/skipAwait"] === "true") {
                return resource;
            }
            if (!isCluster(known)) {
                return known.isRendered
                    ? resource
                    : failOutput(
                          `${title}: whether its pods are ready cannot be read: ${known.reason}; the program itself needs ` +
                              "access to the cluster, with the kubeconfig of its provider",
                      );
            }
            const ref = { kind: serverKinds[kind], namespace, name };
            const say = (why: string) => void pulumi.log.info(`${title}: ${why}`, resource, undefined, true);
            const outcome = await followServer(known, ref, patience, { say }).catch((error: Error) =>
                failOutput<never>(
                    `${title}: whether its pods are ready is not known: ${error.message}; run pulumi up again`,
                ),
            );
            if (outcome.state === "failed") {
                return failOutput<never>(`${title}: ${outcome.message}`);
            }
            if (outcome.state === "late") {
                void pulumi.log.warn(`${title}: ${outcome.message}`, resource);
            }
            return resource;
        });
}
