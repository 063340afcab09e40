import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { AutoscalingArgs } from "../../serving/autoscaling-args";
import type { RouteArgs } from "../../serving/route-args";

/** What runs the pods of a server. */
export const ServerBackend = {
    /** A Deployment. */
    Deployment: "Deployment",
    /** A KServe InferenceService in Standard mode. Needs the add-on `kserve`. */
    KServe: "KServe",
} as const;
export type ServerBackend = (typeof ServerBackend)[keyof typeof ServerBackend];

/** How another version of a server differs from it. Everything else is the same. */
export interface ServerVariantArgs {
    /** The container image as `repository@sha256:…`. Defaults to the server's. */
    image?: pulumi.Input<string>;
    /** The command to run. Defaults to the server's. */
    command?: pulumi.Input<string>[];
    /** The arguments of the command. Defaults to the server's. */
    args?: pulumi.Input<string>[];
    /** Environment variables in plain text, merged into the server's. Defaults to none. */
    env?: Record<string, pulumi.Input<string>>;
    /** The model to serve. Defaults to the server's. */
    model?: pulumi.Input<string>;
    /** The number of pods. Defaults to 1. */
    replicas?: pulumi.Input<number>;
}

/** A version that receives a share of the requests. */
export interface CanaryArgs extends ServerVariantArgs {
    /** The percentage of requests that the canary receives. The server's own pods receive the rest. */
    weight: pulumi.Input<number>;
}

/** A version that receives copies of requests. Its responses are discarded. */
export interface ShadowArgs extends ServerVariantArgs {
    /** The percentage of requests that are copied. Defaults to 100. */
    percent?: pulumi.Input<number>;
}

/** The arguments of a ModelServer. */
export interface ModelServerArgs extends WorkloadArgs {
    /**
     * The URI of the model to serve, such as the `model` of a TrainingJob. A model in a PersistentVolumeClaim
     * (`pvc://<claim>/<directory>`, or `pvc://<claim>` for all of it) or in an image (`oci://repository@sha256:…`, which
     * needs Kubernetes 1.35 and containerd 2.1) is mounted read-only at MODEL_DIR. Any other URI is passed to the container
     * as MODEL_URI, which downloads it to MODEL_DIR. Changing the model is a rolling update. Defaults to none.
     */
    model?: pulumi.Input<string>;
    /** The port on which the container serves HTTP. The container receives it as PORT. Defaults to 8080. */
    port?: pulumi.Input<number>;
    /** The number of pods. Cannot be combined with `autoscaling`. Defaults to 1. */
    replicas?: pulumi.Input<number>;
    /** Scales the number of pods with the load. Cannot be combined with `replicas`. Defaults to none. */
    autoscaling?: AutoscalingArgs;
    /** The path of the liveness probe. The container is restarted when it fails for a minute. Defaults to "/healthz". */
    livenessPath?: pulumi.Input<string>;
    /** The path of the readiness probe. A pod receives requests only while it succeeds. Defaults to `livenessPath`. */
    readinessPath?: pulumi.Input<string>;
    /** How long a pod may take to become ready, including loading the model. Defaults to "5m". */
    startupTimeout?: pulumi.Input<string>;
    /** How long a pod may take after SIGTERM to finish the requests in flight. Defaults to "30s". */
    shutdownTimeout?: pulumi.Input<string>;
    /**
     * The path at which the container makes a first prediction to warm up, for example "/warmup". The startup probe
     * requests it, and a pod receives no requests before it has answered with 200 within a minute. Defaults to none: the
     * startup probe requests `readinessPath`.
     */
    warmupPath?: pulumi.Input<string>;
    /**
     * Whether the container exposes metrics at `/metrics` on its `port`, for Prometheus of the add-on
     * `kubePrometheusStack` to scrape. Defaults to false: only a port named "metrics" is scraped, which `podSpec` can add.
     */
    metrics?: pulumi.Input<boolean>;
    /**
     * A volume that caches downloaded models, so that not every pod downloads them again. MODEL_DIR is then a directory
     * of the volume, a different one for each model. The container must look there first, and write each file under a
     * temporary name before renaming it, because several pods may download at the same time. Defaults to none.
     */
    cache?: ClaimArgs;
    /** Exposes the server through a Gateway. Defaults to none: the server is reachable only inside the cluster. */
    route?: RouteArgs;
    /**
     * A version that receives a share of the requests that arrive through the `route`, which it needs. Remove it to roll
     * back; move its values into the server's own arguments to roll it out. Not available with KServe. Defaults to none.
     */
    canary?: CanaryArgs;
    /**
     * A version that receives copies of the requests that arrive through the `route`, which it needs. Not available with
     * KServe. Defaults to none.
     */
    shadow?: ShadowArgs;
    /**
     * What runs the pods. Changing it moves the server: new pods start before the old ones are deleted, and its URL inside
     * the cluster changes. Defaults to Deployment.
     */
    backend?: ServerBackend;
}
