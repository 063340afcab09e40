import * as pulumi from "@pulumi/pulumi";

import type { WorkloadArgs } from "../../pod/args";
import type { ClaimArgs } from "../../pod/claim-args";
import type { AutoscalingArgs } from "../../serving/autoscaling-args";
import type { RouteArgs } from "../../serving/route-args";

/** Who runs the pods of a server. */
export const ServerBackend = {
    /** A Deployment. */
    Deployment: "Deployment",
    /** An InferenceService of KServe in its mode Standard. */
    KServe: "KServe",
} as const;
export type ServerBackend = (typeof ServerBackend)[keyof typeof ServerBackend];

/** What other pods of a server have of their own; all else is the server's. */
export interface ServerVariantArgs {
    /** The container image, as the server's own. Defaults to the server's. */
    image?: pulumi.Input<string>;
    /** The command to run. Defaults to the server's. */
    command?: pulumi.Input<string>[];
    /** The arguments of the command. Defaults to the server's. */
    args?: pulumi.Input<string>[];
    /** Environment variables in plain text, besides the server's. */
    env?: Record<string, pulumi.Input<string>>;
    /** The model to serve. Defaults to the server's. */
    model?: pulumi.Input<string>;
    /** The number of pods. Defaults to 1. */
    replicas?: pulumi.Input<number>;
}

/** Pods that get a part of the requests. */
export interface CanaryArgs extends ServerVariantArgs {
    /** How many in a hundred requests go to the canary; the rest go to the server's own pods. */
    weight: pulumi.Input<number>;
}

/** Pods that get copies of requests, whose answers nobody sees. */
export interface ShadowArgs extends ServerVariantArgs {
    /** Of how many in a hundred requests there are copies. Defaults to all. */
    percent?: pulumi.Input<number>;
}

/** The arguments of a ModelServer. */
export interface ModelServerArgs extends WorkloadArgs {
    /**
     * The model to serve, such as the `model` of a TrainingJob. One in a claim (`pvc://<claim>/<directory>`) and one
     * that is an image (`oci://repository@sha256:…`: Kubernetes 1.35, containerd 2.1, and newer) are mounted read-only at
     * MODEL_DIR; any other address is handed over as MODEL_URI for the container to download to MODEL_DIR. Another
     * model is rolled out without a dropped request.
     */
    model?: pulumi.Input<string>;
    /** The port on which the container serves HTTP, which it is told as PORT. Defaults to 8080. */
    port?: pulumi.Input<number>;
    /** The number of pods. Defaults to 1. Not together with `autoscaling`. */
    replicas?: pulumi.Input<number>;
    /** Lets the number of pods follow the load. Not together with `replicas`. */
    autoscaling?: AutoscalingArgs;
    /** The path that answers 200 while the container works; it is restarted when it does not. Defaults to "/healthz". */
    healthPath?: pulumi.Input<string>;
    /** The path that answers 200 while requests can be served. Defaults to `healthPath`. */
    readyPath?: pulumi.Input<string>;
    /** How long a pod may take until it is ready, loading the model included. Defaults to "5m". */
    startupTimeout?: pulumi.Input<string>;
    /** How long a pod that is told to stop has for the requests it still works on. Defaults to "30s". */
    shutdownTimeout?: pulumi.Input<string>;
    /**
     * A path at which the container makes a prediction of its own, for example "/warmup": a pod gets no request before
     * a GET of it has been answered with 200 within a minute. Defaults to none: `readyPath` alone is asked.
     */
    warmUpPath?: pulumi.Input<string>;
    /**
     * Whether the container tells its metrics at `/metrics` of its `port`, to be collected by the add-on
     * kubePrometheusStack. Defaults to false: only those of a port named "metrics" are, which `podSpec` can give it.
     */
    metrics?: pulumi.Input<boolean>;
    /**
     * A volume in which models are kept that the container downloads, so that not every pod downloads them anew:
     * MODEL_DIR is then a directory of the model's own in it. The container looks there first, and writes a file under
     * another name before it gives it its own, as several pods may download at the same time.
     */
    modelCache?: ClaimArgs;
    /** Lets a Gateway send requests from outside here. Defaults to none: the server is reached in the cluster only. */
    route?: RouteArgs;
    /**
     * A version that gets a part of the requests that come by the `route`. Taken away, all go to the server's own pods
     * again; what it says moved into the arguments above, it is rolled out.
     */
    canary?: CanaryArgs;
    /** A version that gets copies of the requests that come by the `route`, to see how it does with them. */
    shadow?: ShadowArgs;
    /**
     * Who runs the pods. Defaults to a Deployment. Another one moves the server: new pods start, then the old ones go,
     * and its address in the cluster is another.
     */
    backend?: ServerBackend;
}
